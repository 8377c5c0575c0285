"""Merging what two datasets say: names, paths, tables and rules of the result."""

from dataclasses import replace

import pytest

from apollo_spark.errors import ConflictError, NotFoundError, UsageError
from apollo_spark.model.change import ClinicalMerge, ViewChange
from apollo_spark.model.dataset import TableSlice
from apollo_spark.model.dictionary import DataDictionary, Relation, Relationship
from apollo_spark.model.guard import RowGuard
from apollo_spark.model.join_path import path_to
from apollo_spark.records.changes.merge_clinical import merge_clinical
from apollo_spark.records.changes.view import RowFilter, make_view
from apollo_spark.records.content import Content, Derived
from tests.support.dictionaries import dictionary
from tests.support.merging import REGISTRY, SEX, STUDY, assay, change, content, pin

STUDY_DICTIONARY = dictionary(STUDY, codings=SEX)
REGISTRY_DICTIONARY = dictionary(REGISTRY, codings=SEX)
LINK = "person.study_id=patient.patient_id"


def study(dataset: str = "study", *, told: DataDictionary = STUDY_DICTIONARY) -> Content:
    return content(dataset, told)


def registry() -> Content:
    return content("registry", REGISTRY_DICTIONARY)


def merge(source: Content, target: Content, how: ClinicalMerge, name: str = "registry") -> Derived:
    return merge_clinical(source, target, how, source_name=name)


def relation(text: str) -> Relation:
    source, target, relationship = text.split(" ")
    from_entity, from_field = source.split(".")
    to_entity, to_field = target.split(".")
    return Relation(
        from_entity=from_entity,
        from_field=from_field,
        to_entity=to_entity,
        to_field=to_field,
        relationship=Relationship(relationship),
    )


def fields(found: Content) -> dict[str, list[str]]:
    return {each.name: [f.name for f in each.fields] for each in found.dictionary.entities}


def test_the_source_hangs_from_the_target_by_its_linked_entity() -> None:
    found = merge(registry(), study(), change(LINK, "many_to_one")).content

    assert found.dictionary.main_entity == "patient"
    assert list(fields(found)) == ["patient", "visit", "person", "stay", "ward"]
    assert found.dictionary.relations == (
        relation("visit.patient_id patient.patient_id many_to_one"),
        relation("stay.person_id person.person_id many_to_one"),
        relation("stay.ward_id ward.ward_id many_to_one"),
        relation("person.study_id patient.patient_id many_to_one"),
    )
    assert [(each.name, len(each.codes)) for each in found.dictionary.codings] == [("sex", 2)]


def test_a_source_is_re_rooted_at_an_entity_that_is_not_its_main_one() -> None:
    by_ward = change("ward.ward_id=visit.visit_id", "one_to_many")
    found = merge(registry(), study(), by_ward).content

    paths = {each.name: path_to(found.dictionary, each.name) for each in found.dictionary.entities}
    assert [each.entity for each in paths["person"]] == ["visit", "ward", "stay", "person"]
    assert [(each.has_many_rows, each.has_many_parents) for each in paths["person"]] == [
        (True, False), (False, True), (True, False), (False, True),
    ]  # fmt: skip


def test_a_field_that_refers_already_is_referred_to() -> None:
    # The dictionary files have room for one reference of a field.
    by_stay = change("stay.person_id=patient.patient_id", "many_to_one")
    found = merge(registry(), study(), by_stay).content

    assert found.dictionary.relations[-1] == relation(
        "patient.patient_id stay.person_id one_to_many"
    )


def test_every_name_that_clashes_is_refused_with_the_option_to_add() -> None:
    other_codes = dictionary(STUDY, codings=SEX.replace("Male", "Man"))
    source = replace(study("more", told=other_codes), assays=(assay("RNA", "visit", "visit_id"),))
    target = replace(study(), assays=(assay("rna", "visit", "visit_id"),))

    with pytest.raises(ConflictError) as refused:
        merge(source, target, change("patient.patient_id=patient.patient_id"), name="more-data")

    differ = "their codes differ, 1 of 2 (1 of another meaning)"
    becomes = "(it becomes more_data_{})"
    join = "--on-clash join (both become one entity, fields side by side)"
    prefix = "--on-clash prefix:more_data_"
    assert str(refused.value).splitlines() == [
        "source@1 and target@1 have names in common:",
        f"  entity patient: add {join} or {prefix} {becomes.format('patient')}",
        f"  entity visit: add {prefix} {becomes.format('visit')}",
        f"  coding sex: {differ}; add {prefix} {becomes.format('sex')}",
        f"  assay RNA: add {prefix} {becomes.format('RNA')}",
    ]


def test_what_a_join_leaves_in_common_is_refused_too() -> None:
    with pytest.raises(ConflictError) as refused:
        merge(study("more"), study(), change("patient.patient_id=patient.patient_id", join=True))

    assert [each.split(": add ")[0].strip() for each in str(refused.value).splitlines()[1:]] == [
        "entity visit", "field patient.sex", "field patient.age",
    ]  # fmt: skip
    assert "--on-clash join,prefix:registry_" in str(refused.value)


