"""The rules of a growth: what a move may cost, and which versions are kept."""

from datetime import datetime, timedelta, timezone

import pytest

from apollo_spark.lake.registry.snapshot import RecordEntry
from apollo_spark.model.rebase import Causes, RebasePlan
from apollo_spark.model.suppressed import Suppressed
from apollo_spark.verbs.grow.limits import Limits
from apollo_spark.verbs.grow.retention import Keep, without_parents

FEW, REST = Suppressed(fewer_than=10), Suppressed(fewer_than=10, why="rest")
NOW = datetime(2026, 6, 15, tzinfo=timezone.utc)


def plan(**changes: object) -> RebasePlan:
    return RebasePlan(record="women@1", moves=(), **changes)


@pytest.mark.parametrize(
    ("limits", "changes", "why"),
    [
        (Limits(lost=2), {"people_before": 9, "people_lost": 2}, None),
        (
            Limits(lost=2),
            {"people_before": 9, "people_lost": 3},
            "3 of 9 people would go, and at most 2 may",
        ),
        (Limits(lost=0), {}, None),
        # Who was withdrawn is hidden already, and no limit brings them back.
        (
            Limits(lost=0),
            {"people_before": 9, "people_lost": 3, "causes": Causes(withdrawn=3)},
            None,
        ),
        (Limits(lost_share=0.5), {"people_before": 4, "people_lost": 2}, None),
        (
            Limits(lost_share=0.5),
            {"people_before": 4, "people_lost": 3},
            "3 of 4 people would go, and at most a share of 0.5 may",
        ),
        (
            Limits(lost=1, lost_share=0.1),
            {"people_before": 4, "people_lost": 2},
            "people would go, and at most 1 may; 2 of 4 people would go, and at most a share of",
        ),
        (Limits(), {"people_before": 9, "people_lost": 9}, None),
        (
            Limits(),
            {"tiles_broken": 1},
            "tiles that could not be answered: 1, and at most 0 may be",
        ),
        (Limits(broken_tiles=1), {"tiles_broken": 1}, None),
        (
            Limits(),
            {"fields_dropped": ("p.x",)},
            "fields that would be dropped: 1, and at most 0 may be",
        ),
        (Limits(dropped_fields=1), {"fields_dropped": ("p.x",)}, None),
        (Limits(lost=9), {"refused": "gone"}, "it cannot be moved: gone"),
    ],
)
def test_what_exceeds_a_limit_is_said(
    limits: Limits, changes: dict[str, object], why: str | None
) -> None:
    causes = changes.pop("causes", Causes())
    assert isinstance(causes, Causes)
    found = limits.exceeded_by(plan(**changes), withdrawn=causes.withdrawn)

    assert (why or "") in (found or "")
    assert (found is None) == (why is None)


@pytest.mark.parametrize(
    ("limits", "lost", "is_left"),
    [
        (Limits(lost=8), FEW, True),
        (Limits(lost=9), FEW, False),
        (Limits(lost_share=0.05), FEW, True),
        (Limits(lost_share=0.1), FEW, False),
        (Limits(lost_share=1.0), REST, False),
        (Limits(lost=1_000), REST, True),
    ],
)
def test_limits_tell_no_number_of_a_guarded_record(
    limits: Limits, lost: Suppressed, is_left: bool
) -> None:
    hidden = Causes(**dict.fromkeys(Causes.model_fields, REST))
    shown = plan(people_before=100, people_lost=lost, causes=hidden)

    said = limits.exceeded_by(shown, withdrawn=3)

    assert (said is not None) == is_left
    assert said is None or f"{lost} of 100 people would go" in said


def versions(*days: float, name: str = "study") -> tuple[RecordEntry, ...]:
    """Return versions of so many days before now, newest last."""
    return tuple(
        RecordEntry(
            kind="dataset", name=name, version=number, id=f"{name}{number}", hash="", actor="a",
            time=NOW - timedelta(days=each),
        )
        for number, each in enumerate(days, start=1)
    )  # fmt: skip


@pytest.mark.parametrize(
    ("keep", "days", "ended"),
    [
        # The newest is kept whatever the rule says.
        (Keep(), (90, 60, 30), [1, 2]),
        (Keep(days=0), (30,), []),
        (Keep(last=2), (90, 60, 30), [1]),
        (Keep(last=9), (90, 60, 30), []),
        (Keep(days=61), (90, 60, 30), [1]),
        (Keep(days=60), (90, 60, 30), [1, 2]),
        # The fourteenth, thirteenth and first of June, the last two of May.
        (Keep(monthly=True), (16, 15, 14, 2, 1), [1, 3, 4]),
        (Keep(last=2, monthly=True), (16, 15, 14, 2, 1), [1, 3]),
        (Keep(last=1), (), []),
    ],
)
def test_versions_are_kept_where_any_part_of_the_rule_says_so(
    keep: Keep, days: tuple[float, ...], ended: list[int]
) -> None:
    found = keep.ended(versions(*days), NOW)

    assert [each.version for each in found] == ended
    left = [each for each in versions(*days) if each not in found]
    # A run that was stopped half way is finished by the next one.
    for gone in range(len(found)):
        again = sorted([*found[gone:], *left], key=lambda each: each.version)
        assert keep.ended(again, NOW) == found[gone:]


def test_what_others_are_made_of_is_kept_until_they_are_ended() -> None:
    first, second = versions(9, 8)
    view = versions(7, name="women")[0]
    parents = {
        "study@1": (),
        "study@2": ("study@1",),
        "women@1": ("study@1",),
        "light@1": ("women@1",),
    }

    # Its own next version does not keep a version.
    assert without_parents([first], {"study@1": (), "study@2": ("study@1",)}) == (first,)
    assert without_parents([first, second], parents) == (second,)
    # The cohort is of the view, and the view of the study: none of them goes.
    assert without_parents([first, view], parents) == ()
    assert without_parents([first, view], {**parents, "light@1": ()}) == (first, view)
