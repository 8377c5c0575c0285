"""What a wrong input gets: its exit code, one clear message, and a lake as it was before."""

import contextlib
import gzip
import os
import re
import shutil
import subprocess
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.jobs.processes import APOLLO, CHECKOUT, finish
from tests.support.loading import Published, published, require_equal, require_sound, versions
from tests.support.study import LOCAL_SETTINGS, CommandResult, Study
from tests.unit.sources import test_dictionary_rules as dictionary_rules

SECRET = "Zxq-Secret-77"
"""Stands in every key and text of the study: no message, log or record may show it."""
KEEPS_VALUES = {"reports", "tables"}
TRACES = ("Traceback", 'File "', "Py4J", "java.", "\tat ", "Exception in")


class SecretStudy(Study):
    """The small study with the secret in the keys of its patients and in its texts."""

    def __init__(self, folder: Path, *, lake: Path | None = None) -> None:
        super().__init__(folder)
        self.lake = lake or folder / "lake"
        for name in ("patient.csv", "visit.csv", "passport.csv", "site.csv"):
            text = re.sub(r"\bP(\d)", rf"{SECRET}-\1", self.read(name))
            for plain in ("Uppsala", "plain", "first"):
                text = text.replace(plain, f"{SECRET} {plain}")
            self.write(name, text)

    def add(self, name: str, row: str) -> None:
        """Add a row to the end of a file."""
        self.write(name, f"{self.read(name)}{row}\n")

    def next_version(self) -> None:
        """Make a sound change, so that the next load has something to publish."""
        self.add("site.csv", f"9,{SECRET} Malmö")


@dataclass(frozen=True)
class Prepared:
    """A lake that holds the first version of the secret study."""

    lake: Path
    before: Published

    def study(self, folder: Path) -> SecretStudy:
        """Return sound files for a second version, with a lake that holds the first."""
        shutil.copytree(self.lake, folder / "lake")
        study = SecretStudy(folder)
        study.next_version()
        return study


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    study = SecretStudy(tmp_path_factory.mktemp("prepared"))
    loaded = study.load()
    assert loaded.code == 0, loaded.err
    return Prepared(study.lake, published(study.lake))


@pytest.fixture
def study(prepared: Prepared, tmp_path: Path) -> SecretStudy:
    return prepared.study(tmp_path)


def texts_of(path: Path) -> Iterator[bytes]:
    """Yield what a file holds, as it lies there and unpacked."""
    content = path.read_bytes()
    yield content
    if content[:2] == b"\x1f\x8b":
        yield gzip.decompress(content)
    if path.suffix == ".parquet":
        yield repr(pq.read_table(path).to_pylist()).encode()


def leaks(lake: Path) -> list[str]:
    """Name the files of a lake that hold the secret and may not."""
    return [
        str(path.relative_to(lake))
        for path in sorted(lake.rglob("*"))
        if path.is_file()
        and path.relative_to(lake).parts[0] not in KEEPS_VALUES
        and any(SECRET.encode() in text for text in texts_of(path))
    ]


def require_refused(result: CommandResult, code: int, *words: str) -> None:
    """Require an exit code and a message without trace or value, which holds these words."""
    assert (result.code, result.out) == (code, ""), result.err
    for word in words:
        assert word in result.err
    for trace in TRACES:
        assert trace not in result.err
    assert SECRET not in result.err


def require_untouched(prepared: Prepared, study: Study) -> None:
    """Require that readers notice nothing of a refused load."""
    require_equal(published(study.lake), prepared.before)
    assert leaks(study.lake) == []
    require_sound(study.lake)


def require_next_load_works(study: Study) -> None:
    """Mend all files and load again, without cleaning up."""
    mended = SecretStudy(study.folder, lake=study.lake)
    mended.next_version()
    loaded = mended.load()
    assert (loaded.code, loaded.last_line) == (0, "study@2"), loaded.err
    assert SECRET not in loaded.err + loaded.out
    assert leaks(study.lake) == []


def pack(study: Study, name: str, *, cut: int = 0, break_at: int | None = None) -> None:
    packed = bytearray(gzip.compress(study.read(name).encode(), mtime=0))
    if break_at is not None:
        packed[break_at] ^= 0xFF
    study.write(name, bytes(packed[: len(packed) - cut]))


def picture() -> bytes:
    """A small picture in the PNG format, as somebody attaches the wrong file."""
    pixels = zlib.compress(bytes(range(256)) * 40)
    return b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x10" + pixels + SECRET.encode()


