"""Programs of cohorts as SQL, against sets: any combination of any combination, however deep."""

import random
from collections.abc import Mapping, Sequence

import duckdb
import pyarrow as pa
import pytest

from apollo_spark.errors import UsageError
from apollo_spark.model.cohort import COMBINATIONS, CohortOperation, CohortStep
from apollo_spark.model.dictionary import DataDictionary, Entity
from apollo_spark.model.field import FieldSpec, FieldType
from apollo_spark.query.cohorts.members import Members
from apollo_spark.query.scope import QueryScope
from apollo_spark.query.sql import duckdb_statement

PEOPLE = {number: number * 7 % 6 for number in range(60)}
FIELDS = tuple(FieldSpec(name=name, type=FieldType.INTEGER) for name in ("key", "group"))
DICTIONARY = DataDictionary(
    main_entity="person",
    entities=(Entity(name="person", primary_key="key", fields=FIELDS),),
    relations=(),
    codings=(),
)
FILTER, IDS, COMPLEMENT = CohortOperation.FILTER, CohortOperation.IDS, CohortOperation.COMPLEMENT


def lists_of(chance: random.Random, count: int) -> dict[str, set[int]]:
    """Return lists of ids, some of them of nobody who is there."""
    return {f"ids {number}": set(chance.sample(range(70), 20)) for number in range(count)}


def program(
    chance: random.Random, length: int, lists: Sequence[str], *, is_chain: bool
) -> tuple[CohortStep, ...]:
    """Return cohorts of filters, lists and others; in a chain each is made of the one before."""
    steps = [CohortStep(operation=FILTER, text=f"person.group = {n}") for n in range(4)]
    steps += [CohortStep(operation=IDS, keys=each) for each in lists]
    for _ in range(length):
        last = len(steps) - 1
        near = last if is_chain else chance.randrange(len(steps))
        others = tuple(chance.randrange(len(steps)) for _ in range(chance.choice([1, 1, 2, 5])))
        operation = chance.choice(list(CohortOperation))
        if operation is FILTER:
            text = f"person.group = {chance.randrange(6)}"
            steps.append(CohortStep(operation=operation, of=(near,), text=text))
        elif operation is IDS:
            steps.append(CohortStep(operation=operation, of=(near,), keys=chance.choice(lists)))
        else:
            of = (near,) if operation is COMPLEMENT else (near, *others)
            steps.append(CohortStep(operation=operation, of=of))
    return tuple(steps)


def combined(operation: CohortOperation, of: Sequence[set[int]]) -> set[int]:
    if operation is CohortOperation.UNION:
        return set.union(*of)
    if operation is CohortOperation.INTERSECT:
        return set.intersection(*of)
    if operation is CohortOperation.SUBTRACT:
        return of[0].difference(*of[1:])
    if operation is COMPLEMENT:
        return set(PEOPLE) - of[0]
    return {each for each in PEOPLE if sum(each in one for one in of) == 1}


def expected(steps: Sequence[CohortStep], lists: Mapping[str, set[int]]) -> set[int]:
    found: list[set[int]] = []
    for step in steps:
        of = [found[each] for each in step.of]
        if step.text is not None:
            group = int(step.text.split()[-1])
            own = {key for key, each in PEOPLE.items() if each == group}
            found.append(own.intersection(*of))
        elif step.keys is not None:
            found.append((lists[step.keys] & set(PEOPLE)).intersection(*of))
        else:
            found.append(combined(step.operation, of))
    return found[-1]


def answer(steps: tuple[CohortStep, ...], lists: Mapping[str, set[int]]) -> list[int]:
    statement = duckdb_statement(Members(steps).keys(QueryScope(DICTIONARY)))
    with duckdb.connect() as connection:
        people = pa.table({"key": list(PEOPLE), "group": list(PEOPLE.values())})
        connection.register("person", people)
        for name, keys in lists.items():
            connection.register(name, pa.table({"key": [str(each) for each in keys]}))
        return [key for (key,) in connection.execute(statement).fetchall()]


@pytest.mark.parametrize("seed", range(12))
def test_any_program_answers_as_sets_do(seed: int) -> None:
    chance = random.Random(seed)
    lists = lists_of(chance, chance.choice([2, 12, 70] if seed == 8 else [2, 12]))
    steps = program(chance, chance.choice([1, 4, 30]), list(lists), is_chain=seed % 2 == 0)

    found = answer(steps, lists)

    assert len(found) == len(set(found))
    assert set(found) == expected(steps, lists)


@pytest.mark.parametrize("last", ["before", "two before"])
def test_a_thousand_combinations_of_combinations_answer(last: str) -> None:
    """Chains, also such as use each cohort twice, which would double with each if written out."""
    chance = random.Random(7)
    lists = lists_of(chance, 2)
    steps = list(program(chance, 0, list(lists), is_chain=True))
    for number in range(1000):
        size = len(steps)
        other = size - 2 if last == "two before" else number % 6
        operation = COMBINATIONS[number % 4]
        steps.append(CohortStep(operation=operation, of=(size - 1, other)))

    assert set(answer(tuple(steps), lists)) == expected(steps, lists)


def test_a_combination_of_a_thousand_cohorts_answers() -> None:
    steps = [CohortStep(operation=FILTER, text=f"person.group = {n % 3}") for n in range(1000)]
    steps += [CohortStep(operation=each, of=tuple(range(1000))) for each in COMBINATIONS[:4]]
    steps.append(CohortStep(operation=CohortOperation.UNION, of=(1000, 1001, 1002, 1003)))

    assert set(answer(tuple(steps), {})) == expected(steps, {})


def test_a_main_entity_without_a_key_has_no_cohorts() -> None:
    entity = Entity(name="person", fields=FIELDS)
    scope = QueryScope(DICTIONARY.model_copy(update={"entities": (entity,)}))

    with pytest.raises(UsageError, match="Cohorts tell people by their primary key"):
        Members((CohortStep(operation=FILTER, text="person.group = 1"),)).keys(scope)
