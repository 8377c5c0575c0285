"""One seeded defect per dictionary rule, each reported under its name and no other."""

from pathlib import Path

import pytest

from apollo_spark.errors import DictionaryError
from apollo_spark.model.rules import DICTIONARY_RULES, RULES
from apollo_spark.sources.dictionary.read import DictionaryReading, read_dictionary
from apollo_spark.sources.policy_yaml import read_policy

OPTIONAL = (
    "coding_name,concept,description,folder_path,is_multi_select,is_sparse_coding,linkout,"
    "longitudinal_axis_type,referenced_entity_field,relationship,title,units"
)
FIELDS = f"""\
entity,name,type,primary_key_type,{OPTIONAL}
patient,patient_id,string,global,,,,,,,,,,,,
patient,sex,string,,sex,,,,,,,,,,,
patient,weight,float,,answer,,,,,yes,,,,,,kg
patient,hospital_id,integer,,,,,,,,,,hospital:hospital_id,many_to_one,,
visit,visit_id,integer,local,,,,,,,,,,,,
visit,patient_id,string,,,,,,,,,,patient:patient_id,many_to_one,,
visit,symptoms,string,,symptom,,,,yes,,,,,,,
hospital,hospital_id,integer,local,,,,,,,,,,,,
"""
CODINGS = """\
coding_name,code,meaning,concept,display_order,parent_code
sex,F,Female,,1,
sex,M,Male,,2,
answer,-1,Did not answer,,1,
symptom,R,Respiratory,,1,
symptom,R1,Cough,,2,R
symptom,R2,Wheeze,,3,R
"""
ENTITIES = """\
entity,entity_title,entity_description,entity_label_plural,entity_label_singular
patient,Patients,People in the study,Patients,Patient
visit,Visits,,Visits,Visit
"""
HOSPITAL = "hospital,hospital_id,integer,local,,,,,,,,,,,,\n"

Swap = tuple[str, str]


def add_field(entity: str, name: str, reference: str = "", *, type_: str = "integer") -> Swap:
    relationship = "many_to_one" if reference else ""
    row = f"{entity},{name},{type_},,,,,,,,,,{reference},{relationship},,\n"
    return HOSPITAL, HOSPITAL + row


