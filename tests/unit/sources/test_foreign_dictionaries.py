"""Dictionaries in the formats of other systems, as dictionaries of ours."""

from pathlib import Path

import pytest

from apollo_spark.errors import DictionaryError, UsageError
from apollo_spark.export.dictionary_csv import write_dictionary
from apollo_spark.sources.drafting.foreign.read import read_foreign

REDCAP = """\
Variable / Field Name,Form Name,Section Header,Field Type,Field Label,\
"Choices, Calculations, OR Slider Labels",Field Note,Text Validation Type OR Show Slider Number
record_id,enrollment,,text,Record ID,,,
dob,enrollment,Basics,text,<b>Date</b> of birth,,as said,date_dmy
sex,enrollment,,radio,Sex,"1, Female | 2, Male, or so",,
site,enrollment,,dropdown,Site,"HH, Hamburg|B, Berlin",,
race,enrollment,,checkbox,Race,"0, Asian | X-9, Other",,
weight,vital_signs,,text,Weight,,,number_1dp
seen,vital_signs,,text,Seen,,,datetime_ymd
bmi,vital_signs,,calc,BMI,[weight]/4,,
pain,vital_signs,,slider,Pain,none|some,,number
ok,vital_signs,,yesno,OK?,,,
info,vital_signs,,descriptive,Read this,,,
notes,vital_signs,,notes,Notes,,,
"""
OMOP = """\
cdmTableName,cdmFieldName,isRequired,cdmDatatype,userGuidance,isPrimaryKey,isForeignKey,fkTableName
concept,concept_id,Yes,integer,,Yes,No,
person,person_id,Yes,integer,One for each person.,Yes,No,
person,gender_concept_id,Yes,integer,,No,Yes,CONCEPT
person,birth_datetime,No,datetime,,No,No,
visit_occurrence,visit_occurrence_id,Yes,integer,,Yes,No,
visit_occurrence,person_id,Yes,integer,,No,Yes,PERSON
visit_occurrence,visit_concept_id,Yes,integer,,No,Yes,CONCEPT
measurement,person_id,Yes,integer,,No,Yes,PERSON
measurement,value_as_number,No,float,,No,No,
measurement,unit_source_value,No,varchar(50),,No,No,
"""


def rows(folder: Path, name: str, text: str, kind: str = "data_dictionary") -> list[list[str]]:
    path = folder / "d.csv"
    path.write_text(text, encoding="utf-8")
    found = write_dictionary(read_foreign(name, (str(path),)).dictionary)
    return [line.split(",") for line in found[kind].splitlines()[1:]]


def test_fields_of_redcap_have_types_codes_titles_and_folders(tmp_path: Path) -> None:
    found = [
        (each[1], each[2], each[4], each[7], each[14]) for each in rows(tmp_path, "redcap", REDCAP)
    ]

    assert found == [
        ("record_id", "string", "", "enrollment", "Record ID"),
        ("dob", "date", "", "enrollment > Basics", "Date of birth"),
        ("sex", "integer", "sex", "enrollment > Basics", "Sex"),
        ("site", "string", "site", "enrollment > Basics", "Site"),
        ("race___0", "integer", "race___0", "enrollment > Basics", "Race: Asian"),
        ("race___x_9", "integer", "race___x_9", "enrollment > Basics", "Race: Other"),
        ("weight", "float", "", "vital signs", "Weight"),
        ("seen", "datetime", "", "vital signs", "Seen"),
        ("bmi", "float", "", "vital signs", "BMI"),
        ("pain", "integer", "", "vital signs", "Pain"),
        ("ok", "integer", "ok", "vital signs", "OK?"),
        ("notes", "string", "", "vital signs", "Notes"),
    ]


def test_choices_of_redcap_are_codes(tmp_path: Path) -> None:
    (tmp_path / "d.csv").write_text(REDCAP, encoding="utf-8")
    dictionary = read_foreign("redcap", (str(tmp_path / "d.csv"),)).dictionary

    coding = dictionary.find_coding("sex")

    assert coding is not None
    assert [(each.code, each.meaning) for each in coding.rows] == [
        ("1", "Female"),
        ("2", "Male, or so"),
    ]


def test_tables_of_omop_are_joined_once(tmp_path: Path) -> None:
    (tmp_path / "d.csv").write_text(OMOP, encoding="utf-8")
    draft = read_foreign("omop", (str(tmp_path / "d.csv"),))

    assert draft.dictionary.entities[0].name == draft.dictionary.main_entity == "person"
    assert {
        f"{each.from_entity}.{each.from_field} {each.to_entity}.{each.to_field}"
        for each in draft.dictionary.relations
    } == {
        "visit_occurrence.person_id person.person_id",
        "measurement.person_id person.person_id",
        "person.gender_concept_id concept.concept_id",
    }
    assert [f"{each.entity}.{each.field}" for each in draft.guesses] == [
        "visit_occurrence.visit_concept_id"
    ]
    assert [str(each.type) for each in draft.dictionary.entities[-1].fields] == [
        "integer", "float", "string",
    ]  # fmt: skip


CBIOPORTAL = {
    "data_clinical_patient.txt": "#Patient\tAge now\n#Who\tIn years\n#STRING\tNUMBER\n#1\t1\n"
    "PATIENT_ID\tAGE\nP1\t60\n",
    "data_clinical_sample.txt": "#Patient\tSample\tA-B\n#\t\t\n#STRING\tSTRING\tSTRING\n#1\t1\t1\n"
    "PATIENT_ID\tSAMPLE_ID\tA-B\nP1\tS1\tx\n",
}


def test_lines_above_the_header_are_the_dictionary_of_cbioportal(tmp_path: Path) -> None:
    for name, text in CBIOPORTAL.items():
        (tmp_path / name).write_text(text, encoding="utf-8")

    files = tuple(str(tmp_path / name) for name in CBIOPORTAL)
    dictionary = read_foreign("cbioportal", files).dictionary

    fields = [
        f"{entity.name}.{each.name} {each.type} {each.title} {each.description} {each.header}"
        for entity, each in dictionary.paths()
    ]
    assert fields == [
        "patient.PATIENT_ID string Patient Who PATIENT_ID",
        "patient.AGE float Age now In years AGE",
        "sample.PATIENT_ID string Patient None PATIENT_ID",
        "sample.SAMPLE_ID string Sample None SAMPLE_ID",
        "sample.A_B string A-B None A-B",
    ]
    assert [each.primary_key for each in dictionary.entities] == ["PATIENT_ID", "SAMPLE_ID"]
    [relation] = dictionary.relations
    assert (relation.from_entity, relation.to_entity) == ("sample", "patient")


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("redcap", OMOP, "A data dictionary of REDCap has a column 'variable / field name'"),
        ("omop", REDCAP, "The field specification of OMOP has a column 'cdmtablename'"),
        ("omop", OMOP.replace("\nperson,", "\nsomebody,"), "has no table 'person' with a key."),
        ("redcap", "", "the file has no header"),
        ("cbioportal", REDCAP, "does not begin as a clinical file of cBioPortal."),
    ],
)
def test_what_is_not_of_the_format_is_refused(
    tmp_path: Path, name: str, text: str, message: str
) -> None:
    (tmp_path / "d.csv").write_text(text, encoding="utf-8")

    with pytest.raises(DictionaryError) as refused:
        read_foreign(name, (str(tmp_path / "d.csv"),))

    assert message in str(refused.value)


def test_one_file_is_read() -> None:
    with pytest.raises(UsageError, match="--from omop reads one file, and 2 are given"):
        read_foreign("omop", ("a.csv", "b.csv"))
