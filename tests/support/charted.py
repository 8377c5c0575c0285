"""A study whose fields are of every kind that charts know, with its rows as Python has them."""

import csv
import random
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from functools import cached_property
from io import StringIO
from pathlib import Path
from typing import Any

from tests.support.study import Study

HEADER = (
    "entity,name,type,primary_key_type,coding_name,is_multi_select,is_sparse_coding,"
    "referenced_entity_field,relationship,title,units"
)
FIELDS = """\
patient,patient_id,string,global,,,,,,Patient,
patient,sex,string,,sex,,,,,Sex,
patient,grade,integer,,grade,,,,,Grade,
patient,town,string,,,,,,,Town,
patient,age,integer,,answer,,yes,,,Age,years
patient,weight,float,,,,,,,Weight,kg
patient,born,date,,,,,,,Born,
patient,months,float,,,,,,,Months,
patient,status,string,,,,,,,Status,
patient,codes,string,,tree,yes,,,,Codes,
patient,main_code,string,,tree,,,,,Main code,
patient,site_id,integer,,,,,site:site_id,many_to_one,Site,
visit,visit_id,integer,local,,,,,,Visit,
visit,patient_id,string,,,,,patient:patient_id,many_to_one,Patient,
visit,kind,string,,kind,,,,,Kind,
visit,seen,datetime,,,,,,,Seen,
visit,found,string,,tree,yes,,,,Found,
visit,score,float,,score,,yes,,,Score,
site,site_id,integer,local,,,,,,Site,
site,city,string,,,,,,,City,
"""
TREE = {
    "A": (), "A1": ("A",), "A11": ("A1",), "A12": ("A1",), "X": ("A1", "B"), "X1": ("X",),
    "A2": ("A",), "B": (), "B1": ("B",),
}  # fmt: skip
CODINGS = {
    "sex": {"F": "Female", "M": "Male"},
    "grade": {str(each): f"Grade {each}" for each in range(1, 26)},
    "answer": {"-1": "Did not answer", "-3": "Not asked"},
    "kind": {"first": "First visit", "again": "Control", "end": "Last visit"},
    "score": {"-9": "Not scored"},
}
MULTIPLE = frozenset({"codes", "found"})


@dataclass(frozen=True)
class Charted:
    """Rows by entity, each with its values as Python has them; a missing value is None."""

    patients: tuple[dict[str, Any], ...]
    visits: tuple[dict[str, Any], ...]
    sites: tuple[dict[str, Any], ...]

    @cached_property
    def joined(self) -> dict[str, list[dict[str, Any]]]:
        """Rows by entity as `entity.field`, with those that each belongs to."""
        sites = {each["site_id"]: _named("site", each) for each in self.sites}
        nothing = _named("site", dict.fromkeys(self.sites[0]))
        patients = {
            each["patient_id"]: _named("patient", each) | sites.get(each["site_id"], nothing)
            for each in self.patients
        }
        return {
            "patient": list(patients.values()),
            "visit": [_named("visit", e) | patients[e["patient_id"]] for e in self.visits],
            "site": list(sites.values()),
        }

    def load(self, folder: Path) -> Study:
        """Write and load the study."""
        study = Study(folder)
        study.write("data_dictionary.csv", f"{HEADER}\n{FIELDS}")
        rows = [
            f"{name},{code},{text},\n" for name, c in CODINGS.items() for code, text in c.items()
        ]
        rows += [
            f"tree,{code},Code {code},{parent}\n"
            for code, parents in TREE.items()
            for parent in parents or ("",)
        ]
        study.write("codings.csv", "coding_name,code,meaning,parent_code\n" + "".join(rows))
        study.write("entity_dictionary.csv", "entity,entity_title\n")
        study.data = ["patient=patient.csv", "visit=visit.csv", "site=site.csv"]
        for name, own in (("patient", self.patients), ("visit", self.visits), ("site", self.sites)):
            study.write(f"{name}.csv", _csv(own))
        result = study.load()
        assert result.code == 0, result.err
        return study


def charted(patients: int = 360, seed: int = 5) -> Charted:
    """Return random rows, the same for a seed."""
    chance = random.Random(seed)
    people = tuple(_patient(chance, number) for number in range(patients))
    visits = [
        _visit(chance, each["patient_id"]) for each in people for _ in range(chance.randrange(4))
    ]
    sites = tuple({"site_id": each, "city": f"City {each}"} for each in range(1, 5))
    numbered = tuple({"visit_id": place, **each} for place, each in enumerate(visits, start=1))
    return Charted(people, numbered, sites)


def _patient(chance: random.Random, number: int) -> dict[str, Any]:
    codes = [each for each in TREE if chance.random() < 0.2]
    return {
        "patient_id": f"P{number:04}",
        "sex": chance.choice(["F", "M", "F", None]),
        "grade": chance.choice([*range(1, 26), 1, 1, 2, None]),
        "town": f"Town {min(int(chance.expovariate(0.1)), 60)}" if chance.random() > 0.1 else None,
        "age": chance.choice([-1, -3, None, *range(18, 97)]),
        "weight": round(chance.gauss(75, 14), 1) if chance.random() > 0.05 else None,
        "born": date(1930, 1, 1) + timedelta(days=chance.randrange(25_000)),
        "months": _months(chance),
        "status": chance.choice(["Alive", "LIVING", "Dead", "disease-free", "lost", None]),
        "codes": codes or None,
        "main_code": chance.choice([*TREE, None]),
        "site_id": chance.choice([1, 2, 3, 3, 4, None]),
    }


def _months(chance: random.Random) -> float | None:
    return chance.choice(
        [None, 0.0, -1.5, *(round(chance.expovariate(0.05), 1) for _ in range(20))]
    )


def _visit(chance: random.Random, patient: str) -> dict[str, Any]:
    start = datetime(2019, 1, 1, tzinfo=timezone.utc)
    return {
        "patient_id": patient,
        "kind": chance.choice(["first", "again", "again", "end", None]),
        "seen": start + timedelta(minutes=chance.randrange(2_000_000)),
        "found": [each for each in TREE if chance.random() < 0.15] or None,
        "score": chance.choice([None, -9.0, *(round(chance.random() * 3, 1) for _ in range(8))]),
    }


def _named(entity: str, row: dict[str, Any]) -> dict[str, Any]:
    return {f"{entity}.{name}": value for name, value in row.items()}


def _csv(rows: tuple[dict[str, Any], ...]) -> str:
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(rows[0])
    writer.writerows([[_cell(value) for value in row.values()] for row in rows])
    return text.getvalue()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return "|".join(value)
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return str(value)
