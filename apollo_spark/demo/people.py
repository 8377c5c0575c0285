"""The hospitals and patients of the lung study, and their medication."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import Any

from apollo_spark.demo.chance import Chance

Row = dict[str, Any]

FIRST_DAY = date(2019, 1, 7)
LAST_DAYS = {1: date(2023, 12, 31), 2: date(2024, 12, 31)}
RECRUITED_IN_DAYS = 1725
DAYS_OF_YEAR = 365.25
FEMALE, MALE = 1, 2

HOSPITALS: tuple[Row, ...] = tuple(
    {"hospital_id": f"H{number}", "name": name, "kind": kind, "region": region, "beds": beds}
    for number, (name, kind, region, beds) in enumerate(
        (
            ("Harbour University Hospital", "university", 110, 1240),
            ("Northgate Hospital", "district", 110, 310),
            ("Pinehill Lung Centre", "district", 120, 185),
            ("Southfield University Hospital", "university", 210, 1515),
            ("Riverside Hospital", "district", 220, 420),
        ),
        start=1,
    )
)
HOSPITAL_WEIGHTS = {"H1": 30.0, "H2": 12.0, "H3": 16.0, "H4": 28.0, "H5": 14.0}
OCCUPATIONS = ("office", "trade", "teaching", "nursing", "building", "farming", "bakery", "driving")


@dataclass(frozen=True)
class Disease:
    """What a main diagnosis says about the people who have it.

    `age` and `spread` are in years, the others are shares from 0 to 1; `fev1` and `fvc` are
    shares of what is usual for sex, height and age.
    """

    weight: float
    age: float
    spread: float
    female: float
    smoking: Mapping[str, float]
    fev1: float
    fvc: float
    drugs: Mapping[str, float]


FEW_SMOKERS = {"never": 58.0, "former": 27.0, "current": 15.0}
SMOKERS = {"never": 8.0, "former": 57.0, "current": 35.0}
OPENERS = {"salbutamol": 0.7, "formoterol": 0.45, "budesonide": 0.65, "prednisolone": 0.05}
LONG_OPENERS = {"salbutamol": 0.5, "formoterol": 0.5, "tiotropium": 0.7, "budesonide": 0.35}
FIBROSIS_DRUGS = {"pirfenidone": 0.6, "prednisolone": 0.25}
DISEASES = {
    "LA11": Disease(24, 40, 12, 0.57, FEW_SMOKERS, 0.87, 0.96, OPENERS),
    "LA12": Disease(15, 51, 12, 0.60, FEW_SMOKERS, 0.83, 0.94, OPENERS),
    "LA21": Disease(22, 64, 8, 0.44, SMOKERS, 0.63, 0.88, LONG_OPENERS),
    "LA22": Disease(17, 67, 8, 0.40, SMOKERS, 0.52, 0.86, LONG_OPENERS),
    "LA3": Disease(8, 60, 12, 0.62, FEW_SMOKERS, 0.75, 0.88, {"salbutamol": 0.45}),
    "LI1": Disease(8, 69, 7, 0.31, SMOKERS | {"never": 30.0}, 0.80, 0.74, FIBROSIS_DRUGS),
    "LI2": Disease(6, 47, 10, 0.52, FEW_SMOKERS, 0.86, 0.87, {"prednisolone": 0.5}),
}


@dataclass(frozen=True)
class Patient:
    """What the other tables need to know of a patient."""

    number: int
    row: Row
    disease: Disease
    birth_date: date
    enrolled_on: date
    female: bool
    smokes: bool
    height_cm: float

    @property
    def patient_id(self) -> str:
        """The key of the patient."""
        return f"LS{self.number:05d}"

    def age_on(self, day: date) -> float:
        """Return the age on a day, in years."""
        return (day - self.birth_date).days / DAYS_OF_YEAR


def enrolment_day(number: int, planned: int, chance: Chance) -> date:
    """Return when the patient of that number joins: about equally many join every month."""
    share = (number - chance.fraction()) / planned
    return working_day(FIRST_DAY + timedelta(days=int(share * RECRUITED_IN_DAYS)))


def working_day(day: date) -> date:
    """Return the day, or the Monday after it when it lies in a weekend."""
    return day + timedelta(days=7 - day.weekday()) if day.weekday() >= 5 else day


def build_patient(number: int, *, seed: int, planned: int) -> Patient:
    """Return the patient of that number, the same whatever others there are."""
    chance = Chance(seed, "patient", number)
    enrolled = enrolment_day(number, planned, chance)
    code = chance.choose({key: each.weight for key, each in DISEASES.items()})
    disease = DISEASES[code]
    female = chance.is_true(disease.female)
    age = chance.between(disease.age, disease.spread, 18.5, 92.0)
    birth = enrolled - timedelta(days=int(age * DAYS_OF_YEAR))
    height = chance.normal(164.5, 6.4) if female else chance.normal(177.5, 7.0)
    smoking = chance.choose(disease.smoking)
    row: Row = {
        "patient_id": f"LS{number:05d}",
        "hospital_id": chance.choose(HOSPITAL_WEIGHTS),
        "birth_date": birth,
        "sex": FEMALE if female else MALE,
        "enrolled_on": enrolled,
        "consented_at": _before_work(enrolled, chance),
        "height_cm": None if chance.is_true(0.01) else round(height, 1),
        "smoking_status": None if chance.is_true(0.02) else smoking,
        "main_diagnosis": code,
        **_habits(chance, smoking, age, female=female),
        **_history(chance, enrolled, age),
    }
    return Patient(number, row, disease, birth, enrolled, female, smoking == "current", height)


def build_medications(patient: Patient, *, seed: int, release: int) -> list[Row]:
    """Return the drugs that a patient takes or took until the last day of a release."""
    chance = Chance(seed, "medication", patient.number)
    rows: list[Row] = []
    for number, drug in enumerate(chance.subset(patient.disease.drugs), start=1):
        started = patient.enrolled_on + timedelta(days=int(chance.normal(-200, 160)))
        stopped = started + timedelta(days=chance.whole(60, 2400))
        doses, times = DOSES_MG[drug]
        rows.append(
            {
                "medication_id": f"{patient.patient_id}-M{number}",
                "patient_id": patient.patient_id,
                "drug": drug,
                "dose_mg": chance.pick(doses),
                "taken": "|".join(times) if chance.is_true(0.97) else None,
                "effects": "|".join(str(each) for each in chance.subset(EFFECTS[drug])) or None,
                "started_on": started,
                "stopped_on": stopped if stopped <= LAST_DAYS[release] else None,
            }
        )
    return [row for row in rows if row["started_on"] <= LAST_DAYS[release]]


DOSES_MG: dict[str, tuple[tuple[float, ...], tuple[str, ...]]] = {
    "salbutamol": ((0.1, 0.2), ("morning", "noon", "evening", "night")),
    "formoterol": ((0.006, 0.012), ("morning", "evening")),
    "tiotropium": ((0.0025, 0.018), ("morning",)),
    "budesonide": ((0.2, 0.4), ("morning", "evening")),
    "prednisolone": ((5.0, 10.0, 20.0), ("morning",)),
    "pirfenidone": ((534.0, 801.0), ("morning", "noon", "evening")),
}
INHALED = {2: 0.05, 3: 0.09, 4: 0.07}
EFFECTS: dict[str, dict[int, float]] = {
    "salbutamol": INHALED,
    "formoterol": INHALED,
    "tiotropium": {1: 0.14},
    "budesonide": {1: 0.04, 2: 0.11},
    "prednisolone": {4: 0.03, 5: 0.06},
    "pirfenidone": {5: 0.24, 6: 0.12},
}


def _before_work(day: date, chance: Chance) -> datetime:
    minutes = 7 * 60 + 5 * chance.whole(0, 15)
    return datetime(day.year, day.month, day.day, tzinfo=timezone.utc) + timedelta(minutes=minutes)


def _habits(chance: Chance, smoking: str, age: float, *, female: bool) -> Row:
    usual = min(45.0, 0.85 * (age - 17)) * (0.8 if female else 1.0)
    years = 0.0 if smoking == "never" else chance.between(0.6 * usual, 0.3 * usual, 0.1, 90.0)
    units = int(chance.skewed(2.0, 1.1)) if chance.is_true(0.78) else 0
    risk = chance.subset({"dust": 0.15, "fumes": 0.12, "flour": 0.04, "mould": 0.07, "smoke": 0.2})
    return {
        "pack_years": _or_code(chance, round(years, 1), {"-1": 0.05, "-3": 0.02}),
        "alcohol_units": _or_code(chance, units, {"-1": 0.06, "-3": 0.03}),
        "occupation": _or_code(chance, chance.pick(OCCUPATIONS), {"-1": 0.04}),
        "exposures": "|".join(risk) or None,
    }


def _history(chance: Chance, enrolled: date, age: float) -> Row:
    years_ago = chance.between(6.0, 4.0, 0.3, age - 5.0)
    since = enrolled - timedelta(days=int(years_ago * DAYS_OF_YEAR))
    known = chance.choose({10: 96.5, 7: 2.0, 4: 1.5})
    others = {"H1": 0.004, "H2": 0.002, "H3": 0.001, "HL": 0.0006, "M1": 0.002, "M2": 0.0035}
    risks = {key: each * age for key, each in others.items()} | {"N1": 0.13, "N2": 0.1}
    flare_up = max(since, chance.day(enrolled - timedelta(days=700), enrolled))
    return {
        "other_diagnoses": "|".join(chance.subset(risks)) or None,
        "symptoms_since": None if chance.is_true(0.03) else since.isoformat()[:known],
        "last_flare_up": _or_code(
            chance, flare_up if chance.is_true(0.7) else None, {"1900-01-01": 0.05}
        ),
    }


def _or_code(chance: Chance, value: Any, codes: dict[str, float]) -> Any:
    """Return a value, or one of the codes that may be in its place."""
    for code, probability in codes.items():
        if chance.is_true(probability):
            return code
    return value
