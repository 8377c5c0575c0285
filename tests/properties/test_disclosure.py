"""Random series of questions: nothing about few people follows from what is given."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pytest

from apollo_spark.disclosure.deciding import Deciding
from apollo_spark.disclosure.differing import ENOUGH as ENOUGH_PEOPLE
from apollo_spark.disclosure.differing import FEW, NOBODY, how_many
from apollo_spark.disclosure.giving import Giver
from apollo_spark.disclosure.memory import Asked, Memory
from apollo_spark.disclosure.people import PRIME, marks_of
from apollo_spark.disclosure.sums import no_sums, sums_of
from apollo_spark.disclosure.table import Sum, Table
from apollo_spark.model.disclosure import Limit
from apollo_spark.model.suppressed import Count, Suppressed
from tests.support.attacking import Attacker, together

SERIES = int(os.environ.get("APOLLO_SERIES", "100"))
"""Run with 10,000 of them when the folder `disclosure` changes: four minutes."""
ENOUGH = 40
"""Series in which an attacker finds what a broken rule lets out."""
PEOPLE = 30
KEYS = np.array([f"P{each}" for each in range(PEOPLE)])
SECRET = bytes(range(32))


@dataclass
class Guarded:
    """Datasets of the same people, asked by one person in this process."""

    random: np.random.Generator
    least: int
    wholes: list[np.ndarray]
    memory: Memory = field(default_factory=lambda: Memory(no_sums()))
    attacker: Attacker = field(init=False)
    asked: list[tuple[int, str, np.ndarray]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.attacker = Attacker(self.least)
        for number, whole in enumerate(self.wholes):
            self.attacker.hear(np.zeros_like(whole), number, whole)

    def give(self, of: int, cells: list[np.ndarray], **words: object) -> list[Count]:
        """Ask of a dataset for cells, each a weight for each person."""
        cell = np.repeat(np.arange(len(cells)), [np.count_nonzero(each) for each in cells])
        people = np.concatenate([np.flatnonzero(each) for each in cells])
        weight = np.concatenate([each[each != 0] for each in cells])
        table = Table(pa.array(KEYS[people]), cell, len(cells), weight, **words)
        everybody = Table(pa.array(KEYS[self.wholes[of] != 0]))
        giver = Giver.of(Limit(least=self.least), SECRET, everybody, [table])
        (found,), self.memory = giver.give(self.memory)
        for weights, number in zip(cells, found, strict=True):
            if not isinstance(number, Suppressed):
                assert number == weights.sum()
                self.attacker.hear(weights, of)
        return found

    def count(self) -> None:
        """Ask how many people a filter means: any, or nearly those of what was asked before."""
        of = int(self.random.integers(len(self.wholes)))
        text = f"filter {len(self.asked)}"
        people = self.random.integers(0, 2, PEOPLE)
        chance = self.random.random()
        if self.asked and chance < 0.7:
            _, known, people = self.asked[self.random.integers(len(self.asked))]
            text = known if chance < 0.1 else text
        elif chance < 0.8:
            people = np.ones(PEOPLE, np.int64)
        if text not in (each for _, each, _ in self.asked):
            some = self.random.integers(0, PEOPLE, self.random.integers(0, self.least + 1))
            people = people.copy()
            people[some] = 1 - people[some]
        self.asked.append((of, text, people))
        shown = people * self.wholes[of]
        (number,) = self.give(of, [shown], question=text)
        if not isinstance(number, Suppressed):
            self.attacker.questions.append((text, shown))

    def table(self) -> None:
        """Ask for the cells of one field or of two, with totals and without."""
        of = int(self.random.integers(len(self.wholes)))
        rows, columns = int(self.random.integers(2, 6)), int(self.random.integers(1, 4))
        row, column = self.values(rows), self.values(columns)
        counts = self.wholes[of] * np.where(
            self.random.random() < 0.2, self.random.integers(1, 4, PEOPLE), 1
        )
        also = self.values(rows) if self.random.random() < 0.2 else row
        cells = [
            counts * ((row == r) | (also == r)) * (column == c)
            for r in range(rows) for c in range(columns)
        ]  # fmt: skip
        parts = [Sum(tuple(range(len(cells))))]
        if columns > 1:
            lines = [tuple(range(r * columns, (r + 1) * columns)) for r in range(rows)]
            lines += [tuple(range(c, rows * columns, columns)) for c in range(columns)]
            if self.random.random() < 0.5:
                parts += [Sum(each, total=len(cells) + n) for n, each in enumerate(lines)]
                cells += [together([cells[one] for one in each]) for each in lines]
            else:
                parts += [Sum(each) for each in lines]
        found = self.give(of, cells, sums=tuple(parts))
        for part in parts:
            self.hear_sum(of, cells, part, found)

    def values(self, many: int) -> np.ndarray:
        """Return a value for each person: some are rare, and some people have none."""
        chances = self.random.random(many) ** 3 + 0.02
        found = self.random.choice(many, PEOPLE, p=chances / chances.sum())
        if self.random.random() < 0.5:
            found[self.random.random(PEOPLE) < 0.2] = -1
        return found

    def hear_sum(self, of: int, cells: list[np.ndarray], part: Sum, found: list[Count]) -> None:
        """Compute what a total leaves where cells are taken from it."""
        given = [cells[each] for each in part.of or () if not isinstance(found[each], Suppressed)]
        if not given:
            return
        sums, lefts = together(given), [self.wholes[of] - together(given)]
        self.attacker.hear(sums, of)
        self.attacker.hear(-sums, of, self.wholes[of])
        if part.total is not None and not isinstance(found[part.total], Suppressed):
            lefts.append(cells[part.total] - sums)
            self.attacker.hear(lefts[-1], of)
        if len(given) < len(part.of or ()):
            self.attacker.empty += lefts


def series(seed: int) -> Guarded:
    """Ask a series of questions."""
    random = np.random.default_rng(seed)
    whole = (random.random(PEOPLE) < 0.9).astype(np.int64)
    later = whole.copy()
    later[random.integers(0, PEOPLE, random.integers(0, 6))] = 1
    wholes = [whole, later, whole * (random.random(PEOPLE) < 0.8)]
    guarded = Guarded(random, int(random.integers(2, 6)), wholes[: random.integers(1, 4)])
    for _ in range(random.integers(2, 9)):
        (guarded.count if random.random() < 0.7 else guarded.table)()
    return guarded


def found_in(seeds: range) -> list[tuple[int, str]]:
    return [(seed, found) for seed in seeds for found in series(seed).attacker.found()]


def test_nothing_about_few_people_follows_from_what_is_given() -> None:
    assert found_in(range(SERIES)) == []


@pytest.mark.parametrize(
    ("of", "rule", "broken"),
    [
        (Memory, "is_near", lambda *_: False),
        (Memory, "is_near_pairs", lambda *_: False),
        (Asked, "may_equal", lambda *_: True),
        (Deciding, "_is_safe", lambda *_: True),
        (Deciding, "_leave_out_near", lambda _: None),
    ],
)
def test_without_any_of_the_rules_it_does(
    monkeypatch: pytest.MonkeyPatch, of: type, rule: str, broken: Callable[..., object]
) -> None:
    monkeypatch.setattr(of, rule, broken)

    assert any(found_in(range(seed, seed + 1)) for seed in range(ENOUGH))


def test_sums_are_those_of_plain_python() -> None:
    random = np.random.default_rng(1)
    marks = marks_of(pa.array(KEYS), SECRET)
    cell = np.sort(random.integers(0, 3, PEOPLE))
    weight = random.integers(1, 1 << 40, PEOPLE)

    found = sums_of(marks, cell, weight, 4)

    for number in range(4):
        for power in (1, 2, 14, 15, 16, 17, 198, 199):
            wanted = sum(
                int(each) * pow(int(node), power, PRIME)
                for each, node, place in zip(weight, marks.nodes, cell, strict=True)
                if place == number
            )
            assert found.powers[number][power - 1] == wanted % PRIME


@pytest.mark.parametrize("least", [2, 3, 10, 100])
def test_how_many_people_differ_is_known_exactly(least: int) -> None:
    keys = pa.array([f"Q{each}" for each in range(3 * least)])
    for people in (0, 1, least - 1, least, least + 1, 3 * least):
        marks = marks_of(keys.slice(0, people), SECRET)
        cell = np.zeros(people, np.int64)
        (found,) = how_many(sums_of(marks, cell, np.arange(people) + 1, 1), least)
        assert found == (NOBODY if people == 0 else FEW if people < least else ENOUGH_PEOPLE)
