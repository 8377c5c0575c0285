"""The data dictionary of the lung study."""

from collections.abc import Iterator

from apollo_spark.demo.codings import build_codings

DICTIONARY_COLUMNS = (
    "entity",
    "name",
    "type",
    "primary_key_type",
    "coding_name",
    "concept",
    "description",
    "folder_path",
    "is_multi_select",
    "is_sparse_coding",
    "linkout",
    "longitudinal_axis_type",
    "referenced_entity_field",
    "relationship",
    "source_column",
    "title",
    "units",
)
CODING_COLUMNS = ("coding_name", "code", "meaning", "concept", "display_order", "parent_code")
ENTITY_COLUMNS = (
    "entity",
    "entity_title",
    "entity_description",
    "entity_label_plural",
    "entity_label_singular",
)
ENTITIES = (
    ("patient", "Patient", "Adults with a lung disease, one row each", "patients", "patient"),
    ("hospital", "Hospital", "Hospitals that take part", "hospitals", "hospital"),
    ("visit", "Visit", "Visits at enrolment and after it", "visits", "visit"),
    ("lab", "Laboratory", "Blood tests, one row per result", "results", "result"),
    ("medication", "Medication", "Drugs for the lungs", "medications", "medication"),
)
MAIN_ENTITY = "patient"
MANUAL = "https://example.org/lung_study/manual#"

# A line is: name | type | title | more, as "column=value". A line that begins with "/" is the
# folder of the lines below it. The first field of an entity is its key.
FIELDS = {
    "patient": """
/ Patient
patient_id | string | Patient
hospital_id | string | Hospital | to=hospital:hospital_id
birth_date | date | Date of birth
sex | integer | Sex | codes=sex | concept=PATO:0000047
enrolled_on | date | Enrolled on | longitudinal_axis_type=start
consented_at | datetime | Consent given at | description=Stored as UTC
/ Patient > Body
height_cm | float | Height | units=cm | concept=EFO:0004339
/ Patient > Habits
smoking_status | string | Smoking | codes=smoking | concept=EFO:0004318
pack_years | float | Pack years | sparse=no_answer | description=Packs a day times years smoked
alcohol_units | integer | Alcohol | sparse=no_answer | units=units/week
/ Patient > Work
occupation | string | Occupation | sparse=no_answer
exposures | string | Exposures | several=exposure | description=All that apply
/ Patient > Diseases
main_diagnosis | string | Main diagnosis | codes=diagnosis
other_diagnoses | string | Other diagnoses | several=diagnosis
symptoms_since | date | Symptoms since | description=Some know the month or the year only
last_flare_up | date | Last flare-up before enrolment | sparse=no_day
""",
    "hospital": """
/ Hospital
hospital_id | string | Hospital
name | string | Name
kind | string | Kind | codes=hospital_kind
region | integer | Region | codes=region
beds | integer | Beds | source_column=No. of beds
""",
    "visit": """
/ Visit
visit_id | string | Visit
patient_id | string | Patient | to=patient:patient_id
visit_number | integer | Visit number | description=1 is the visit at enrolment
visited_at | datetime | Visited at | longitudinal_axis_type=time
kind | string | Kind | codes=visit_kind
/ Visit > Body
weight_kg | float | Weight | units=kg | concept=EFO:0004338
systolic_mmhg | integer | Systolic blood pressure | units=mmHg | concept=EFO:0006335
diastolic_mmhg | integer | Diastolic blood pressure | units=mmHg | concept=EFO:0006336
/ Visit > Lung function
fev1_l | float | FEV1 | sparse=no_test | units=L | concept=EFO:0004314 | manual=fev1
fvc_l | float | FVC | sparse=no_test | units=L | concept=EFO:0004312 | manual=fvc
/ Visit > Complaints
breathlessness | integer | Breathlessness | codes=breathlessness
flare_ups | integer | Flare-ups since the last visit | sparse=no_answer
symptoms | integer | Symptoms | several=symptom
/ Visit
next_contact_at | datetime | Next contact | sparse=no_contact
note | string | Note | description=Free text of the study nurse
""",
    "lab": """
/ Laboratory
lab_id | string | Result
visit_id | string | Visit | to=visit:visit_id
test | string | Test | codes=lab_test
value | float | Value | sparse=no_result | manual=laboratory
unit | string | Unit
analysed_at | datetime | Analysed at
""",
    "medication": """
/ Medication
medication_id | string | Medication
patient_id | string | Patient | to=patient:patient_id
drug | string | Drug | codes=drug
dose_mg | float | Dose a time | units=mg
taken | string | Taken | several=time_of_day
effects | integer | Unwanted effects | several=effect
started_on | date | Started on
stopped_on | date | Stopped on | description=Empty while it is taken
""",
}
ADDED_IN_RELEASE_2 = {
    "visit": """/ Visit > Lung function
oxygen_percent | float | Oxygen saturation | units=%
"""
}


def build_dictionary(release: int) -> list[dict[str, str]]:
    """Return the rows of data_dictionary.csv, as values by column."""
    return [row for entity in FIELDS for row in _read_fields(entity, release)]


def field_names(entity: str, release: int) -> list[str]:
    """Return the names of an entity's fields, in the order of the dictionary."""
    return [row["name"] for row in _read_fields(entity, release)]


def field_headers(entity: str, release: int) -> list[str]:
    """Return the headers of an entity's file, in the same order."""
    return [row.get("source_column", row["name"]) for row in _read_fields(entity, release)]


def code_rows() -> list[dict[str, str]]:
    """Return the rows of codings.csv, as values by column."""
    return [{key: str(value) for key, value in row._asdict().items()} for row in build_codings()]


def entity_rows() -> list[dict[str, str]]:
    """Return the rows of entity_dictionary.csv, as values by column."""
    return [dict(zip(ENTITY_COLUMNS, row, strict=True)) for row in ENTITIES]


def _read_fields(entity: str, release: int) -> Iterator[dict[str, str]]:
    text = FIELDS[entity] + (ADDED_IN_RELEASE_2.get(entity, "") if release >= 2 else "")
    folder, key_role = "", "global" if entity == MAIN_ENTITY else "local"
    for line in text.strip().split("\n"):
        if line.startswith("/"):
            folder = line.removeprefix("/ ")
            continue
        yield _read_field(line) | {
            "entity": entity,
            "folder_path": folder,
            "primary_key_type": key_role,
        }
        key_role = ""


def _read_field(line: str) -> dict[str, str]:
    name, kind, title, *others = line.split(" | ")
    row = {"name": name, "type": kind, "title": title}
    for other in others:
        column, _, value = other.partition("=")
        row.update(_columns(column, value))
    return row


def _columns(column: str, value: str) -> dict[str, str]:
    """Return the columns of the dictionary that a short form stands for."""
    return {
        "codes": {"coding_name": value},
        "sparse": {"coding_name": value, "is_sparse_coding": "yes"},
        "several": {"coding_name": value, "is_multi_select": "yes"},
        "to": {"referenced_entity_field": value, "relationship": "many_to_one"},
        "manual": {"linkout": MANUAL + value},
    }.get(column, {column: value})
