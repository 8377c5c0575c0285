"""Why a person is in a cohort or not, as values, and what changed between two versions."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import Field

from apollo_spark.model.base import Record


class PartOfPerson(Record):
    """One part of a cohort for a person.

    Attributes:
        rule: The part.
        holds: Whether it holds.
        decides: Whether it keeps the person out; or, of somebody who is in, whether it lets in.
        rows: By entity, the rows of the person that it reads, with the fields that it names.
        codes: For fields compared by `under`, each code of the person with those above it.
    """

    rule: str
    holds: bool
    decides: bool
    rows: dict[str, tuple[dict[str, Any], ...]] = Field(default_factory=dict)
    codes: dict[str, dict[str, tuple[str, ...]]] = Field(default_factory=dict)


class Explanation(Record):
    """Why a person is in a cohort or not, in one version of its dataset.

    Attributes:
        cohort: The cohort.
        dataset: The version in which it was looked.
        shown: Whether the dataset shows the person.
        withdrawn: Whether the person was withdrawn.
        is_member: Whether the person is in the cohort there.
        parts: The parts of the cohort.
    """

    cohort: str
    dataset: str
    shown: bool
    withdrawn: bool
    is_member: bool
    parts: tuple[PartOfPerson, ...] = ()


class Change(Record):
    """What differs between two versions for one part, or for the person as a whole."""

    rule: str
    what: str


class ExplanationPair(Record):
    """An explanation, and that of another version with what changed."""

    explanation: Explanation
    onto: Explanation | None = None
    changes: tuple[Change, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return it as one object, with what changed where two versions were asked for."""
        shown: dict[str, Any] = json.loads(self.explanation.to_json())
        if self.onto is None:
            return shown
        told = [each.model_dump(mode="json") for each in self.changes]
        return {**shown, "onto": json.loads(self.onto.to_json()), "changes": told}


def changes_between(first: Explanation, second: Explanation) -> Iterator[Change]:
    """Yield what differs for the person between two versions."""
    where = f"from {first.dataset} to {second.dataset}"
    if first.shown != second.shown:
        gone = "is withdrawn" if first.withdrawn or second.withdrawn else "has no row"
        one = second if first.shown else first
        yield Change(rule="", what=f"the person {gone} in {one.dataset}")
    for before, after in zip(first.parts, second.parts, strict=False):
        if before.rule != after.rule:
            yield Change(rule=after.rule, what=f"the part was {before.rule}")
            continue
        if before.holds != after.holds:
            now = "holds" if after.holds else "does not hold any more"
            yield Change(rule=after.rule, what=f"it {now} {where}")
        for entity in {**before.rows, **after.rows}:
            rows = before.rows.get(entity, ()), after.rows.get(entity, ())
            lost = [each for each in rows[0] if each not in rows[1]]
            came = [each for each in rows[1] if each not in rows[0]]
            if lost or came:
                what = f"{entity}: {json.dumps(lost)} became {json.dumps(came)}"
                yield Change(rule=after.rule, what=what)
        for path, codes in after.codes.items():
            for code, above in codes.items():
                old = before.codes.get(path, {}).get(code, above)
                if old != above:
                    what = f"{path}: the code {code} was under {_path(old)}, now {_path(above)}"
                    yield Change(rule=after.rule, what=what)


def _path(codes: Sequence[str]) -> str:
    return " < ".join(codes) or "nothing"
