"""Fields of samples and annotation, beneath units that are loaded one by one."""

from hashlib import sha256
from pathlib import Path

import pytest

import apollo_spark as ap
from apollo_spark.model.assay import AssayReference
from tests.support.layers import COUNTS, FEATURES, SAMPLES, TPM, Loads, assay_of, shuffled


@pytest.fixture
def loads(tmp_path: Path) -> Loads:
    return Loads(tmp_path)


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


def reference_of(path: Path, release: str) -> AssayReference:
    return AssayReference(release=release, sha256=sha256(path.read_bytes()).hexdigest())


def test_annotation_stays_with_another_layer_until_another_one_comes(loads: Loads) -> None:
    table = loads.folder / "genes.csv"
    table.write_text("feature_id,symbol,chr\n" + "".join(f"{f},G{f[-1]},7\n" for f in FEATURES))
    loads.load("count", loads.matrix("counts.csv", COUNTS),
               more=("--annotation", table, "--release", "one"))  # fmt: skip
    loads.load("tpm", loads.matrix("tpm.csv", *shuffled(TPM)))
    assay = ap.open_lake(str(loads.lake)).dataset("study").assay("rna")
    assert assay.features(ids=FEATURES[:2]).column("symbol").to_pylist() == ["G1", "G2"]
    assert assay.record.reference == reference_of(table, "one")

    table.write_text(table.read_text().replace(",G", ",H"))
    loads.load("fpkm", loads.matrix("fpkm.csv", *shuffled(TPM)),
               more=("--annotation", table, "--release", "two"))  # fmt: skip

    assay = ap.open_lake(str(loads.lake)).dataset("study").assay("rna")
    assert assay.features(ids=FEATURES[:2]).column("symbol").to_pylist() == ["H1", "H2"]
    assert assay.record.reference == reference_of(table, "two")