def many_bad_cells(study: SecretStudy) -> None:
    rows = [f"{SECRET}-Q{i},F,1961-05-04,{SECRET}-{i},0,1" for i in range(10_000)]
    study.add("patient.csv", "\n".join(rows))


def keys_in_two_files(study: SecretStudy) -> None:
    study.write("more.csv", study.read("passport.csv").replace("X1,", "X7,"))
    study.data.append("passport=more.csv")


def headless(study: SecretStudy) -> None:
    study.write("passport.csv", study.read("passport.csv").partition("\n")[2])


@dataclass(frozen=True)
class Wrong:
    """One thing that is wrong, the code and the words of the message."""

    code: int
    words: tuple[str, ...]
    make: Callable[[SecretStudy], object]


P1 = f"{SECRET}-1,F,1961-05-04,61.5,0,1"
P4 = f"{SECRET}-4,,1944-02-29,58.25,,"


def cell(old: str, new: str, *words: str, name: str = "patient.csv", code: int = 12) -> Wrong:
    """Return a defect of one cell: `new` holds the secret."""
    return Wrong(code, (name, *words), lambda study: study.replace(name, old, new))


def file(make: Callable[[SecretStudy], object], *words: str, code: int = 10) -> Wrong:
    return Wrong(code, words, make)


WRONG: dict[str, Wrong] = {
    "integer": cell(",0,1", f",{SECRET},1", "line 2, column smokes", "(cell_integer), once"),
    "float": cell("61.5", SECRET, "line 2, column weight", "(cell_float), once"),
    "date": cell("1961-05-04", SECRET, "line 2, column born", "(cell_date), once"),
    "datetime": cell(
        "2020-01-02 10:00:00", SECRET, "line 2, column seen", "(cell_datetime), once",
        name="visit.csv",
    ),
    "code": cell("-1,F,", f"-1,{SECRET},", "line 2, column sex", "coding 'sex'",
                 "(cell_code), once"),
    "code of a multi-select": cell("R1|R2", f"R1|{SECRET}", "line 2, column symptoms",
                                   "(cell_code), once", name="visit.csv"),
    "empty item": cell("R1|R2", "R1||R2", "line 2, column symptoms", "(cell_empty_item), once",
                       name="visit.csv"),
    "key missing": cell(P4, P4.partition(",")[1] + P4.partition(",")[2],
                        "line 5, column patient_id", "(key_missing), once"),
    "key twice": cell(P4, P4.replace("-4", "-1"), "column patient_id", "(key_unique), 2 times",
                      "lines 2, 5"),
    "reference to nobody": cell(f"3,{SECRET}-2", f"3,{SECRET}-9", "column patient_id",
                                "(reference_resolves), once", name="visit.csv"),
    "cardinality": cell(f"X2,{SECRET}-2", f"X2,{SECRET}-1", "column holder",
                        "(reference_cardinality), 2 times", name="passport.csv"),
    "ten thousand cells": file(many_bad_cells, "patient.csv: line 6, column weight",
                               "(cell_float), 10,000 times", code=12),
    "keys in two files": file(keys_in_two_files, "more.csv: line 3, column passport_id",
                              "passport.csv: line 3, column passport_id", "(key_unique), once",
                              code=12),
    "short row": file(lambda study: study.add("passport.csv", SECRET),
                      "passport.csv: line 4", "(row_length), once"),
    "long row": file(lambda study: study.add("passport.csv", f"X3,{SECRET}-3,{SECRET}"),
                     "passport.csv: line 4", "(row_length), once"),
    "quote inside": cell("Turin", f'{SECRET}"x"', "line 3", "(quoting), once", name="site.csv",
                         code=10),
    "quote never closed": cell("Turin", f'"{SECRET}', "line 3", "(quoting), once",
                               name="site.csv", code=10),
    "lone carriage return": cell("Turin", f"{SECRET}\rx", "line 3", "(line_end), once",
                                 name="site.csv", code=10),
    "header twice": file(
        lambda study: study.add("patient.csv", study.read("patient.csv").partition("\n")[0]),
        "patient.csv: line 6", "(header_repeated), once",
    ),
    "column twice": cell("visit_id,patient_id,seen", "visit_id,patient_id,patient_id",
                         "line 1", "'patient_id'", "(header_repeated_column), once",
                         name="visit.csv", code=10),
    "column missing": cell("site_id,city", "site_id,town", "line 1",
                           "(header_missing_column), once", "(header_unknown_column), once",
                           name="site.csv", code=10),
    "no header": file(headless, "passport.csv: line 1", "(header_missing_column)"),
    "gzip cut off": file(lambda study: pack(study, "visit.csv", cut=9),
                         "visit.csv", "(file_truncated), once"),
    "gzip cut off early": file(lambda study: pack(study, "visit.csv", cut=150),
                               "visit.csv", "(file_truncated), once"),
    "gzip damaged": file(lambda study: pack(study, "visit.csv", break_at=-6), "visit.csv",
                         "the compressed file", ", once"),
    "a picture": file(lambda study: study.write("site.csv", picture()), "site.csv: line 1",
                      "(file_not_text), once"),
    "a packed picture": file(
        lambda study: study.write("site.csv", gzip.compress(picture())), "site.csv: line 1",
        "(file_not_text), once",
    ),
    "not UTF-8": file(
        lambda study: study.write(
            "site.csv", study.read("site.csv").encode() + f"5,{SECRET} Älmhult\n".encode("cp1252")
        ),
        "site.csv: line 5", "(file_not_text), once",
    ),
    "a NUL": file(lambda study: study.add("site.csv", f"5,{SECRET}\0"), "site.csv: line 5",
                  "(file_not_text), once"),
    "empty file": file(lambda study: study.write("site.csv", ""), "site.csv",
                       "(file_empty), once"),
    "file missing": file(lambda study: (study.folder / "site.csv").unlink(), "site.csv",
                         "(file_missing), once"),
    "entity without file": file(lambda study: study.data.remove("site=site.csv"),
                                "entity 'site'", "(file_of_entity), once"),
    "file without entity": file(lambda study: study.data.append("sites=site.csv"),
                                "entity 'sites'", "did you mean 'site'", "(file_of_entity), once"),
}  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG.values(), ids=list(WRONG))
def test_wrong_data_get_their_code_and_a_message_without_values(
    prepared: Prepared, study: SecretStudy, wrong: Wrong
) -> None:
    wrong.make(study)

    require_refused(study.load(), wrong.code, *wrong.words)

    require_untouched(prepared, study)


