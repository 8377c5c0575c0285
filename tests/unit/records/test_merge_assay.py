"""Joining an assay to an entity of another dataset: what the record says afterwards."""

from dataclasses import replace

import pytest

from apollo_spark.errors import ConflictError, NotFoundError
from apollo_spark.model.assay import AssayRecord
from apollo_spark.model.change import AssayMerge, ViewChange
from apollo_spark.model.pin import TablePin
from apollo_spark.records.changes.merge_assay import merge_assay
from apollo_spark.records.changes.view import RowFilter, make_view
from apollo_spark.records.content import Content
from tests.support.dictionaries import dictionary
from tests.support.merging import SEX, STUDY, assay, content, pin

SAMPLES = """
entity  name       type    primary_key_type
sample  sample_id  string  global
sample  tissue     string  -
"""
STUDY_DICTIONARY = dictionary(STUDY, codings=SEX)
LINK = pin("both", "rna_link")


def cells(*assays: AssayRecord) -> Content:
    return content("cells", dictionary(SAMPLES), *(assays or (own("rna"),)))


def study(*assays: AssayRecord) -> Content:
    return content("study", STUDY_DICTIONARY, *assays)


def own(name: str) -> AssayRecord:
    return assay(name, "sample", "sample_id")


def change(*, entity: str = "patient", field: str = "patient_id", **more: str) -> AssayMerge:
    return AssayMerge(
        source="cells@1", target="study@2", entity=entity, field=field, **{"assay": "rna", **more}
    )


def merge(
    source: Content, target: Content, how: AssayMerge, link: TablePin | None = None
) -> Content:
    return merge_assay(source, target, how, link=link, source_name="cells").content


def test_the_target_gets_an_assay_and_nothing_else_of_the_source() -> None:
    found = merge(cells(), study(), change(), LINK)

    assert found.dictionary == STUDY_DICTIONARY
    assert [each.table for each in found.pins] == [
        "patient", "visit", "rna_samples", "rna_features", "rna_tiles", "rna_link",
    ]  # fmt: skip
    (joined,) = found.assays
    assert (joined.entity, joined.field, joined.uuid) == ("patient", "patient_id", "uuid of rna")
    assert joined.link is not None
    assert (joined.link.table, joined.origin) == ("rna_link", "tables/cells/sample")
    assert (found.rules, found.hides, joined.guards) == ((), False, ())


def test_an_assay_may_belong_to_any_entity_by_the_ids_of_its_samples() -> None:
    found = merge(cells(), study(), change(entity="visit", field="visit_id"))

    assert [(each.entity, each.field, each.link) for each in found.assays] == [
        ("visit", "visit_id", None)
    ]


def test_assays_stand_side_by_side_under_names_of_their_own() -> None:
    first = merge(cells(), study(), change(), LINK)
    for taken in ("rna", "RNA"):
        with pytest.raises(ConflictError, match="add --name rna_2, say"):
            merge(cells(own(taken)), first, change(assay=taken, name="rna"), LINK)

    found = merge(cells(), first, change(name="late"), pin("late", "late_link"))

    assert [(e.name, e.samples_table, e.link and e.link.table) for e in found.assays] == [
        ("rna", "rna_samples", "rna_link"), ("late", "rna_samples", "late_link"),
    ]  # fmt: skip
    assert found.assays[0].uuid != found.assays[1].uuid
    other = replace(cells(), pins=tuple(
        each.model_copy(update={"version": 7}) for each in cells().pins))  # fmt: skip
    newer = merge(other, first, change(name="late"), pin("late", "late_link"))
    assert newer.assays[1].samples_table == "cells.rna_samples"


def test_a_field_that_cannot_link_samples_is_refused() -> None:
    with pytest.raises(ConflictError, match="Add --link-file F"):
        merge(cells(), study(), change(field="age"))
    assert merge(cells(), study(), change(field="age"), LINK).assays[0].field == "age"
    with pytest.raises(NotFoundError, match=r"study@2 has no field patient\.zzz"):
        merge(cells(), study(), change(field="zzz"))
    with pytest.raises(NotFoundError, match="cells@1 has no assay 'dna'"):
        merge(cells(), study(), change(assay="dna"))


def livers() -> Content:
    rows = RowFilter(text='sample.tissue = "liver"', fields=frozenset({("sample", "tissue")}))
    return make_view(cells(), ViewChange(base="cells@1", rows=rows.text), rows).content


def test_samples_that_the_source_hides_are_hidden_by_a_rule_of_their_own() -> None:
    found = merge(livers(), study(), change(), LINK)

    assert [each.text for each in found.rules] == [
        'sample.tissue = "liver"', "sample.sample_id is not missing",
    ]  # fmt: skip
    (joined,) = found.assays
    assert [(each.rule, each.column, each.entity, each.field) for each in joined.guards] == [
        (1, "sample_id", "sample", "sample_id")
    ]
    assert "sample" not in {each.table for each in found.pins}
    assert [each.table for each in found.rules[1].pins] == ["sample"]
    assert found.hides


def test_samples_hidden_through_a_linking_table_stay_hidden_in_the_next_merge() -> None:
    joined = merge(cells(), study(), change(), LINK)
    rows = RowFilter(text='patient.sex = "F"', fields=frozenset({("patient", "sex")}))
    women = make_view(joined, ViewChange(base="both@1", rows=rows.text), rows).content

    found = merge(women, study(), change(entity="visit", field="visit_id"))

    rule = found.rules[1]
    assert [(each.name, each.slices[0].table) for each in rule.entities] == [
        ("patient", "patient"), ("link", "rna_link"),
    ]  # fmt: skip
    assert [(each.rule, each.entity, each.field) for each in found.assays[0].guards] == [
        (1, "link", "sample_id"),
        (2, "link", "sample_id"),
    ]
    assert (found.rules[2].text, found.rules[2].keys) == (None, None)
    assert found.assays[0].origin == "tables/cells/sample"
