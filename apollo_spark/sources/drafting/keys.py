"""Keys of files, references between them, and the tree that joins them to the main entity."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from apollo_spark.model.field import FieldType
from apollo_spark.sources.drafting.facts import DraftFacts
from apollo_spark.sources.drafting.names import OWN, PEOPLE, key_rank, reference_rank, things

LONG_ID = 8
"""Bytes of a value that is not like another by chance."""
NAMED = 2
"""From this rank on the name of a column says what it refers to."""


@dataclass(frozen=True)
class DraftedFile:
    """The rows of an entity, as its files show them.

    Attributes:
        entity: Its name.
        rows: How many.
        columns: The facts of each column, in the order of the files.
        types: The type of each column.
        key: The column that somebody says is the key.
    """

    entity: str
    rows: int
    columns: Mapping[str, DraftFacts]
    types: Mapping[str, FieldType]
    key: str | None = None

    def find_key(self) -> tuple[str, int] | None:
        """Return the column that tells the rows apart, and how much its name says so.

        Every row has a value there, and each value occurs once. Of several the one with the
        most telling name is taken, then the first. Without rows the name alone decides.
        """
        if self.key is not None:
            return self.key, OWN
        first = next(iter(self.columns), None)
        ranks = {
            name: key_rank(self.entity, name, is_first=name == first)
            for name in self.unique_columns()
        }
        if not self.rows:
            ranks = {name: rank for name, rank in ranks.items() if rank == OWN}
        best = max(ranks, key=lambda name: ranks[name], default=None)
        return None if best is None or not ranks[best] else (best, ranks[best])

    def unique_columns(self) -> tuple[str, ...]:
        """Return the columns that could be the key; without rows that is every one."""
        return tuple(name for name, facts in self.columns.items() if self._may_be_key(name, facts))

    def _may_be_key(self, name: str, facts: DraftFacts) -> bool:
        if not self.rows:
            return True
        is_id = self.types[name] in {FieldType.STRING, FieldType.INTEGER}
        return is_id and facts.is_unique and facts.filled == self.rows


@dataclass(frozen=True)
class Link:
    """A column that holds keys of another entity.

    Attributes:
        target_column: The column of the target that holds them: its key, or another that tells
            its rows apart and is called as the key of the first.
        rank: How much its name says so; 0 where its values alone do.
        is_unique: Whether no key is in it twice.
        is_whole: Whether each row has one.
    """

    entity: str
    column: str
    target: str
    target_column: str
    rank: int
    is_unique: bool
    is_whole: bool


def find_links(files: Mapping[str, DraftedFile], keys: Mapping[str, str]) -> Iterator[Link]:
    """Yield every column whose values are all keys of another entity, with the likeliest one.

    Names alone are believed where a column has no value; values alone where they are too long
    to be alike by chance.
    """
    for entity, file in files.items():
        for column, facts in file.columns.items():
            is_key = keys.get(entity) == column
            ranked = {
                (target, key): rank
                for target, key in _targets(files, keys, column, is_key=is_key)
                if target != entity
                and (rank := _rank(file, column, files[target], key)) is not None
                and (rank or not is_key)
            }
            best = max(ranked, key=lambda each: ranked[each], default=None)
            if best is not None:
                is_whole = facts.filled == file.rows
                yield Link(entity, column, *best, ranked[best], facts.is_unique, is_whole)


def _targets(
    files: Mapping[str, DraftedFile], keys: Mapping[str, str], column: str, *, is_key: bool
) -> Iterator[tuple[str, str]]:
    """Yield the columns that another may refer to: keys, and for a key its namesakes elsewhere."""
    yield from keys.items()
    for entity, file in files.items():
        namesake = column if is_key and file.rows and keys.get(entity) != column else None
        if namesake in file.columns and namesake in file.unique_columns():
            yield entity, column


def _rank(file: DraftedFile, column: str, target: DraftedFile, key: str) -> int | None:
    """Return how much says that a column holds keys of another file; None where it does not."""
    facts, keys = file.columns[column], target.columns[key]
    rank = reference_rank(column, target.entity, key)
    if not facts.filled or not target.rows:
        is_possible = not facts.filled and rank >= 3
        return rank if is_possible else None
    if file.types[column] is not target.types[key] or facts.ids is None or keys.ids is None:
        return None
    if not _is_within(facts.ids, keys.ids):
        return None
    is_telling = file.types[column] is FieldType.STRING and _is_long(facts)
    return rank if rank or (is_telling and len(facts.ids) > 1) else None


def _is_within(some: np.ndarray, all_of: np.ndarray) -> bool:
    if len(some) > len(all_of):
        return False
    places = np.searchsorted(all_of, some)
    return bool((places < len(all_of)).all() and (all_of[places] == some).all())


def _is_long(facts: DraftFacts) -> bool:
    """Whether values are too long to be alike by chance: no few words that repeat."""
    return facts.column.counts is None and facts.shortest >= LONG_ID


def choose_main(
    files: Mapping[str, DraftedFile], keys: Mapping[str, str], links: tuple[Link, ...]
) -> str | None:
    """Return the entity that all others are about.

    People come first, by the name of the file; then what most others refer to; then the first.
    """

    def rank(entity: str) -> tuple[int, int]:
        names = set(things(entity))
        people = next((len(PEOPLE) - at for at, each in enumerate(PEOPLE) if each in names), 0)
        return people, sum(link.target == entity for link in links)

    with_rows = [each for each in keys if files[each].rows] or list(keys)
    return max(with_rows, key=rank, default=None)


def join_tree(main: str, links: tuple[Link, ...]) -> tuple[Link, ...]:
    """Return the links that join each entity once to the main one, nearest first.

    What refers to an entity that is joined hangs from it; what it refers to is looked up from it.
    Of all ways to join one more entity the best is taken: references to the main entity by name,
    then the most telling name, the nearest to the main entity, references to what is joined
    rather than from it, and columns that have a value in each row.
    """
    depths: dict[str, int] = {main: 0}
    taken: list[Link] = []
    while True:
        open_links = [each for each in links if (each.entity in depths) != (each.target in depths)]
        if not open_links:
            return tuple(taken)

        def rank(link: Link) -> tuple[bool, int, int, bool, bool]:
            is_child = link.target in depths
            depth = depths[link.target if is_child else link.entity]
            is_of_main = link.target == main and link.rank >= NAMED
            return is_of_main, link.rank, -depth, is_child, link.is_whole

        best = max(open_links, key=rank)
        known, new = best.target, best.entity
        if known not in depths:
            known, new = new, known
        depths[new] = depths[known] + 1
        taken.append(best)
