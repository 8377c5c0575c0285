"""Several units of one assay: each load adds or replaces one layer and keeps the others."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import apollo_spark as ap
from tests.support.layers import COUNTS, FEATURES, SAMPLES, TPM, Loads, assay_of, shuffled
from tests.support.study import apollo


@pytest.fixture
def loads(tmp_path: Path) -> Loads:
    return Loads(tmp_path)


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


def test_another_assay_or_a_clinical_dataset_is_not_replaced_unasked(loads: Loads) -> None:
    source = loads.matrix("counts.csv", COUNTS)
    loads.load("count", source)
    words = ("--lake", loads.lake, "load", "expression", "study", "--assay", "other", "--unit",
             "count", "--source", source)  # fmt: skip

    refused = apollo(*words)

    assert (refused.code, "it has no assay 'other'" in refused.err.lower()) == (14, True)
    assert apollo(*words, "--replace").last_line == "study@2"
