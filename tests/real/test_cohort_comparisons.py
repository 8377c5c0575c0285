"""`cohort compare` on real studies, beside pandas and numpy over the raw files."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import apollo_spark as ap
from tests.real import gibleed_files, synthea_files
from tests.real.loading import RealStudy
from tests.support.study import apollo

NONE_SEEN = "coding_name,code,meaning,parent_code\nnone_seen,0,No mitosis seen,\n"
SITES = """\
coding_name,code,meaning,parent_code
site,c22,Liver and bile ducts in it,
site,c22.0,Liver,c22
site,c22.1,Bile duct in the liver,c22
site,c24,Other bile ducts,
site,c24.0,Bile duct outside the liver,c24
site,c71,Brain,
site,c71.0,Cerebrum,c71
site,c71.2,Temporal lobe,c71
site,c71.9,"Brain, somewhere",c71
"""

Mask = Callable[[pd.DataFrame], "pd.Series[bool]"]


@dataclass(frozen=True)
class Tumours:
    """A clinical table of TCGA: which columns are loaded, as what, and what is asked."""

    file: str
    key: str
    columns: dict[str, tuple[str, str, str]]
    first: tuple[str, Mask]
    second: tuple[str, Mask]
    codings: str = SITES
    sparse: dict[str, set[str]] = field(default_factory=dict)


# Name of the field: type, coding, column.
TCGA = {
    "ACC": Tumours(
        "tcga_ACC_rtcga/ACC.clinical.tsv.gz",
        "patient.bcr_patient_barcode",
        {
            "days_to_birth": ("integer", "", "patient.days_to_birth"),
            "mitoses": ("integer", "none_seen", "patient.primary_pathology.mitoses_count"),
            "dimension": ("float", "", "patient.biospecimen_cqcf.maximum_tumor_dimension"),
            "stage": ("string", "", "patient.stage_event.pathologic_stage"),
            "laterality": ("string", "", "patient.primary_pathology.laterality"),
            "vital": ("string", "", "patient.vital_status"),
            "outcome": ("string", "", "patient.primary_therapy_outcome_success"),
        },
        ('patient.vital = "dead"', lambda rows: rows["vital"] == "dead"),
        (
            "patient.days_to_birth < -18000 and patient.mitoses > 0",
            lambda rows: (
                (rows["days_to_birth"].astype(float) < -18_000)
                & (rows["mitoses"].astype(float) > 0)
            ),
        ),
        codings=NONE_SEEN,
        sparse={"mitoses": {"0"}},
    ),
    "CHOL": Tumours(
        "tcga_CHOL_rtcga/CHOL.clinical.tsv.gz",
        "patient.bcr_patient_barcode",
        {
            "days_to_death": ("integer", "", "patient.days_to_death"),
            "height": ("integer", "", "patient.height"),
            "site": ("string", "site", "patient.icd_10"),
            "gender": ("string", "", "patient.gender"),
            "performance": ("string", "", "patient.eastern_cancer_oncology_group"),
        },
        ('patient.site under "c22"', lambda rows: rows["site"].str.startswith("c22", na=False)),
        (
            'patient.gender = "female" or patient.site under "c24"',
            lambda rows: (rows["gender"] == "female") | (rows["site"] == "c24.0"),
        ),
    ),
    "LGG": Tumours(
        "tcga_LGG_legacy/LGG.clinical.tsv",
        "sample_barcode",
        {
            "updated": ("datetime", "", "updated_datetime"),
            "age": ("float", "", "age_at_diagnosis"),
            "site": ("string", "site", "primary_diagnosis"),
            "grade": ("string", "", "subtype_Grade"),
            "purity": ("float", "", "subtype_ABSOLUTE.purity"),
            "score": ("float", "", "subtype_ESTIMATE.combined.score"),
            "cluster": ("string", "", "subtype_Transcriptome.Subtype"),
        },
        (
            'patient.site under ("c71") except "c71.2"',
            lambda rows: rows["site"].isin(["c71.0", "c71.9"]),
        ),
        ('patient.cluster in ("ME", "CL", "PN")',
         lambda rows: rows["cluster"].isin(["ME", "CL", "PN"])),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", TCGA)
def test_cohorts_of_tumours_compare_as_pandas_says(shared: Path, tmp_path: Path, name: str) -> None:
    study = TCGA[name]
    raw = pd.read_csv(shared / "data" / study.file, sep="\t", dtype=str, keep_default_na=False,
                      na_values=["NA"])  # fmt: skip
    raw = raw.rename(columns={column: each for each, (_, _, column) in study.columns.items()})
    lake = load_tumours(study, shared / "data" / study.file, tmp_path)

    found = compared(lake, "study", "patient", (study.first[0], study.second[0]), study.columns)

    people = [
        raw[mask(raw).fillna(value=False).astype(bool)] for _, mask in (study.first, study.second)
    ]
    require_sizes(found, *(set(each[study.key]) for each in people))
    for each in found["fields"]:
        field_name = each["field"].partition(".")[2]
        kind = study.columns[field_name][0]
        sides = [rows[field_name] for rows in people]
        require_field(each, kind, sides, study.sparse.get(field_name, set()))


def load_tumours(study: Tumours, file: Path, folder: Path) -> Path:
    rows = ["entity,name,type,primary_key_type,coding_name,is_sparse_coding,source_column"]
    rows.append(f"patient,barcode,string,global,,,{study.key}")
    for name, (kind, coding, column) in study.columns.items():
        is_sparse = "yes" if name in study.sparse else ""
        rows.append(f"patient,{name},{kind},,{coding},{is_sparse},{column}")
    (folder / "dictionary.csv").write_text("\n".join(rows) + "\n")
    (folder / "codings.csv").write_text(study.codings)
    (folder / "policy.yaml").write_text("rules: {header_unknown_column: warn}\n")
    loaded = apollo("--lake", folder / "lake", "load", "clinical", "study", "--missing", "NA",
                    "--dictionary", folder / "dictionary.csv", "--codings", folder / "codings.csv",
                    "--policy", folder / "policy.yaml", "--data", f"patient={file}")  # fmt: skip
    assert loaded.code == 0, loaded.err
    return folder / "lake"


GIBLEED_FIELDS = {
    "person.year_of_birth": "integer",
    "person.birth_datetime": "datetime",
    "person.race_source_value": "string",
    "person.gender_concept_id": "string",
    "person.ethnicity_source_value": "string",
    "drug_exposure.drug_exposure_start_date": "date",
    "drug_exposure.days_supply": "integer",
    "condition_occurrence.visit_detail_id": "integer",
}
GIBLEED_SPARSE = {"visit_detail_id": {"0"}}


def test_cohorts_of_gibleed_compare_as_pandas_says(gibleed: RealStudy) -> None:
    asked = ("condition_occurrence.condition_concept_id = 192671", "person.year_of_birth < 1950")

    found = compared(gibleed.lake, "gibleed", "", asked, GIBLEED_FIELDS)

    raw = {each: read(gibleed, gibleed_files.FILES[each])
           for each in ("person", "condition_occurrence", "drug_exposure")}  # fmt: skip
    conditions, persons = raw["condition_occurrence"], raw["person"]
    bled = conditions[conditions["CONDITION_CONCEPT_ID"] == "192671"]["PERSON_ID"]
    old = persons[persons["YEAR_OF_BIRTH"].astype(int) < 1950]["PERSON_ID"]
    require_sizes(found, set(bled), set(old))
    for each in found["fields"]:
        entity, _, name = each["field"].partition(".")
        rows = raw[entity]
        sides = [rows[rows["PERSON_ID"].isin(who)][name.upper()] for who in (bled, old)]
        require_field(each, GIBLEED_FIELDS[each["field"]], sides, GIBLEED_SPARSE.get(name, set()))


SYNTHEA_FIELDS = {
    "patient.birth_date": ("date", "BIRTHDATE"),
    "patient.death_date": ("date", "DEATHDATE"),
    "patient.marital": ("string", "MARITAL"),
    "patient.race": ("string", "RACE"),
    "patient.lat": ("float", "LAT"),
    "patient.healthcare_expenses": ("float", "HEALTHCARE_EXPENSES"),
    "encounter.start": ("datetime", "START"),
    "encounter.encounter_class": ("string", "ENCOUNTERCLASS"),
    "encounter.total_claim_cost": ("float", "TOTAL_CLAIM_COST"),
    "encounter.reason_code": ("integer", "REASONCODE"),
}


def test_cohorts_of_synthea_compare_as_pandas_says(synthea: RealStudy) -> None:
    asked = ('patient.gender = "F"', 'encounter.encounter_class = "emergency"')

    found = compared(synthea.lake, "synthea", "", asked, SYNTHEA_FIELDS)

    patients, encounters = (
        read(synthea, synthea_files.FILES[each]) for each in ("patient", "encounter")
    )
    women = patients[patients["GENDER"] == "F"]["Id"]
    urgent = encounters[encounters["ENCOUNTERCLASS"] == "emergency"]["PATIENT"]
    require_sizes(found, set(women), set(urgent))
    for each in found["fields"]:
        kind, column = SYNTHEA_FIELDS[each["field"]]
        rows, key = (
            (patients, "Id") if each["field"].startswith("patient") else (encounters, "PATIENT")
        )
        require_field(each, kind, [rows[rows[key].isin(who)][column] for who in (women, urgent)])


def read(study: RealStudy, file: str) -> pd.DataFrame:
    return pd.read_csv(study.folder / file, dtype=str, keep_default_na=False, na_values=[""])


def compared(
    path: Path, name: str, entity: str, filters: tuple[str, str], fields: Any
) -> dict[str, Any]:
    lake = ap.open_lake(str(path))
    for cohort, text in zip(("one", "other"), filters, strict=True):
        lake.create_cohort(cohort, source=name, filter=text)
    paths = ",".join(f"{entity}.{each}" if entity else each for each in fields)
    found = apollo("--lake", path, "cohort", "compare", "one", "other", "--fields", paths, "--json")
    assert found.code == 0, found.err
    assert len(found.json["fields"]) == len(fields)
    return dict(found.json)


def require_sizes(found: dict[str, Any], first: set[str], second: set[str]) -> None:
    assert found["sizes"] == [len(first), len(second)]
    parts = [len(first & second), len(first - second), len(second - first)]
    assert [found[each] for each in ("both", "only_first", "only_second")] == parts
    assert 0 < len(first & second) < len(first | second), "the cohorts differ and overlap"


def require_field(
    found: dict[str, Any], kind: str, sides: list["pd.Series[Any]"], sparse: set[str] = frozenset()
) -> None:
    """Require that a field is what pandas and numpy make of its raw texts."""
    path = found["field"]
    kept = [each[each.notna() & ~each.isin(sparse)] for each in sides]
    for side, given, values in zip(("first", "second"), sides, kept, strict=True):
        counts = {"rows": len(given), "n": len(values), "missing": int(given.isna().sum()),
                  "sparse": int(given.isin(sparse).sum())}  # fmt: skip
        assert {name: found[side][name] for name in counts} == counts, path
    expected = OF_KIND[kind](found, kept)
    apart = found["standardised_difference"]
    assert apart == (None if expected is None else pytest.approx(expected, rel=1e-9)), path


def of_numbers(found: dict[str, Any], kept: list["pd.Series[Any]"]) -> float | None:
    numbers = [each.astype(float).to_numpy() for each in kept]
    for side, values in zip(("first", "second"), numbers, strict=True):
        if not len(values):
            assert found[side]["mean"] is None
            continue
        q1, median, q3 = np.quantile(values, [0.25, 0.5, 0.75])
        expected = {
            "mean": values.mean(), "sd": values.std(ddof=1), "median": median, "q1": q1, "q3": q3,
            "min": values.min(), "max": values.max(),
        }  # fmt: skip
        assert {name: found[side][name] for name in expected} == pytest.approx(expected, rel=1e-9)
    return of_means(numbers)


def of_means(numbers: list["np.ndarray[Any, Any]"]) -> float | None:
    if not all(len(each) > 1 for each in numbers):
        return None
    first, second = numbers
    return (first.mean() - second.mean()) / math.sqrt((first.var(ddof=1) + second.var(ddof=1)) / 2)


def of_dates(found: dict[str, Any], kept: list["pd.Series[Any]"]) -> float | None:
    moments = [pd.to_datetime(each, utc=True) for each in kept]
    days = [
        ((each - pd.Timestamp(0, tz="UTC")) / pd.Timedelta(days=1)).to_numpy() for each in moments
    ]
    for side, values, numbers in zip(("first", "second"), moments, days, strict=True):
        if not len(values):
            assert found[side]["dates"] == []
            continue
        quartiles = values.quantile([0, 0.25, 0.5, 0.75, 1], interpolation="nearest")
        shown = [pd.Timestamp(each) for each in found[side]["dates"]]
        shown = [each if each.tzinfo else each.tz_localize("UTC") for each in shown]
        assert shown == quartiles.tolist()
        assert found[side]["mean"] == pytest.approx(numbers.mean(), rel=1e-12)
        if len(numbers) > 1:
            assert found[side]["sd"] == pytest.approx(numbers.std(ddof=1), rel=1e-9)
    return of_means(days)


def of_texts(found: dict[str, Any], kept: list["pd.Series[Any]"]) -> float | None:
    for side, values in zip(("first", "second"), kept, strict=True):
        counts = {each["value"]: each["count"] for each in found[side]["values"]}
        shares = {each["value"]: each["share"] for each in found[side]["values"]}
        assert counts == values.value_counts().to_dict()
        assert shares == pytest.approx(values.value_counts(normalize=True).to_dict())
        assert found[side]["different"] == values.nunique()
    table = pd.DataFrame([each.value_counts(normalize=True) for each in kept]).fillna(0.0)
    near, far = table.to_numpy()[:, 1:]
    spread = sum(np.diag(each) - np.outer(each, each) for each in (near, far)) / 2
    gap = near - far
    return math.sqrt(gap @ np.linalg.solve(spread, gap))


OF_KIND = {
    "integer": of_numbers,
    "float": of_numbers,
    "date": of_dates,
    "datetime": of_dates,
    "string": of_texts,
}