def test_everything_wrong_is_told_at_once_and_the_next_load_needs_no_cleaning_up(
    prepared: Prepared, study: SecretStudy
) -> None:
    told = ("integer", "date", "code", "key missing", "empty item", "cardinality", "short row")
    for name in told:
        WRONG[name].make(study)

    require_refused(study.load(), 10, *(word for name in told for word in WRONG[name].words))

    require_untouched(prepared, study)
    require_next_load_works(study)


@pytest.mark.parametrize("name", ["ten thousand cells", "gzip cut off", "a picture", "key twice"])
def test_the_next_correct_load_needs_no_cleaning_up(
    prepared: Prepared, study: SecretStudy, name: str
) -> None:
    WRONG[name].make(study)
    for _ in range(2):
        require_refused(study.load(), WRONG[name].code)

    require_untouched(prepared, study)
    require_next_load_works(study)


def test_a_first_load_that_is_refused_leaves_no_version(tmp_path: Path) -> None:
    study = SecretStudy(tmp_path)
    study.replace("patient.csv", "61.5", SECRET)

    require_refused(study.load(), 12, "(cell_float)")

    assert versions(study.lake) == []
    assert study.ask("list").out.strip().count("\n") == 0
    assert study.ask("show", "study").code == 13


@pytest.mark.parametrize(
    "name", ["integer", "code", "key twice", "quote inside", "no header", "not UTF-8"]
)
def test_not_even_a_trace_shows_a_value(study: SecretStudy, name: str) -> None:
    WRONG[name].make(study)

    told = study.load("--verbose")

    assert told.code == WRONG[name].code
    assert "Traceback" in told.err
    assert SECRET not in told.err


