"""Several units of one assay: each load adds or replaces one layer and keeps the others."""

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import apollo_spark as ap
from tests.support.study import CommandResult, apollo

FEATURES = [f"ENSG{number:011d}" for number in range(1, 6)]
SAMPLES = [f"S{number}" for number in range(1, 5)]
COUNTS = np.arange(20).reshape(5, 4)
TPM = COUNTS * 1.25 + 0.5


class Loads:
    """A lake and sources for it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.lake = folder, folder / "lake"

    def matrix(
        self,
        name: str,
        values: np.ndarray,
        features: list[str] = FEATURES,
        samples: list[str] = SAMPLES,
        *,
        is_turned: bool = False,
    ) -> Path:
        """Write a matrix with features and samples in the order given."""
        rows: list[list[Any]] = [["feature_id", *samples]]
        rows += [[f, *row] for f, row in zip(features, values.tolist(), strict=True)]
        if is_turned:
            rows = [list(each) for each in zip(*rows, strict=True)]
            rows[0][0] = "sample_id"
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(rows)
        path = self.folder / name
        path.write_text(text.getvalue())
        return path

    def load(self, unit: str, *sources: Path, more: tuple[object, ...] = ()) -> CommandResult:
        words: list[object] = ["--lake", self.lake, "load", "expression", "study", "--assay",
                               "rna", "--unit", unit]  # fmt: skip
        for each in sources:
            words += ["--source", each]
        return apollo(*words, *more)

    def ask(self, *words: object) -> CommandResult:
        return apollo("--lake", self.lake, *words)

    def values(self, unit: str, reference: str = "study") -> list[list[float]]:
        """Return the matrix in the order of FEATURES and SAMPLES."""
        assay = ap.open_lake(str(self.lake)).dataset(reference).assay("rna")
        frame = assay.matrix(FEATURES, SAMPLES, unit=unit)
        found: list[list[float]] = frame.to_numpy().T.tolist()
        return found

    def pins(self, reference: str) -> dict[str, dict[str, Any]]:
        shown = self.ask("show", reference, "--pins", "--json").json
        return {each["table"]: each for each in shown["pins"]}

    def statistics(self, unit: str, of: Any) -> dict[str, list[Any]]:
        assay = ap.open_lake(str(self.lake)).dataset("study").assay("rna")
        found: dict[str, list[Any]] = assay.statistics(of, unit=unit).to_pydict()
        return found


@pytest.fixture
def loads(tmp_path: Path) -> Loads:
    return Loads(tmp_path)


def shuffled(values: np.ndarray) -> tuple[np.ndarray, list[str], list[str]]:
    rows, columns = [3, 0, 4, 1, 2], [2, 0, 3, 1]
    return (
        values[np.ix_(rows, columns)],
        [FEATURES[each] for each in rows],
        [SAMPLES[each] for each in columns],
    )


def manifest(loads: Loads) -> list[Path]:
    values, features, samples = shuffled(TPM)
    rows = ["sample_id,file"]
    for place, sample in enumerate(samples):
        text = "\n".join(f"{f},{v}" for f, v in zip(features, values[:, place], strict=True))
        (loads.folder / f"{sample}.csv").write_text(f"feature_id,value\n{text}\n")
        rows.append(f"{sample},{sample}.csv")
    path = loads.folder / "manifest.csv"
    path.write_text("\n".join([*rows, ""]))
    return [path]


def long(loads: Loads) -> list[Path]:
    values, features, samples = shuffled(TPM)
    rows = [
        f"{f},{s},{values[i, j]}" for i, f in enumerate(features) for j, s in enumerate(samples)
    ]
    path = loads.folder / "long.csv"
    path.write_text("\n".join(["feature_id,sample_id,value", *rows, ""]))
    return [path]


def matrices(loads: Loads) -> list[Path]:
    values, features, samples = shuffled(TPM)
    return [
        loads.matrix(
            f"{n}.csv", values[:, [2 * n, 2 * n + 1]], features, samples[2 * n : 2 * n + 2]
        )
        for n in range(2)
    ]


SOURCES = {
    "the same order": lambda loads: [loads.matrix("tpm.csv", TPM)],
    "another order": lambda loads: [loads.matrix("tpm.csv", *shuffled(TPM))],
    "turned": lambda loads: [loads.matrix("tpm.csv", *shuffled(TPM), is_turned=True)],
    "several matrices": matrices,
    "manifest": manifest,
    "long": long,
}


@pytest.mark.parametrize("name", SOURCES)
def test_another_unit_is_one_more_layer(loads: Loads, name: str) -> None:
    loads.load("count", loads.matrix("counts.csv", COUNTS))

    added = loads.load("tpm", *SOURCES[name](loads), more=("--json",))

    assert added.code == 0, added.err
    assert added.json["published"] == ["study@2"]
    assert added.json["receipt"]["layers_kept"] == ["count"]
    assert loads.values("count") == COUNTS.tolist()
    assert loads.values("tpm") == TPM.tolist()
    assert loads.ask("extract", "expression", "study").out.splitlines()[1].endswith(",S1,0")
    assert loads.pins("study@1")["rna_tiles_count"] == loads.pins("study@2")["rna_tiles_count"]
    assert loads.statistics("tpm", "sample")["total"] == TPM.sum(axis=0).tolist()
    assert loads.statistics("count", "sample")["total"] == COUNTS.sum(axis=0).tolist()
    assert loads.statistics("tpm", "feature")["total"] == TPM.sum(axis=1).tolist()
    assert loads.ask("verify", "--deep").code == 0
    assert loads.pins("study")["rna_tiles_tpm"]["rows"] == len(FEATURES)


def long_file(loads: Loads, values: np.ndarray, samples: list[str]) -> list[Path]:
    rows = [
        f"{feature},{sample},{values[i, j]}"
        for j, sample in enumerate(samples)
        for i, feature in enumerate(FEATURES)
    ]
    path = loads.folder / "long.csv"
    path.write_text("\n".join(["feature_id,sample_id,value", *rows, ""]))
    return [path]


def halves(loads: Loads, values: np.ndarray, samples: list[str]) -> list[Path]:
    pieces = [(values[:, :301], samples[:301]), (values[:, 301:], samples[301:])]
    return [
        loads.matrix(f"{number}.csv", piece, FEATURES, names)
        for number, (piece, names) in enumerate(pieces)
    ]


def turned(loads: Loads, values: np.ndarray, samples: list[str]) -> list[Path]:
    return [loads.matrix("turned.csv", values, FEATURES, samples, is_turned=True)]


@pytest.mark.parametrize("write", [halves, turned, long_file])
def test_samples_of_another_order_go_to_the_blocks_where_they_stand(
    loads: Loads, write: Callable[[Loads, np.ndarray, list[str]], list[Path]]
) -> None:
    random = np.random.default_rng(1)
    samples = [f"s{number}" for number in range(600)]
    counts = random.integers(0, 50, (5, 600))
    loads.load("count", loads.matrix("counts.csv", counts, FEATURES, samples))
    order = random.permutation(600)
    tpm = counts / 8

    added = loads.load("tpm", *write(loads, tpm[:, order], [samples[each] for each in order]))

    assert added.code == 0, added.err
    assay = ap.open_lake(str(loads.lake)).dataset("study").assay("rna")
    assert assay.matrix(FEATURES, samples, unit="tpm").to_numpy().T.tolist() == tpm.tolist()
    assert loads.statistics("tpm", "sample")["total"] == tpm.sum(axis=0).tolist()
    assert loads.pins("study")["rna_tiles_tpm"]["rows"] == 15
    assert loads.ask("verify", "--deep").code == 0


def test_a_unit_that_is_there_is_replaced_and_the_other_stays(loads: Loads) -> None:
    loads.load("count", loads.matrix("counts.csv", COUNTS))
    loads.load("tpm", loads.matrix("tpm.csv", TPM))

    assert loads.load("count", loads.matrix("counts.csv", COUNTS + 1)).last_line == "study@3"

    assert loads.values("count") == (COUNTS + 1).tolist()
    assert loads.values("tpm") == TPM.tolist()
    assert loads.values("count", "study@2") == COUNTS.tolist()
    assert [each.unit for each in assay_of(loads).layers] == ["count", "tpm"]
    assert loads.pins("study@2")["rna_tiles_tpm"] == loads.pins("study@3")["rna_tiles_tpm"]


def assay_of(loads: Loads) -> Any:
    return ap.open_lake(str(loads.lake)).dataset("study").assay("rna").record


def test_loading_both_units_every_night_publishes_once(loads: Loads) -> None:
    counts, tpm = loads.matrix("counts.csv", COUNTS), loads.matrix("tpm.csv", TPM)
    for _ in range(2):
        loads.load("count", counts)
        last = loads.load("tpm", tpm, more=("--json",))

    assert (last.json["published"], last.json["current"]) == ([], ["study@2"])
    assert last.json["receipt"]["unit"] == "tpm"
    assert loads.load("count", counts, more=("--json",)).json["receipt"]["unit"] == "count"
    assert len(loads.ask("history", "study", "--json").json["versions"]) == 2


def test_a_compaction_in_between_is_no_reason_to_load_again(loads: Loads) -> None:
    counts = loads.matrix("counts.csv", COUNTS)
    loads.load("count", counts)
    more = loads.matrix("more.csv", COUNTS, FEATURES, ["T1", "T2", "T3", "T4"])
    loads.ask("extend", "study", "--assay", "rna", "--source", more)
    tpm = loads.matrix("tpm.csv", np.hstack([TPM, TPM]), FEATURES,
                       [*SAMPLES, "T1", "T2", "T3", "T4"])  # fmt: skip
    loads.load("tpm", tpm)
    assert loads.ask("compact", "study", "--apply").last_line == "study@4"

    assert loads.load("tpm", tpm, more=("--json",)).json["current"] == ["study@4"]


def test_what_was_there_before_and_was_replaced_is_loaded_anew(loads: Loads) -> None:
    counts, changed = loads.matrix("a.csv", COUNTS), loads.matrix("b.csv", COUNTS + 1)
    for source in (counts, changed):
        loads.load("count", source)

    assert loads.load("count", counts).last_line == "study@3"
    assert loads.values("count") == COUNTS.tolist()


CHANGES = {
    "samples": (COUNTS[:, :3] + 1.5, FEATURES, SAMPLES[:3], "0 samples are new and 1 are missing"),
    "features": (
        COUNTS[:4] + 1.5, [*FEATURES[:3], "ENSG00000000099"], SAMPLES,
        "1 features are new and 2 are missing",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("unit", ["tpm", "count"])
def test_a_layer_of_other_samples_or_features_is_refused(
    loads: Loads, name: str, unit: str
) -> None:
    values, features, samples, text = CHANGES[name]
    loads.load("count", loads.matrix("counts.csv", COUNTS))
    loads.load("fpkm", loads.matrix("fpkm.csv", TPM))
    if unit == "count":
        values = np.floor(values).astype(int)

    refused = loads.load(unit, loads.matrix("other.csv", values, features, samples))
    dry = loads.load(unit, loads.folder / "other.csv", more=("--dry-run",))

    assert (refused.code, dry.code) == (14, 14)
    assert text in refused.err
    assert not any(sample in refused.err for sample in SAMPLES)
    assert loads.ask("list", "--json").json["records"][0]["version"] == 2


def test_a_lone_layer_is_replaced_with_other_samples_and_features(loads: Loads) -> None:
    loads.load("count", loads.matrix("counts.csv", COUNTS))
    source = loads.matrix("other.csv", COUNTS[:2, :2] + 1, ["ENSG00000000099", FEATURES[0]],
                          ["S9", "S1"])  # fmt: skip

    assert loads.load("count", source).last_line == "study@2"

    assert (assay_of(loads).sample_count, assay_of(loads).feature_count) == (2, 2)
    assert loads.values("count", "study@1") == COUNTS.tolist()


def test_replace_keeps_nothing_of_the_version_before(loads: Loads) -> None:
    loads.load("count", loads.matrix("counts.csv", COUNTS))
    loads.load("tpm", loads.matrix("tpm.csv", TPM))
    source = loads.matrix("other.csv", COUNTS[:, :3], FEATURES, SAMPLES[:3])

    replaced = loads.load("count", source, more=("--replace",))

    assert replaced.last_line == "study@3"
    assert [each.unit for each in assay_of(loads).layers] == ["count"]
    assert loads.values("tpm", "study@2") == TPM.tolist()


DICTIONARY = """\
entity,name,type,primary_key_type
sample,sample_id,string,global
sample,tissue,string,
"""


def with_fields(loads: Loads, *tissues: str) -> tuple[object, ...]:
    (loads.folder / "dictionary.csv").write_text(DICTIONARY)
    rows = [f"{s},{t}" for s, t in zip(SAMPLES, tissues, strict=True)]
    (loads.folder / "samples.csv").write_text("\n".join(["sample_id,tissue", *rows, ""]))
    return ("--dictionary", loads.folder / "dictionary.csv",
            "--data", f"sample={loads.folder / 'samples.csv'}")  # fmt: skip


def tissues(loads: Loads) -> list[str]:
    words = ("extract", "fields", "study", "--fields", "sample.sample_id,sample.tissue")
    return [line.split(",")[1] for line in loads.ask(*words).out.splitlines()[1:]]


def test_fields_of_samples_stay_with_a_new_layer_or_come_with_it(loads: Loads) -> None:
    loads.load("count", loads.matrix("counts.csv", COUNTS), more=with_fields(loads, *"abcd"))

    loads.load("tpm", loads.matrix("tpm.csv", TPM))
    assert tissues(loads) == ["a", "b", "c", "d"]
    assert loads.pins("study@1")["sample"] == loads.pins("study@2")["sample"]

    loads.load("fpkm", loads.matrix("fpkm.csv", TPM), more=with_fields(loads, *"wxyz"))
    assert tissues(loads) == ["w", "x", "y", "z"]
    assert [each.unit for each in assay_of(loads).layers] == ["count", "tpm", "fpkm"]
    assert loads.ask("verify", "--deep").code == 0


def test_fields_of_samples_stay_when_a_lone_layer_changes_its_features(loads: Loads) -> None:
    loads.load("count", loads.matrix("counts.csv", COUNTS), more=with_fields(loads, *"abcd"))

    changed = loads.load("count", loads.matrix("counts.csv", COUNTS[:2], FEATURES[:2]))

    assert changed.last_line == "study@2", changed.err
    assert tissues(loads) == ["a", "b", "c", "d"]
    assert assay_of(loads).feature_count == 2
    assert loads.ask("verify", "--deep").code == 0
    fewer = loads.matrix("fewer.csv", COUNTS[:, :3], FEATURES, SAMPLES[:3])
    assert loads.load("count", fewer).code == 14


def test_another_assay_or_a_clinical_dataset_is_not_replaced_unasked(loads: Loads) -> None:
    source = loads.matrix("counts.csv", COUNTS)
    loads.load("count", source)
    words = ("--lake", loads.lake, "load", "expression", "study", "--assay", "other", "--unit",
             "count", "--source", source)  # fmt: skip

    refused = apollo(*words)

    assert (refused.code, "it has no assay 'other'" in refused.err.lower()) == (14, True)
    assert apollo(*words, "--replace").last_line == "study@2"


def test_annotation_stays_with_another_layer_until_another_one_comes(loads: Loads) -> None:
    table = loads.folder / "genes.csv"
    table.write_text("feature_id,symbol,chr\n" + "".join(f"{f},G{f[-1]},7\n" for f in FEATURES))
    loads.load("count", loads.matrix("counts.csv", COUNTS),
               more=("--annotation", table, "--release", "one"))  # fmt: skip
    loads.load("tpm", loads.matrix("tpm.csv", *shuffled(TPM)))
    assay = ap.open_lake(str(loads.lake)).dataset("study").assay("rna")
    assert assay.features(ids=FEATURES[:2]).column("symbol").to_pylist() == ["G1", "G2"]
    assert assay.record.annotation_release == "one"

    table.write_text(table.read_text().replace(",G", ",H"))
    loads.load("fpkm", loads.matrix("fpkm.csv", *shuffled(TPM)),
               more=("--annotation", table, "--release", "two"))  # fmt: skip

    assay = ap.open_lake(str(loads.lake)).dataset("study").assay("rna")
    assert assay.features(ids=FEATURES[:2]).column("symbol").to_pylist() == ["H1", "H2"]
    assert assay.record.annotation_release == "two"
