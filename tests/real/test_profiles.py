"""Profiles of every field of real studies, beside pandas over the raw files."""

import csv
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.real import gibleed_files, synthea_files
from tests.real.facts import FieldRow
from tests.real.loading import DICTIONARIES, RealStudy

MISSING = {"synthea": ["", "NaN"], "gibleed": [""]}
FILES = {"synthea": synthea_files.FILES, "gibleed": gibleed_files.FILES}
MAIN = {"synthea": "patient", "gibleed": "person"}


@pytest.mark.parametrize("name", FILES)
def test_every_field_is_what_pandas_says(name: str, request: pytest.FixtureRequest) -> None:
    study: RealStudy = request.getfixturevalue(name)
    found = study.ask("profile", name, "--json").json
    assert found["counted"] == "load"
    profiles = {each["field"]: each for each in found["profiles"]}
    fields = dictionary(name)
    assert profiles.keys() == {f"{each['entity']}.{each['name']}" for each in fields}
    main = main_keys(study, fields)
    assert found["people"] == len(main)
    different = []
    for entity, file in FILES[name].items():
        raw = pd.read_csv(
            study.folder / file, dtype=str, keep_default_na=False, na_values=MISSING[name]
        )
        own = [each for each in fields if each["entity"] == entity]
        for field in own:
            shown = profiles[f"{entity}.{field['name']}"]
            owners = [e for e in own if e["referenced_entity_field"].startswith(f"{MAIN[name]}:")]
            who = raw[column(owners[0])] if owners else main if entity == MAIN[name] else None
            if who is not None:
                who = who.where(who.isin(main))
            cells, gone = raw[column(field)], sparse_codes(name, field)
            wanted = facts(cells, cells[~cells.isin(gone)], field["type"], shown["kind"], who)
            if {each: shown.get(each) for each in wanted} != wanted:
                different.append((shown, wanted))
    assert different == []


def dictionary(name: str) -> list[FieldRow]:
    with (DICTIONARIES / name / "data_dictionary.csv").open(newline="") as stream:
        return list(csv.DictReader(stream))


def main_keys(study: RealStudy, fields: list[FieldRow]) -> "pd.Series[str]":
    main = MAIN[study.name]
    key = next(e for e in fields if e["entity"] == main and e["primary_key_type"] == "global")
    path: Path = study.folder / study.files[main]
    return pd.read_csv(path, dtype=str)[column(key)]


def column(field: FieldRow) -> str:
    return field["source_column"] or field["name"]


def sparse_codes(name: str, field: FieldRow) -> set[str]:
    if field["is_sparse_coding"] != "yes":
        return set()
    with (DICTIONARIES / name / "codings.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    return {each["code"] for each in rows if each["coding_name"] == field["coding_name"]}


def facts(
    cells: "pd.Series[str]",
    ordinary: "pd.Series[str]",
    type_: str,
    kind: str,
    who: "pd.Series[str] | None",
) -> dict[str, Any]:
    """Return what pandas says of a field: its cells, and those of them that are no sparse code."""
    values = typed(ordinary.dropna(), type_)
    found: dict[str, Any] = {
        "rows": len(cells),
        "present": len(values),
        "missing": int(cells.isna().sum()),
        "sparse": len(cells) - len(ordinary),
        "distinct": values.nunique(),
    }
    if who is not None:
        found["people"] = who[values.index].nunique()
    if kind in ("number", "date") and len(values):
        found |= spread(values, is_date=kind == "date")
    if kind == "codes" and "people" in found:
        found["values_left_out"] = max(values.nunique() - 100, 0) or None
    return found


def typed(cells: "pd.Series[str]", type_: str) -> "pd.Series[Any]":
    if type_ == "float":
        return cells.astype(float)
    if type_ == "integer":
        return cells.astype("int64")
    if type_.startswith("date"):
        moments = pd.to_datetime(cells, utc=True, format="mixed")
        return moments if type_ == "datetime" else moments.dt.date
    return cells


def spread(values: "pd.Series[Any]", *, is_date: bool) -> dict[str, Any]:
    if not is_date:
        quartiles = values.quantile([0.25, 0.5, 0.75]).tolist()
        near = [pytest.approx(each, rel=1e-9) for each in (*quartiles, values.mean())]
        names = ("q1", "median", "q3", "mean")
        ends = {"min": values.min(), "max": values.max()}
        return dict(zip(names, near, strict=True)) | ends
    ascending = values.sort_values().reset_index(drop=True)
    places = {"min": 0.0, "q1": 0.25, "median": 0.5, "q3": 0.75, "max": 1.0}
    return {
        name: text(ascending[round(share * (len(ascending) - 1))]) for name, share in places.items()
    }


def text(moment: Any) -> str:
    if isinstance(moment, pd.Timestamp):
        return moment.tz_localize(None).to_pydatetime().isoformat() + "Z"
    return str(moment.isoformat())
