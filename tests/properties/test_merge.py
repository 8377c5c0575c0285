"""Any two small datasets, merged by any link: the counts and rows are those of plain loops."""

import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hypothesis import event, given, settings
from hypothesis import strategies as st

from apollo_spark.api.dataset import Dataset
from apollo_spark.errors import CheckFailedError
from apollo_spark.lake.lake import Lake, open_lake
from apollo_spark.model.names import parse_reference
from apollo_spark.query.values import ValueMode
from apollo_spark.verbs.merge.merge import ClinicalMergeRequest
from apollo_spark.verbs.table import perform
from apollo_spark.verbs.view import ViewRequest
from tests.support.contexts import stepping
from tests.support.dictionaries import dictionary
from tests.support.merging import publish_rows
from tests.support.tables import Rows, as_multiset, join_outward

TARGET = dictionary("""
entity   name  type     primary_key_type  referenced_entity_field  relationship
patient  pid   integer  global            -                        -
patient  tag   string   -                 -                        -
visit    vid   integer  local             -                        -
visit    of    integer  -                 patient:pid              many_to_one
""")
SOURCE = dictionary("""
entity   name  type     primary_key_type  referenced_entity_field  relationship
patient  pid   integer  global            -                        -
patient  ref   integer  -                 -                        -
patient  tag   string   -                 -                        -
stay     sid   integer  local             -                        -
stay     of    integer  -                 patient:pid              many_to_one
""")
KEYS = st.integers(0, 4)
ANY_KEYS = st.none() | KEYS
TAGS = st.sampled_from(["a", "b", None])
LINKS = ("patient.pid=patient.pid", "patient.ref=patient.pid", "stay.of=visit.vid")
RELATIONSHIPS = ("one_to_one", "many_to_one", "one_to_many")
WAYS = (
    *((link, "one_to_one", True) for link in LINKS for _ in range(3)),
    *((link, each, False) for link in LINKS for each in RELATIONSHIPS),
)
"""Links with their relationships, and whether entities of one name are joined."""
RULE = 'patient.tag = "a"'


@dataclass(frozen=True)
class Case:
    """Two datasets and how they are merged; `hides` names those that show people tagged a only."""

    source: Rows
    target: Rows
    way: tuple[str, str, bool]
    hides: frozenset[str]

    @property
    def link(self) -> str:
        return self.way[0]

    @property
    def relationship(self) -> str:
        return self.way[1]

    @property
    def joins(self) -> bool:
        return self.way[2]

    @property
    def ends(self) -> list[list[str]]:
        return [each.split(".") for each in self.link.split("=")]

    def shown(self, side: str) -> dict[str, list[dict[str, Any]]]:
        """The rows that a side shows."""
        rows = {name: list(each) for name, each in getattr(self, side).items()}
        if side in self.hides:
            rows["patient"] = [each for each in rows["patient"] if each["tag"] == "a"]
            kept = {each["pid"] for each in rows["patient"]}
            for name in rows.keys() - {"patient"}:
                rows[name] = [each for each in rows[name] if each["of"] in kept]
        return rows


