"""The visits of the lung study and the blood tests made at them."""

from datetime import date, datetime, timedelta, timezone
from typing import Any

from apollo_spark.demo.chance import Chance
from apollo_spark.demo.people import LAST_DAYS, Patient, Row, working_day

MONTHS_OF_VISITS = (0, 6, 12, 24, 36, 48, 60)
DAYS_OF_MONTH = 30.4375
COMES = 0.9
STAYS_IN_STUDY = 0.94
UNITS = {"crp": "mg/L", "haemoglobin": "g/dL", "eosinophils": "10^9/L", "creatinine": "umol/L"}
DONE = {"crp": 0.66, "haemoglobin": 0.74, "eosinophils": 0.62, "creatinine": 0.54}
CRP_LIMIT = 0.3
COMPLAINTS = (
    "Breathless on the stairs.",
    "Sleeps badly because of the cough.",
    "Feels well.",
    "Walks every day.",
    "Ran out of the inhaler for a week.",
    "Was treated at home for a cold.",
)
REMARKS = (
    'Says: "better than last year".',
    "Inhaler shown again, used well.",
    "Asked to bring all boxes, tablets and inhalers.",
    'Daughter asks about "rehabilitation".',
)


def build_visits(patient: Patient, *, seed: int, release: int) -> list[Row]:
    """Return the visits of a patient until the last day of a release."""
    chance = Chance(seed, "visits", patient.number)
    own = Chance(seed, "body", patient.number)
    level = own.between(1.0, 0.13, 0.6, 1.4)
    weight = own.between(27.3, 4.4, 17.5, 45.0) * (patient.height_cm / 100) ** 2
    rows: list[Row] = []
    for day in _visit_days(patient, chance):
        number = len(rows) + 1
        measured = Chance(seed, "visit", patient.number, number)
        rows.append(
            _visit(patient, day, number=number, level=level, weight=weight, chance=measured)
        )
        if release >= 2:
            _add_oxygen(rows[-1], Chance(seed, "oxygen", patient.number, number))
    last = _end_of(LAST_DAYS[release])
    return [row for row in rows if row["visited_at"] <= last]


def build_labs(patient: Patient, visit: Row, *, seed: int) -> list[Row]:
    """Return the blood tests of one visit."""
    chance = Chance(seed, "lab", str(visit["visit_id"]))
    day = visit["visited_at"].date()
    analysed = visit["visited_at"] + timedelta(minutes=chance.whole(45, 300))
    return [
        {
            "lab_id": f"{visit['visit_id']}-{test}",
            "visit_id": visit["visit_id"],
            "test": test,
            "value": _result(patient, test, day, chance),
            "unit": UNITS[test],
            "analysed_at": analysed,
        }
        for test in chance.subset(DONE)
    ]


def _visit_days(patient: Patient, chance: Chance) -> list[date]:
    days = [patient.enrolled_on]
    for months in MONTHS_OF_VISITS[1:]:
        if not chance.is_true(STAYS_IN_STUDY):
            break
        late = chance.between(6.0, 14.0, -30.0, 60.0)
        if chance.is_true(COMES):
            due = patient.enrolled_on + timedelta(days=int(months * DAYS_OF_MONTH + late))
            days.append(working_day(due))
    return days


def _visit(
    patient: Patient, day: date, *, number: int, level: float, weight: float, chance: Chance
) -> Row:
    visited = _end_of(day) - timedelta(minutes=24 * 60 - (8 * 60 + 5 * chance.whole(6, 95)))
    systolic = chance.normal(116 + 0.28 * patient.age_on(day), 12)
    row: Row = {
        "visit_id": f"{patient.patient_id}-{number}",
        "patient_id": patient.patient_id,
        "visit_number": number,
        "visited_at": visited,
        "kind": "unplanned" if number > 1 and chance.is_true(0.08) else "planned",
        "weight_kg": None if chance.is_true(0.03) else round(weight + chance.normal(0, 1.5), 1),
        "systolic_mmhg": None if chance.is_true(0.04) else round(systolic),
        "diastolic_mmhg": round(0.42 * systolic + chance.normal(24, 6)),
        **_lung_function(patient, day, level, chance),
        **_complaints(patient, number, chance),
        "next_contact_at": _next_contact(visited, chance),
        "note": _note(chance),
    }
    return row | ({"diastolic_mmhg": None} if row["systolic_mmhg"] is None else {})