DEFECTS: dict[str, Swap] = {
    "dictionary_empty: no rows": (FIELDS.partition("\n")[2], ""),
    "dictionary_columns: no type": ("name,type,", "name,"),
    "dictionary_optional_columns: no units": (",units", ""),
    "dictionary_extra_columns: an unknown column": (",units", ",units,owner"),
    "dictionary_extra_columns: an unknown column of codings": ("parent_code\n", "parent_code,x\n"),
    "entity_name: begins with a digit": add_field("1a", "x", "hospital:hospital_id"),
    "entity_name: a word of SQL": add_field("select", "x", "hospital:hospital_id"),
    "entity_name: made to break SQL": add_field("h\"; drop", "x", "hospital:hospital_id"),
    "entity_name: two spellings": ("patient,weight", "Patient,weight"),
    "field_name: a path": ("patient,weight", "patient,../weight"),
    "field_name: empty": ("patient,weight", "patient,"),
    "field_repeated: twice": ("patient,weight", "patient,sex"),
    "field_repeated: differs by case only": ("patient,weight", "patient,SEX"),
    "field_type: a type of SQL": ("weight,float", "weight,double"),
    "field_format: no year": (
        FIELDS,
        "\n".join(
            f"{line},{'format' * (not at) or 'dd.mm' * (at == 3)}"
            for at, line in enumerate(FIELDS.splitlines())
        )
        + "\n",
    ),
    "flag_value: true": (",,,,,yes,,,,,,kg", ",,,,,true,,,,,,kg"),
    "key_role: primary": ("hospital_id,integer,local", "hospital_id,integer,primary"),
    "key_role: several values": ("visit_id,integer,local,,,,,,", "visit_id,integer,local,,,,,yes,"),
    "key_global: none": (",global", ",local"),
    "key_global: two": ("visit_id,integer,local", "visit_id,integer,global"),
    "key_global: two in one entity": ("sex,string,,", "sex,string,global,"),
    "key_repeated: two in one entity": ("weight,float,,", "weight,float,local,"),
    "reference_form: a dot": ("hospital:hospital_id", "hospital.hospital_id"),
    "reference_form: a relationship alone": ("hospital:hospital_id", ""),
    "reference_target: no such entity": ("hospital:hospital_id", "hospitals:hospital_id"),
    "reference_target: no such field": ("hospital:hospital_id", "hospital:id"),
    "reference_type: integer to string": ("hospital_id,integer,,", "hospital_id,string,,"),
    "reference_type: several values": ("hospital_id,integer,,,,,,", "hospital_id,integer,,,,,,yes"),
    "reference_relationship: empty": ("hospital_id,many_to_one", "hospital_id,"),
    "reference_relationship: misspelt": ("hospital_id,many_to_one", "hospital_id,many-to-one"),
    "reference_to_itself: the main key": (
        "global,,,,,,,,,,", "global,,,,,,,,,patient:patient_id,one_to_one"
    ),
    "entity_unreachable: an island": add_field("island", "x"),
    "entity_cycle: two entities": add_field("hospital", "v", "patient:patient_id", type_="string"),
    "entity_cycle: three entities": add_field("hospital", "v", "visit:visit_id"),
    "entity_cycle: inside an entity": add_field("hospital", "v", "hospital:hospital_id"),
    "entity_paths: a diamond": add_field("visit", "h", "hospital:hospital_id"),
    "entity_paths: two references": add_field("patient", "h", "hospital:hospital_id"),
    "entity_title_unknown: misspelt": ("visit,Visits", "visits,Visits"),
    "entity_title_repeated: twice": ("visit,Visits", "patient,Visits"),
    "coding_columns: no meaning": ("code,meaning", "code"),
    "coding_unknown: misspelt": ("sex,string,,sex", "sex,string,,sexes"),
    "coding_unused: one more": ("symptom,R,", "other,1,One,,1,\nsymptom,R,"),
    "coding_of_sparse: no coding": ("weight,float,,answer", "weight,float,,"),
    "coding_open: of decimals": (
        "units\npatient,patient_id,string,global,,,,,,,,,,,,",
        "units,is_open_coding\npatient,patient_id,string,global,,,,,,,,,,,,,yes",
    ),
    "code_empty: no code": ("sex,M", "sex,"),
    "code_repeated: twice": ("sex,M,Male", "sex,F,Female"),
    "code_repeated: two meanings": ("sex,M,Male", "sex,F,Male"),
    "code_repeated: one number": ("symptom,R,", "answer,-1.0,Refused,,2,\nsymptom,R,"),
    "code_type: letters in a float field": ("answer,-1", "answer,none"),
    "code_type: a separator in a multi-select": ("symptom,R2", "symptom,R|2"),
    "code_order: a letter": ("Male,,2", "Male,,b"),
    "code_parent: misspelt": ("3,R", "3,Q"),
    "code_cycle: two codes": ("Respiratory,,1,", "Respiratory,,1,R1"),
    "code_cycle: itself": ("Respiratory,,1,", "Respiratory,,1,R"),
}  # fmt: skip


def read(folder: Path, *, swap: Swap = ("", "")) -> DictionaryReading:
    paths = []
    texts = {"data_dictionary": FIELDS, "codings": CODINGS, "entity_dictionary": ENTITIES}
    for name, text in texts.items():
        paths.append(folder / f"{name}.csv")
        changed = text.replace(*swap, 1) if swap[0] else text
        paths[-1].write_text(_even(changed), encoding="utf-8", newline="")
    return read_dictionary(paths[0], paths[1], paths[2])


def _even(text: str) -> str:
    """Cut or fill the rows to the cells of the header: a row length is another rule."""
    header, *rows = text.splitlines()
    width = header.count(",") + 1
    cells = [(row.split(",") + [""] * width)[:width] for row in rows]
    return "\n".join([header, *(",".join(each) for each in cells), ""])


def test_the_good_dictionary_has_no_finding(tmp_path: Path) -> None:
    reading = read(tmp_path)

    assert reading.findings == ()
    assert reading.dictionary is not None


@pytest.mark.parametrize(
    ("rule", "swap"),
    [pytest.param(each.partition(":")[0], swap, id=each) for each, swap in DEFECTS.items()],
)
def test_a_defect_is_reported_under_its_name_and_no_other(
    tmp_path: Path, rule: str, swap: Swap
) -> None:
    assert any(swap[0] in each for each in (FIELDS, CODINGS, ENTITIES))

    reading = read(tmp_path, swap=swap)

    found = {each.rule for each in reading.findings}
    assert found == {rule}
    assert {each.severity for each in reading.findings} == {RULES[rule].default}
    assert (reading.dictionary is None) == (RULES[rule].default == "refuse")
    assert all(each.file for each in reading.findings)


def test_a_policy_with_an_unknown_rule_is_reported_under_policy_rule(tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text("rules: {cell_codes: warn}")

    with pytest.raises(DictionaryError, match="policy_rule"):
        read_policy(path)


def test_every_dictionary_rule_has_a_defect() -> None:
    seeded = {each.partition(":")[0] for each in DEFECTS}

    assert seeded | {"policy_rule"} == {each.name for each in DICTIONARY_RULES}
