"""Merged datasets read the same on Spark as on the embedded engine."""

from pathlib import Path

from pyspark.sql import SparkSession

import apollo_spark as ap
from apollo_spark.api.dataset import Dataset
from apollo_spark.engines.spark import SparkEngine
from apollo_spark.model.change import ClinicalMerge
from apollo_spark.model.names import parse_reference
from apollo_spark.operations.locating import locate
from apollo_spark.query.merge_keys import counts_tree, repeated_tree, unmatched_tree
from apollo_spark.verbs.merge.plan import plan_clinical_merge
from tests.support.study import Study
from tests.support.tables import answer, as_multiset

MATRIX = "feature_id,S1,S2,S3\nENSG00000000001,1,2,3\nENSG00000000002,4,,6\n"
LINKS = "sample,patient\nS1,P1\nS2,P2\nS3,P3\n"


def merged(study: Study) -> Dataset:
    """Return older people joined with newer data of all, and with an assay of their samples."""
    newer = Study(study.folder / "newer")
    newer.lake = study.lake
    newer.replace("patient.csv", "61.5", "63")
    newer.replace("codings.csv", "sex,M,Male", "sex,M,Man")
    matrix, links = study.write("rna.csv", MATRIX), study.write("link.csv", LINKS)
    for result in (
        study.load(name="first"),
        newer.load(name="newer"),
        study.ask("load", "expression", "cells", "--assay", "rna", "--unit", "count",
                  "--source", matrix),
        study.ask("view", "first", "--as", "old", "--rows", "patient.born < 1965-01-01"),
        study.ask("merge", "clinical", "old", "newer", "--as", "both",
                  "--on-clash", "join,prefix:old_"),
        study.ask("merge", "assay", "cells", "both", "--as", "all", "--assay", "rna",
                  "--link-file", links),
        study.ask("view", "all", "--as", "women", "--rows", 'patient.sex = "F"'),
    ):  # fmt: skip
        assert result.code == 0, result.err
    return ap.open_lake(str(study.lake)).dataset("women")


def test_both_engines_read_and_count_a_merge_alike(
    spark_session: SparkSession, tmp_path: Path
) -> None:
    study = Study(tmp_path)
    dataset = merged(study)
    fields = [f"{entity.name}.{spec.name}" for entity, spec in dataset.dictionary.paths()]

    frames = {
        mode: dataset.retrieve_fields(fields, coding_values=mode, to="spark", spark=spark_session)
        for mode in ("raw", "replace")
    }

    for mode, frame in frames.items():
        arrow = dataset.retrieve_fields(fields, coding_values=mode)
        assert as_multiset(answer(frame.toArrow().to_reader())) == as_multiset(
            answer(arrow.to_reader())
        )
        assert arrow.num_rows == 5
    values = dataset.assay("rna").expression(to="spark", spark=spark_session)
    own = dataset.assay("rna").expression()
    assert as_multiset(answer(values.toArrow().to_reader())) == as_multiset(answer(own.to_reader()))
    assert {row["sample_id"] for row in own.to_pylist()} == {"S1", "S3"}


def test_both_engines_ask_a_rule_for_values_of_assays_alike(
    spark_session: SparkSession, tmp_path: Path
) -> None:
    study = Study(tmp_path)
    women = merged(study).record
    rules = {
        # S3 of P3 has the highest value of the samples that the view of women shows.
        'expression(rna, "ENSG00000000001") >= percentile(100)': {"P3"},
        'not expression(rna, "ENSG00000000002", count) between 5 and 6': {"P1"},
    }
    for rule, people in rules.items():
        result = study.ask("view", str(women), "--as", "high", "--rows", rule)
        assert result.code == 0, result.err
        high = ap.open_lake(str(study.lake)).dataset("high")

        frame = high.retrieve_fields(["patient.patient_id"], to="spark", spark=spark_session)
        own = high.retrieve_fields(["patient.patient_id"])

        assert {row[0] for row in frame.collect()} == people
        assert set(own.column(0).to_pylist()) == people


def test_both_engines_give_one_receipt(spark_session: SparkSession, tmp_path: Path) -> None:
    study = Study(tmp_path)
    lake = merged(study)._lake
    change = lake.load_record(parse_reference("both")).change
    assert isinstance(change, ClinicalMerge)
    plan = plan_clinical_merge(lake, change, name="again")
    spark = SparkEngine(spark_session, locate(lake))
    ends = plan.link.source, plan.link.target
    for tree in (counts_tree(*ends), unmatched_tree(*ends), repeated_tree(ends[1])):
        found = answer(plan.link.engine.run(tree, plan.link.pins))
        again = answer(spark.run(tree, plan.link.pins))
        assert [tuple(map(str, row)) for row in again] == [tuple(map(str, row)) for row in found]
