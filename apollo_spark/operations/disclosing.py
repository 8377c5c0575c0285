"""Give numbers of guarded names, and remember what was given: the one way for every verb."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlglot import exp

from apollo_spark.disclosure.giving import Giver
from apollo_spark.disclosure.table import Table
from apollo_spark.engines.base import Engine
from apollo_spark.errors import CommitRaceError, NotFoundError, StorageRefusedError
from apollo_spark.lake.guarding import read_guards
from apollo_spark.lake.lake import Lake
from apollo_spark.lake.opened import OpenDataset
from apollo_spark.lake.registry.asked import AskedTable
from apollo_spark.lake.registry.reach import pins_in
from apollo_spark.lake.registry.snapshot import RegistrySnapshot
from apollo_spark.model.cohort import CohortStep
from apollo_spark.model.dataset import DatasetRecord
from apollo_spark.model.disclosure import GuardRecord, Limit
from apollo_spark.model.pin import TablePin, owner_of
from apollo_spark.model.record import PublishedRecord
from apollo_spark.model.suppressed import Count
from apollo_spark.operations.cohorts.opening import People
from apollo_spark.query.cohorts.members import KEY, main_key
from apollo_spark.query.sql import column, labelled
from apollo_spark.sources.filters.text import parse_filter
from apollo_spark.sources.filters.write import write_filter

HERE = "local"
"""Who asks where nobody says who: everybody who uses the lake by its files is one."""
MOST_RACES = 200


def guards_of(lake: Lake, *records: PublishedRecord | str) -> tuple[GuardRecord, ...]:
    """Return the guards that hold for records, by their names and those of all they are made of.

    Args:
        lake: Where they are.
        records: Records, planned ones too, or versions as `name@version`.

    Raises:
        BrokenPinError: A record is not as it was published.
    """
    snapshot = lake.registry.snapshot()
    if not snapshot.guards:
        return ()
    newest = [each[-1] for each in read_guards(lake.registry, snapshot).values()]
    guards = {each.name.casefold(): each for each in newest if each.limit is not None}
    if not guards:
        return ()
    names = _names_of(lake, snapshot, records)
    return tuple(guard for name, guard in sorted(guards.items()) if name in names)


def limit_of(lake: Lake, *records: PublishedRecord | str) -> Limit | None:
    """Return what holds for the numbers of records: the strictest; None where nothing does."""
    found: Limit | None = None
    for each in guards_of(lake, *records):
        if each.limit is not None:
            found = each.limit.strictest(found)
    return found


def require_unguarded(lake: Lake, what: str, *records: PublishedRecord | str) -> None:
    """Require that no guard holds for records: rows of people are not given of those.

    Args:
        lake: Where they are.
        what: What is asked for, as it begins a sentence.
        records: The records.

    Raises:
        NotFoundError: A guard holds.
    """
    if not (guards := guards_of(lake, *records)):
        return
    shown, *_ = records
    # Of a view nobody sees what it is made from.
    is_kept = any(isinstance(each, PublishedRecord) and each.hides for each in records)
    names = ", ".join(each.name for each in guards)
    by = "" if is_kept or names == str(shown).partition("@")[0] else f", by the guard of {names}"
    raise NotFoundError(
        f"{what} cannot be given: {shown} is guarded{by}.",
        why="Of guarded data only numbers of enough people are given.",
    )


def _names_of(
    lake: Lake, snapshot: RegistrySnapshot, records: Iterable[PublishedRecord | str]
) -> set[str]:
    """Return the names of records and of all that they are made of, in lower case."""
    names: set[str] = set()
    seen: set[str] = set()
    waiting: list[str] = []
    for each in records:
        if isinstance(each, PublishedRecord):
            names.add(each.name.casefold())
            waiting += _made_of(each.to_json(), names)
        else:
            waiting.append(each)
    while waiting:
        new = {each for each in waiting if each not in seen}
        seen |= new
        names |= {each.partition("@")[0].casefold() for each in new}
        entries = [
            entry
            for each in new
            for entry in snapshot.versions_of(each.partition("@")[0])
            if "@" not in each or f"{entry.version}" == each.partition("@")[2]
        ]
        waiting = [
            made for _, text in lake.registry.read_texts(entries) for made in _made_of(text, names)
        ]
    return names


def _made_of(text: str, names: set[str]) -> list[str]:
    """Return what a record says that it is made of, and add whose tables it reads to names."""
    for pin in pins_in(text):
        if pin.is_ours and (owner := owner_of(pin.location)) is not None:
            names.add(owner.casefold())
    record = json.loads(text)
    found = list(record.get("lineage", {}).get("parents", ()))
    found += [each["version"] for each in record.get("cohorts", ())]
    if record.get("dataset"):
        found.append(record["dataset"])
    return found


@dataclass(frozen=True)
class Disclosure:
    """Gives numbers of a guarded dataset.

    Attributes:
        lake: Where it is.
        opened: The dataset, with everybody.
        engine: Who answers.
        guards: The guards that hold.
        principal: Who asks.
    """

    lake: Lake
    opened: OpenDataset
    engine: Engine
    guards: tuple[GuardRecord, ...]
    principal: str = HERE

    @property
    def limit(self) -> Limit:
        """What holds: the strictest."""
        limits = [each.limit for each in self.guards if each.limit is not None]
        found = limits[0]
        for each in limits[1:]:
            found = found.strictest(each)
        return found

    def give(self, tables: Sequence[Table]) -> list[list[Count]]:
        """Return what is given of each cell of each table: it is remembered before.

        Raises:
            UsageError: The main entity has no key, by which people could be told apart.
            BrokenPinError: What was given before is gone or damaged.
            StorageRefusedError: It cannot be written down, so that nothing is given.
        """
        asked = AskedTable(self.lake.root)
        names = [each.name.casefold() for each in self.guards]
        secret = asked.secret(self.guards[0].memory)
        giver = Giver.of(self.limit, secret, self._everybody(), tables)
        for _ in range(MOST_RACES):
            before = asked.read(names, self.principal)
            found, known = giver.give(before.memory)
            try:
                asked.add(known, before, names, self.principal)
            except CommitRaceError:
                continue
            return found
        raise StorageRefusedError(
            f"What was given in {asked.folder} changes too fast to be written down."
        )

    def _everybody(self) -> Table:
        scope = self.opened.scope
        key, _ = main_key(scope)
        main = self.opened.dictionary.main_entity
        tree = exp.select(labelled(column(main, key), KEY)).from_(
            scope.source(main, [key]), copy=False
        )
        keys = self.engine.run(tree, self.opened.pins).read_all().column(0)
        return Table(keys, question=population_of(self.opened.record))


def open_disclosure(
    lake: Lake, opened: OpenDataset, engine: Engine, *, names: Iterable[str] = ()
) -> Disclosure | None:
    """Return who gives numbers of a dataset; None where it is not guarded.

    Args:
        lake: Where it is.
        opened: The dataset, with everybody.
        engine: Who answers.
        names: Cohorts and dashboards that are asked about, as `name@version`.
    """
    guards = guards_of(lake, opened.record, *names)
    return Disclosure(lake, opened, engine, guards) if guards else None


def question_of(people: People) -> str:
    """Return by what people were chosen, in one form, whatever version of the dataset it is of."""
    return _meaning(people.members.steps, people.lists)


def population_of(record: DatasetRecord) -> str:
    """Return by what a dataset chooses whom it shows of its base: the rules of views, in one form.

    People who were withdrawn are gone by a rule too, which changes no question.
    """
    found = []
    for rule in record.rules:
        if rule.members:
            found.append(_meaning(rule.members, {each.table: each for each in rule.pins}))
        elif rule.text is not None:
            found.append(write_filter(parse_filter(rule.text)))
    return "\n".join(found)


def _meaning(steps: Sequence[CohortStep], lists: Mapping[str, TablePin]) -> str:
    texts = [write_filter(parse_filter(each.text)) if each.text else "" for each in steps]
    if len(steps) == 1 and texts[0]:
        return texts[0]
    pins = [lists[each.keys].content_hash if each.keys else "" for each in steps]
    made = [
        [str(each.operation), list(each.of), text, pin, [list(one) for one in each.named]]
        for each, text, pin in zip(steps, texts, pins, strict=True)
    ]
    return json.dumps(made)


def given_count(lake: Lake, people: People, engine: Engine) -> Count:
    """Count people, or say that so few are not counted."""
    disclosure = open_disclosure(lake, people.dataset, engine, names=people.names)
    if disclosure is None:
        return people.count(engine)
    keys = people.keys(engine).read_all().column(0)
    (found,) = disclosure.give([Table(keys, question=question_of(people))])
    return found[0]