def _lung_function(patient: Patient, day: date, level: float, chance: Chance) -> Row:
    """Return FEV1 and FVC in litres, from what is usual for sex, height and age."""
    metres, age = patient.height_cm / 100, max(patient.age_on(day), 25.0)
    if patient.female:
        fev1, fvc = 3.95 * metres - 0.025 * age - 2.60, 4.43 * metres - 0.026 * age - 2.89
    else:
        fev1, fvc = 4.30 * metres - 0.029 * age - 2.49, 5.76 * metres - 0.026 * age - 4.34
    blown = max(fvc, 1.2) * patient.disease.fvc * level * chance.normal(1.0, 0.03)
    first = max(fev1, 0.9) * patient.disease.fev1 * level * chance.normal(1.0, 0.05)
    first = min(first, 0.93 * blown)
    code = chance.choose({"": 94.0, "-1": 4.0, "-2": 2.0})
    return {"fev1_l": code or round(first, 2), "fvc_l": code or round(blown, 2)}


def _complaints(patient: Patient, number: int, chance: Chance) -> Row:
    badness = 1.0 - patient.disease.fev1
    grade = int(chance.between(0.9 + 3.6 * badness, 0.9, 0.0, 4.99))
    rate = 0.06 + 0.35 * badness
    flare_ups: Any = None if number == 1 else sum(chance.is_true(rate) for _ in range(5))
    if number > 1 and chance.is_true(0.05):
        flare_ups = chance.choose({"-1": 3.0, "-3": 1.0})
    risks = {11: 0.3 * badness, 12: 0.25 + badness, 13: 0.28, 21: 0.24, 22: 0.2 + 0.4 * badness}
    symptoms = chance.subset(risks | {31: 0.3, 32: 0.03, 33: 0.04})
    return {
        "breathlessness": None if chance.is_true(0.02) else grade,
        "flare_ups": flare_ups,
        "symptoms": "|".join(str(each) for each in symptoms) or None,
    }


def _result(patient: Patient, test: str, day: date, chance: Chance) -> Any:
    """Return the result of a blood test in its unit, or a code in its place."""
    older = patient.age_on(day) - 50
    if chance.is_true(0.015):
        return "-1"
    if test == "haemoglobin":
        mean, spread = (13.3, 1.0) if patient.female else (14.9, 1.1)
        return round(chance.normal(mean - 0.012 * older, spread), 1)
    if test == "creatinine":
        mean, spread = (67, 10) if patient.female else (83, 12)
        return round(chance.between(mean + 0.3 * older, spread, 30, 250))
    if test == "eosinophils":
        allergic = patient.row["main_diagnosis"] == "LA11"
        return round(chance.skewed(0.56 if allergic else 0.42, 0.13), 2)
    crp = round(chance.skewed(1.75 if patient.smokes else 1.45, 0.75), 1)
    return "-2" if crp < CRP_LIMIT else crp


def _next_contact(visited: datetime, chance: Chance) -> Any:
    if chance.is_true(0.12):
        return None
    if chance.is_true(0.06):
        return "1900-01-01T00:00:00Z"
    return visited + timedelta(days=7 * chance.whole(4, 26))


def _note(chance: Chance) -> str | None:
    if not chance.is_true(0.45):
        return None
    first = chance.pick(COMPLAINTS)
    return f"{first}\n{chance.pick(REMARKS)}" if chance.is_true(0.4) else first


def _add_oxygen(row: Row, chance: Chance) -> None:
    lowered = 0.8 * int(row["breathlessness"] or 0)
    value = chance.between(97.2 - lowered, 1.3, 80.0, 100.0)
    row["oxygen_percent"] = None if chance.is_true(0.05) else round(value)


def _end_of(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=timezone.utc) + timedelta(days=1)