def test_names_that_differ_by_case_clash() -> None:
    capital = dictionary(REGISTRY.replace("ward ", "VISIT").replace("ward:", "VISIT:"), codings=SEX)

    with pytest.raises(ConflictError, match="entity VISIT"):
        merge(content("registry", capital), study(), change(LINK, "many_to_one"))


def test_a_prefix_renames_what_clashes_and_all_that_names_it() -> None:
    other_codes = dictionary(STUDY, codings=SEX.replace("Male", "Man"))
    source = content("more", other_codes, assay("rna", "patient", "patient_id"))
    target = content("study", STUDY_DICTIONARY, assay("rna", "visit", "visit_id"))
    prefixed = change("patient.patient_id=patient.patient_id", prefix="m_")

    found = merge(source, target, prefixed, name="more").content

    assert list(fields(found)) == ["patient", "visit", "m_patient", "m_visit"]
    assert found.dictionary.relations[1:] == (
        relation("m_visit.patient_id m_patient.patient_id many_to_one"),
        relation("m_patient.patient_id patient.patient_id one_to_one"),
    )
    patient = found.dictionary.find_entity("m_patient")
    assert patient is not None
    assert [each.coding_name for each in patient.fields] == [None, "m_sex", None]
    meanings = {each.name: each.meanings["M"] for each in found.dictionary.codings}
    assert meanings == {"sex": "Male", "m_sex": "Man"}
    assert [(each.name, each.entity, each.samples_table) for each in found.assays] == [
        ("rna", "visit", "rna_samples"), ("m_rna", "m_patient", "more.rna_samples"),
    ]  # fmt: skip
    assert found.tables_of("m_visit") == (TableSlice(table="more.visit"),)
    assert {each.table: each.location for each in found.pins}["more.visit"] == "tables/more/visit"


def test_a_prefix_that_leads_to_a_name_that_is_taken_is_refused() -> None:
    taken = dictionary(STUDY.replace("visit ", "m_visit"), codings=SEX)
    with pytest.raises(ConflictError, match="m_patient is taken too"):
        merge(
            study("more"),
            study(told=dictionary(STUDY.replace("visit ", "m_patient"), codings=SEX)),
            change("patient.patient_id=patient.patient_id", prefix="m_"),
        )
    with pytest.raises(ConflictError, match="entity visit: choose another prefix"):
        merge(
            content("more", STUDY_DICTIONARY.model_copy(update={
                "entities": (*STUDY_DICTIONARY.entities, taken.entities[1])})),
            study(),
            change("patient.patient_id=patient.patient_id", prefix="m_"),
        )  # fmt: skip


def test_joined_entities_are_one_with_the_fields_of_both_side_by_side() -> None:
    told = REGISTRY.replace("person ", "patient").replace("person:", "patient:")
    source = content("registry", dictionary(told, codings=SEX))
    joined = change("patient.person_id=patient.patient_id", join=True)

    found = merge(source, study(), joined).content

    assert fields(found) == {
        "patient": ["patient_id", "sex", "age", "person_id", "study_id", "gender"],
        "visit": ["visit_id", "patient_id"],
        "stay": ["stay_id", "person_id", "ward_id"],
        "ward": ["ward_id"],
    }
    assert found.tables_of("patient") == (
        TableSlice(table="patient"),
        TableSlice(
            table="registry.patient",
            fields=("person_id", "study_id", "gender"),
            key="person_id",
            on="patient_id",
        ),
    )
    assert relation("stay.person_id patient.person_id many_to_one") in found.dictionary.relations
    assert len(found.dictionary.relations) == 3


def test_a_link_of_one_name_becomes_one_field_and_others_are_prefixed() -> None:
    joined = change("patient.patient_id=patient.patient_id", join=True, prefix="m_")
    source = content("more", STUDY_DICTIONARY, assay("rna", "patient", "patient_id"))

    found = merge(source, study(), joined, name="more").content

    assert fields(found)["patient"] == ["patient_id", "sex", "age", "m_sex", "m_age"]
    assert found.tables_of("patient")[1] == TableSlice(
        table="more.patient",
        fields=("m_sex", "m_age"),
        columns=(("m_sex", "sex"), ("m_age", "age")),
        key="patient_id",
        on="patient_id",
    )
    assert relation("m_visit.patient_id patient.patient_id many_to_one") in (
        found.dictionary.relations
    )
    assert [(e.entity, e.field, e.origin) for e in found.assays] == [
        ("patient", "patient_id", "tables/more/patient")
    ]


def wide(dataset: str) -> Content:
    """A study whose patients have their age in a second table."""
    found = content(dataset, STUDY_DICTIONARY, extra=("patient_age",))
    slices = (
        TableSlice(table="patient"),
        TableSlice(table="patient_age", fields=("age",), columns=(("age", "years"),), key="who"),
    )
    return replace(found, slices={"patient": slices})


