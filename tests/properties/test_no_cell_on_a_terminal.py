"""Whatever is wrong with files, no cell of theirs is printed, in text or JSON, whoever asks.

The report alone holds them. Every cell and id of the files has a mark; what an example prints is
searched for it.
"""

import contextlib
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.support.cases import inside
from tests.support.spoiling import ENDS, FILES, MARK, SPOILS, SPOILT, Deed, spoilt
from tests.support.study import CommandResult, apollo

CODED = ("--dictionary", "dictionary.csv", "--codings", "codings.csv")
STUDY = ("load", "clinical", "study", *CODED, "--data", "patient=patient.csv", "--data",
         "visit=visit.csv")  # fmt: skip
RNA = ("load", "expression", "rna", "--assay", "rna", "--unit", "count", "--source")
POLICIES = {
    "strict": "rules: {}",
    "set aside": "rules: {cell_code: quarantine, cell_float: quarantine, cell_date: quarantine, "
    "key_unique: quarantine, key_missing: quarantine, reference_resolves: quarantine, "
    "row_length: quarantine, key_unmatched: quarantine, key_lookalike: quarantine}",
    "let through": "rules: {cell_code: warn, cell_float: warn, header_unknown_column: warn, "
    "header_missing_column: warn, reference_resolves: warn, feature_kind: warn, "
    "expression_number: warn, key_lookalike: warn, sample_unknown: warn}",
}
COMMANDS: dict[str, tuple[str, ...]] = {
    "load a study": STUDY,
    "extend as the file tells": ("extend", "study", "--data", "patient=patient.csv"),
    "add rows": ("extend", "study", "--data", "visit=visit.csv", "--mode", "rows"),
    "add fields": ("extend", "study", "--data", "visit=visit.csv", "--mode", "fields"),
    "delete rows": ("extend", "study", "--delete", "patient=gone.csv"),
    "load a matrix": (*RNA, "matrix.csv"),
    "load any matrix": (*RNA, "matrix.csv", "--feature-ids", "any"),
    "load a turned matrix": (*RNA, "turned.csv"),
    "load long rows": (*RNA, "long.csv"),
    "load by a manifest": (*RNA, "manifest.csv"),
    "map ids": (*RNA, "matrix.csv", "--id-map", "link.csv"),
    "add samples": ("extend", "rna", "--assay", "rna", "--source", "matrix.csv"),
    "describe samples": (*RNA, "matrix.csv", *CODED, "--data", "sample=link.csv"),
    "merge": ("merge", "assay", "rna", "study", "--as", "both", "--assay", "rna", "--link-file",
              "link.csv"),
    "withdraw": ("withdraw", "gone.csv", "--of", "study.patient"),
}  # fmt: skip
deeds = st.builds(
    Deed,
    file=st.sampled_from(SPOILT),
    spoil=st.sampled_from(sorted(SPOILS)),
    row=st.integers(0, 3),
    cell=st.integers(0, 3),
    end=st.sampled_from(["as it is"] * 6 + sorted(ENDS)),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files as they should be, and a lake that holds what they say."""
    folder = tmp_path_factory.mktemp("people")
    for name, text in FILES.items():
        (folder / name).write_text(text)
    with inside(folder):
        for words in (STUDY, (*RNA, "matrix.csv")):
            done = apollo("--lake", "lake", *words)
            assert done.code == 0, done.err
            require_no_cell(done)
    return folder


@settings(max_examples=12)
@given(
    wrong=st.lists(deeds, min_size=1, max_size=4),
    command=st.sampled_from(sorted(COMMANDS)),
    policy=st.sampled_from(sorted(POLICIES)),
    as_json=st.booleans(),
)
@example(
    [Deed("patient.csv", "rows as columns", 0, 0)], "extend as the file tells", "strict", False
)
@example([Deed("matrix.csv", "no header", 0, 0)], "load any matrix", "let through", True)
@example([Deed("manifest.csv", "cells exchanged", 0, 0)], "load by a manifest", "strict",
         False)  # fmt: skip
def test_no_cell_of_a_file_is_printed(
    folder: Path, wrong: Sequence[Deed], command: str, policy: str, as_json: bool
) -> None:
    with files(folder, wrong):
        Path("policy.yaml").write_text(POLICIES[policy])
        words = [*COMMANDS[command]]
        if words[0] in ("load", "extend"):
            words += ["--policy", "policy.yaml", "--report", "report"]
        done = apollo("--lake", "lake", *words, *(["--json"] * as_json))

    assert done.code != 1, done.err
    require_no_cell(done)


@contextlib.contextmanager
def files(folder: Path, wrong: Sequence[Deed]) -> Iterator[None]:
    """Work in a folder of files of which some are spoilt, beside a copy of the lake."""
    with inside(folder):
        Path("example").mkdir()
    try:
        with inside(folder / "example"):
            for name, content in spoilt(wrong).items():
                Path(name).write_bytes(content)
            shutil.copytree("../lake", "lake")
            yield
    finally:
        shutil.rmtree(folder / "example")


def require_no_cell(done: CommandResult) -> None:
    """Require that nothing that was printed holds a mark.

    What is inferred and published names fields, which everybody sees from then on: in the rows of
    the dictionary, in notes on them and in the receipt.
    """
    told = [line for line in (done.out + done.err).splitlines() if MARK.search(line)]
    if done.code == 0 and "inferred dictionary:" in done.err:
        told = [each for each in told if each.count(",") < 5 and not each.startswith("note: ")]
    assert not told, told
