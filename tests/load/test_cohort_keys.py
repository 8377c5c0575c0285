"""People whose key is a date, a datetime or a float, in cohorts: asked, explained and withdrawn."""

import json
from pathlib import Path

import pytest

import apollo_spark as ap
from tests.support.study import apollo

# Each key as it is typed by somebody, and as extracts show it: the first two are those of people.
KEYS = {
    "date": [("2020-01-01", "2020-01-01"), ("1999-12-31", "1999-12-31"), ("2020-01-02", "")],
    "datetime": [
        ("2020-01-01T01:30:00+01:00", "2020-01-01T00:30:00Z"),
        ("2021-02-03T04:05:06.789Z", "2021-02-03T04:05:06.789000Z"),
        ("2020-01-01T01:30:00Z", ""),
    ],
    "float": [("1e2", 100.0), ("-0.125", -0.125), ("0.5", "")],
}
DICTIONARY = """\
entity,name,type,primary_key_type,referenced_entity_field,relationship,is_multi_select
patient,id,{0},global,,,
patient,age,integer,,,,
patient,days,date,,,,yes
visit,visit_id,integer,local,,,
visit,of,{0},,patient:id,many_to_one,
visit,seen,date,,,,
"""


@pytest.mark.parametrize("type_", KEYS)
def test_people_are_explained_by_keys_that_are_no_texts(tmp_path: Path, type_: str) -> None:
    (first, shown), (second, _), (nobody, _) = KEYS[type_]
    lake, ask = ap.open_lake(str(tmp_path / "lake")), [str(tmp_path / "lake")]
    rows = {
        "dictionary": DICTIONARY.format(type_),
        "patient": f"id,age,days\n{first},30,2020-01-01|2020-01-02\n{second},,\n",
        "visit": f"visit_id,of,seen\n1,{first},2020-05-01\n2,{second},\n",
        "gone": f"id\n{first}\n",
    }
    for name, text in rows.items():
        (tmp_path / f"{name}.csv").write_text(text)
    lake.load_clinical(
        "study",
        dictionary=str(tmp_path / "dictionary.csv"),
        data={each: str(tmp_path / f"{each}.csv") for each in ("patient", "visit")},
    )
    lake.create_cohort(
        "seen",
        source="study",
        filter="patient.age > 20 and patient.days < 2020-01-02 "
        "and exists(visit: visit.seen > 2020-01-01)",
    )

    found = lake.cohort("seen").explain(first).explanation
    told = apollo("--lake", *ask, "cohort", "explain", "seen", "--", second)

    assert found.is_member
    assert found.parts[0].rows == {"patient": ({"id": shown, "age": 30},)}
    (row,) = found.parts[1].rows["patient"]
    assert json.dumps(row["days"]) == '["2020-01-01", "2020-01-02"]'
    assert found.parts[2].rows["visit"] == ({"visit_id": 1, "of": shown, "seen": "2020-05-01"},)
    assert (told.code, told.out.splitlines()[0]) == (0, "the person is not in seen@1, in study@1")
    assert "age missing" in told.out
    with pytest.raises(ap.NotFoundError):
        lake.cohort("seen").explain(nobody)
    assert apollo("--lake", *ask, "withdraw", tmp_path / "gone.csv", "--of", "study.patient",
                  "--apply").code == 0  # fmt: skip
    gone = lake.cohort("seen").explain(str(shown)).explanation
    assert (gone.withdrawn, gone.shown, gone.is_member) == (True, False, False)