def some_rows(key: str, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    row = st.fixed_dictionaries({key: KEYS, **fields})
    return st.lists(row, min_size=1, max_size=4, unique_by=lambda each: each[key])


CASES = st.builds(
    Case,
    source=st.fixed_dictionaries(
        {
            "patient": some_rows("pid", ref=ANY_KEYS, tag=TAGS),
            "stay": some_rows("sid", of=ANY_KEYS),
        }
    ),
    target=st.fixed_dictionaries(
        {"patient": some_rows("pid", tag=TAGS), "visit": some_rows("vid", of=ANY_KEYS)}
    ),
    way=st.sampled_from(WAYS),
    hides=st.frozensets(st.sampled_from(["source", "target"])),
)


def expected_receipt(case: Case) -> dict[str, int]:
    (entity, field), (other, other_field) = case.ends
    source = [each[field] for each in case.shown("source")[entity]]
    target = [each[other_field] for each in case.shown("target")[other]]
    near, far = (Counter(x for x in keys if x is not None) for keys in (source, target))
    matched = [sum(keys[each] for each in near.keys() & far.keys()) for keys in (near, far)]
    repeated = 0
    if case.relationship != "many_to_one":
        repeated += sum(count > 1 for count in near.values())
    if case.relationship != "one_to_many":
        repeated += sum(count > 1 for count in far.values())
    return {
        "source_rows": len(source),
        "source_matched": matched[0],
        "source_unmatched": len(source) - matched[0],
        "target_rows": len(target),
        "target_matched": matched[1],
        "target_unmatched": len(target) - matched[1],
        "duplicate_keys": repeated,
        "fan_out_max": max((near[each] for each in near.keys() & far.keys()), default=0),
    }


def expected_rows(case: Case) -> dict[str, list[dict[str, Any]]]:
    """The rows of each entity of the result."""
    source, target = case.shown("source"), case.shown("target")
    (_, field), _ = case.ends
    if not (case.joins and case.link in LINKS[:2] and case.relationship == "one_to_one"):
        return {**target, "s_patient": source["patient"], "stay": source["stay"]}
    by_key = {each[field]: each for each in source["patient"] if each[field] is not None}
    names = {"pid": "s_pid", "ref": "ref", "tag": "s_tag"}
    if field == "pid":
        del names["pid"]
    for row in target["patient"]:
        joined = by_key.get(row["pid"], {})
        row |= {new: joined.get(old) for old, new in names.items()}
    return {**target, "stay": source["stay"]}


def publish(lake: Lake, case: Case) -> dict[str, str]:
    """Publish both datasets, and views of those that hide people; return what is merged."""
    publish_rows(lake, "source", SOURCE, case.source)  # type: ignore[arg-type]
    publish_rows(lake, "target", TARGET, case.target)  # type: ignore[arg-type]
    for each in sorted(case.hides):
        perform(stepping(lake), ViewRequest(name=each, as_name=f"{each}_view", rows=RULE))
    return {each: f"{each}_view" if each in case.hides else each for each in ("source", "target")}


@given(case=CASES)
@settings(max_examples=30)
def test_a_merge_equals_plain_loops(case: Case) -> None:
    with tempfile.TemporaryDirectory() as folder:
        lake = open_lake(folder)
        names = publish(lake, case)
        receipt = expected_receipt(case)
        request = ClinicalMergeRequest(
            source=names["source"],
            target=names["target"],
            as_name="both",
            link=case.link,
            relationship=case.relationship,  # type: ignore[arg-type]
            on_clash="join,prefix:s_" if case.joins else "prefix:s_",
        )
        try:
            outcome = perform(stepping(lake), request)
        except CheckFailedError:
            event("refused")
            assert receipt["duplicate_keys"] > 0
            return
        assert outcome.receipt_json() == receipt
        require_equal_rows(Dataset(lake, lake.load_record(parse_reference("both"))), case)
        assert list(Path(folder, "tables").glob("both*")) == []


def require_equal_rows(dataset: Dataset, case: Case) -> None:
    """Require the rows of each entity alone, and of all of them joined."""
    rows = expected_rows(case)
    event("joined" if "s_patient" not in rows else "side by side")
    for entity in dataset.entities:
        names = [each.name for each in entity.fields]
        found = [tuple(each.values()) for each in entity.retrieve_fields().to_pylist()]
        assert as_multiset(found) == as_multiset(
            tuple(each[name] for name in names) for each in rows[entity.name]
        )
    fields = [f"{entity.name}.{spec.name}" for entity, spec in dataset.dictionary.paths()]
    found = [tuple(each.values()) for each in dataset.retrieve_fields(fields).to_pylist()]
    expected = join_outward(dataset.dictionary, rows, fields, ValueMode.RAW)
    assert as_multiset(found) == as_multiset(expected)


PEOPLE = [
    dictionary(f"""
entity   name  type     primary_key_type
patient  pid   integer  global
patient  of_{number}  integer  -
""")
    for number in range(4)
]
ORDERS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=3, max_size=3)


@given(
    rows=st.tuples(*(some_rows("pid", **{f"of_{number}": ANY_KEYS}) for number in range(4))),
    order=ORDERS,
)
@settings(max_examples=8)
def test_people_joined_in_any_order_are_those_of_each_target(
    rows: tuple[list[dict[str, Any]], ...], order: list[tuple[int, int]]
) -> None:
    # Each merge takes two of what is there, and leaves their result in the place of both.
    with tempfile.TemporaryDirectory() as folder:
        lake = open_lake(folder)
        for number, people in enumerate(PEOPLE):
            publish_rows(lake, f"d{number}", people, {"patient": rows[number]})
        there = [(f"d{number}", list(rows[number])) for number in range(4)]
        for step, (first, second) in enumerate(order):
            source = there.pop(first % len(there))
            target = there.pop(second % len(there))
            request = ClinicalMergeRequest(
                source=source[0], target=target[0], as_name=f"m{step}", on_clash="join"
            )
            perform(stepping(lake), request)
            there.append((f"m{step}", joined_rows(source[1], target[1])))
        ((name, expected),) = there
        patients = Dataset(lake, lake.load_record(parse_reference(name)))["patient"]
        found = patients.retrieve_fields().to_pylist()
    assert sorted(map(sorted_items, found)) == sorted(map(sorted_items, expected))


def joined_rows(source: list[dict[str, Any]], target: list[dict[str, Any]]) -> list[dict[str, Any]]:
    by_key = {each["pid"]: each for each in source}
    nothing = {name: None for each in source[:1] for name in each if name != "pid"}
    return [{**nothing, **by_key.get(each["pid"], {}), **each} for each in target]


def sorted_items(row: dict[str, Any]) -> str:
    return repr(sorted(row.items()))