def test_further_tables_of_a_joined_entity_show_rows_of_its_first_table_alone() -> None:
    joined = change("patient.patient_id=patient.patient_id", join=True, prefix="m_")

    found = merge(wide("more"), wide("study"), joined, name="more").content

    guard = RowGuard(rule=0, column="who", entity="patient", field="patient_id")
    assert found.tables_of("patient")[2:] == (
        TableSlice(
            table="more.patient", fields=("m_sex",), columns=(("m_sex", "sex"),),
            key="patient_id", on="patient_id",
        ),
        TableSlice(
            table="more.patient_age", fields=("m_age",), columns=(("m_age", "years"),),
            key="who", on="patient_id", guards=(guard,),
        ),
    )  # fmt: skip
    assert [each.text for each in found.rules] == ["patient.patient_id is not missing"]
    assert not found.hides


def test_a_link_in_a_further_table_cannot_join() -> None:
    told = dictionary(STUDY.replace("age         integer", "age         string "), codings=SEX)
    source = replace(wide("more"), dictionary=told)

    with pytest.raises(UsageError, match="patient cannot be joined by age"):
        merge(source, study(), change("patient.age=patient.patient_id", join=True, prefix="m_"))


def test_a_table_that_both_pin_is_pinned_once() -> None:
    source = study()
    newer = replace(study(), pins=(pin("study", "patient", version=4), pin("study", "visit")))

    prefixed = change("patient.patient_id=patient.patient_id", prefix="m_")
    found = merge(source, newer, prefixed, name="study").content

    assert [(each.table, each.version) for each in found.pins] == [
        ("patient", 4), ("visit", 0), ("study.patient", 0),
    ]  # fmt: skip
    assert found.tables_of("m_visit") == (TableSlice(table="visit"),)
    again = merge(source, found, change(
        "patient.patient_id=patient.patient_id", prefix="n_"), name="study").content  # fmt: skip
    assert again.pins == found.pins


def view(base: Content, text: str, field: tuple[str, str]) -> Content:
    rows = RowFilter(text=text, fields=frozenset({field}))
    return make_view(base, ViewChange(base="x@1", rows=text), rows).content


def test_rules_of_the_source_follow_those_of_the_target() -> None:
    adults = view(study(), "patient.age >= 18", ("patient", "age"))
    women = view(registry(), 'person.gender = "F"', ("person", "gender"))
    women = view(women, "exists(stay)", ("stay", "stay_id"))

    found = merge(women, adults, change(LINK, "many_to_one")).content

    assert found.hides
    assert [each.text for each in found.rules] == [
        "patient.age >= 18", 'person.gender = "F"', "exists(stay)",
    ]  # fmt: skip
    guards = {
        name: [each.rule for each in found.tables_of(name)[0].guards] for name in fields(found)
    }
    assert guards == {
        "patient": [0], "visit": [0], "person": [1, 2], "stay": [1, 2], "ward": [1, 2],
    }  # fmt: skip
    inside = {each.name: each.slices[0].guards for each in found.rules[2].entities}
    assert [each.rule for each in inside["person"]] == [1]


def test_samples_of_hidden_rows_stay_hidden_when_the_rows_become_fields() -> None:
    source = content("more", STUDY_DICTIONARY, assay("rna", "patient", "patient_id"))
    women = view(source, 'patient.sex = "F"', ("patient", "sex"))
    joined = change("patient.patient_id=patient.patient_id", join=True, prefix="m_")

    derived = merge(women, study(), joined, name="more")

    (found,) = derived.content.assays
    assert [(each.rule, each.column, each.entity, each.field) for each in found.guards] == [
        (1, "sample_id", "patient", "patient_id")
    ]
    rule = derived.content.rules[1]
    assert rule.text == "patient.patient_id is not missing"
    assert [each.rule for each in rule.entities[0].slices[0].guards] == [0]
    assert derived.parts


def test_further_tables_of_hidden_rows_are_guarded_when_they_are_joined_past_the_first() -> None:
    women = view(wide("more"), 'patient.sex = "F"', ("patient", "sex"))
    joined = change("patient.patient_id=patient.patient_id", join=True, prefix="m_")

    derived = merge(women, study(), joined, name="more")

    first, second = derived.content.tables_of("patient")[1:]
    assert [(each.rule, each.column) for each in first.guards] == [(0, "patient_id")]
    assert [(each.rule, each.column, each.entity, each.field) for each in second.guards] == [
        (1, "who", "patient", "patient_id")
    ]
    assert derived.content.rules[1].text == "patient.patient_id is not missing"


def test_a_link_names_fields_that_are_there_and_go_together() -> None:
    with pytest.raises(NotFoundError) as lost:
        merge(registry(), study(), change("person.zzz=nobody.patient_id"))
    assert str(lost.value).count("in the") == 2
    with pytest.raises(ConflictError, match="string, the second integer"):
        merge(registry(), study(), change("person.study_id=patient.age"))