def test_what_is_let_through_leaves_no_value_in_the_record(study: SecretStudy) -> None:
    study.write(
        "policy.yaml",
        "rules: {cell_float: quarantine, cell_code: warn, reference_resolves: quarantine}",
    )
    study.replace("patient.csv", "61.5", SECRET)
    study.replace("visit.csv", "R1|R2", f"R1|{SECRET}")

    loaded = study.load("--policy", study.folder / "policy.yaml", "--json", "--verbose")

    assert loaded.json["published"] == ["study@2"], loaded.err
    assert {each["rule"] for each in loaded.json["receipt"]["findings"]} > {"cell_float"}
    assert SECRET not in loaded.err + loaded.out
    assert leaks(study.lake) == []
    for words in (["show", "study", "--json"], ["show", "study", "--pins"], ["history", "study"],
                  ["fields", "study", "--json"], ["verify", "--deep"], ["list"]):  # fmt: skip
        asked = study.ask(*words)
        assert asked.code == 0
        assert SECRET not in asked.out + asked.err


DICTIONARY_DATA = {
    "patient.csv": f"patient_id,sex,weight,hospital_id\n{SECRET},F,61.5,1\n",
    "visit.csv": f"visit_id,patient_id,symptoms\n1,{SECRET},R1|R2\n",
    "hospital.csv": "hospital_id\n1\n",
}
REFUSING = {
    name: swap
    for name, swap in dictionary_rules.DEFECTS.items()
    if dictionary_rules.RULES[name.partition(":")[0]].default == "refuse"
}


@pytest.fixture(scope="module")
def hospital(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """A study with the dictionary of the tests of its rules, loaded once."""
    study = Study(tmp_path_factory.mktemp("hospital"))
    dictionary_rules.read(study.folder)
    for name, text in DICTIONARY_DATA.items():
        study.write(name, text)
    study.data = ["patient=patient.csv", "visit=visit.csv", "hospital=hospital.csv"]
    loaded = study.load()
    assert loaded.code == 0, loaded.err
    return study


@pytest.mark.parametrize("name", list(REFUSING))
def test_a_wrong_dictionary_is_refused_before_anything_is_read(hospital: Study, name: str) -> None:
    dictionary_rules.read(hospital.folder, swap=REFUSING[name])

    refused = hospital.load()

    require_refused(refused, 11, f"({name.partition(':')[0]})", ".csv")
    assert " s  take the lease" not in refused.err
    assert versions(hospital.lake) == ["study@1"]


def with_dictionary(old: str, new: str) -> Callable[[SecretStudy], object]:
    return lambda study: study.replace("data_dictionary.csv", old, new)


CITY = "site,city,string,,,,,,,,,,,,City,\n"
GRAPHS: dict[str, Wrong] = {
    "a cycle": file(
        with_dictionary(CITY, f"{CITY}site,v,integer,,,,,,,,,,visit:visit_id,many_to_one,,\n"),
        "(entity_cycle)", code=11,
    ),
    "a diamond": file(
        with_dictionary(CITY, f"{CITY}site,x,string,,,,,,,,,,passport:passport_id,many_to_one,,\n"),
        "(entity_cycle)", code=11,
    ),
    "an orphan": file(
        with_dictionary(CITY, f"{CITY}island,x,integer,,,,,,,,,,,,,\n"), "(entity_unreachable)",
        "island", code=11,
    ),
    "two global keys": file(
        with_dictionary("visit_id,integer,local", "visit_id,integer,global"), "(key_global)",
        "visit.visit_id", "patient.patient_id", "line 8", code=11,
    ),
    "a name that breaks SQL": file(
        with_dictionary("site,city,", 'site,"x""; DROP TABLE patient; --",'), "(field_name)",
        code=11,
    ),
    "a name that leaves the folder": file(
        with_dictionary("\nsite,", "\n../../site,"), "(entity_name)", code=11
    ),
    "a picture as dictionary": file(
        lambda study: study.write("data_dictionary.csv", picture()), "data_dictionary.csv",
        "(file_not_text)",
    ),
    "a dictionary cut off": file(
        lambda study: pack(study, "data_dictionary.csv", cut=20), "data_dictionary.csv",
        "(file_truncated)",
    ),
    "no dictionary": file(
        lambda study: (study.folder / "data_dictionary.csv").unlink(), "data_dictionary.csv",
        "(file_missing)",
    ),
    "a folder as dictionary": file(
        lambda study: (
            (study.folder / "codings.csv").unlink(), (study.folder / "codings.csv").mkdir(),
        ),
        "codings.csv", "(file_missing)",
    ),
}  # fmt: skip


@pytest.mark.parametrize("wrong", GRAPHS.values(), ids=list(GRAPHS))
def test_a_dictionary_that_cannot_be_used_is_refused(
    prepared: Prepared, study: SecretStudy, wrong: Wrong
) -> None:
    wrong.make(study)

    require_refused(study.load(), wrong.code, *wrong.words)

    require_untouched(prepared, study)


@pytest.mark.parametrize(
    ("code", "words", "message"),
    [
        (2, ["--encoding", "klingon"], "'klingon' is no known encoding"),
        (2, ["--encodnig", "utf-8"], "--encodnig"),
        (2, ["--data", "site"], "ENTITY=FILE"),
        (10, ["--policy", "none.yaml"], "none.yaml"),
        (2, ["--conf", "none.yaml"], "none.yaml"),
    ],
)
def test_a_wrong_option_is_told(
    prepared: Prepared, study: SecretStudy, code: int, words: list[str], message: str
) -> None:
    require_refused(study.load(*words), code, message)

    require_untouched(prepared, study)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("rules: {cell_codes: warn}", "did you mean 'cell_code'"),
        ("rules: {quoting: quarantine}", "quoting"),
        ("rules: [", "no YAML"),
    ],
)
def test_a_wrong_policy_is_refused(
    prepared: Prepared, study: SecretStudy, text: str, message: str
) -> None:
    policy = study.write("policy.yaml", text)

    require_refused(study.load("--policy", policy), 11, "policy.yaml", message, "policy_rule")

    require_untouched(prepared, study)


@pytest.mark.parametrize(
    "name", ["../study", "a/b", "..", "", "a;drop table b", 'a"b', "a`b", "a\nb", "-x", "a" * 256]
)
def test_a_name_made_to_leave_the_folder_is_refused(
    prepared: Prepared, study: SecretStudy, name: str
) -> None:
    before = {path.name for path in study.folder.iterdir()}

    assert study.load("--", name=name).code == 2

    assert {path.name for path in study.folder.iterdir()} == before
    require_untouched(prepared, study)


def test_a_lake_that_is_not_told_or_is_a_file_is_refused(
    study: SecretStudy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("APOLLO_LAKE", raising=False)
    study.lake = study.write("no lake", "text")
    require_refused(study.load(), 2, "no lake is no folder")

    study.lake = study.folder / "no lake" / "deeper"
    require_refused(study.load(), 15, "Not a directory")

    study.lake = Path("s3://bucket/lake")
    require_refused(study.load(), 2, "s3")


def test_a_report_that_cannot_be_written_refuses_the_load(
    prepared: Prepared, study: SecretStudy
) -> None:
    study.write("taken", "text")

    require_refused(study.load("--report", study.folder / "taken"), 15, "taken", "File exists")

    require_untouched(prepared, study)


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is unreadable or read-only for root")
def test_what_may_not_be_read_or_written_is_told(prepared: Prepared, study: SecretStudy) -> None:
    (study.folder / "visit.csv").chmod(0)
    require_refused(study.load(), 10, "visit.csv")
    (study.folder / "visit.csv").chmod(0o600)
    require_untouched(prepared, study)

    folders = [study.lake, *(each for each in study.lake.rglob("*") if each.is_dir())]
    for each in folders:
        each.chmod(0o500)
    require_refused(study.load(), 15)
    for each in folders:
        each.chmod(0o700)
    require_untouched(prepared, study)
    require_next_load_works(study)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own in memory, for who may mount one."""
    place = tmp_path / "disk"
    place.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "size=700k", "tmpfs", str(place)]
    if os.geteuid() != 0 or subprocess.run(words, check=False, capture_output=True).returncode:
        pytest.skip("no file system can be mounted here")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_full_disk_and_a_read_only_one_are_told(
    prepared: Prepared, small_disk: Path, tmp_path: Path
) -> None:
    study = SecretStudy(tmp_path)
    study.next_version()
    study.lake = small_disk / "lake"
    shutil.copytree(prepared.lake, study.lake)

    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    require_refused(study.load(), 15, "Read-only file system")
    subprocess.run(["mount", "-o", "remount,rw", str(small_disk)], check=True)
    require_untouched(prepared, study)

    filler = small_disk / "filler"
    with contextlib.suppress(OSError):
        filler.write_bytes(bytes(1_000_000))
    # A process of its own: nobody is left to hold the lease that cannot be given back.
    full = finish([*APOLLO, "--conf", LOCAL_SETTINGS, *study.load_words()], folder=CHECKOUT)
    require_refused(CommandResult(full.code, full.out, full.err), 15, "No space left on device")
    filler.unlink()
    require_untouched(prepared, study)
    require_next_load_works(study)
