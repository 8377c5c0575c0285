"""Put a dictionary together from what is known of files: keys, references, fields and codings."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from apollo_spark.errors import DictionaryError
from apollo_spark.model.coding import Coding
from apollo_spark.model.dictionary import DataDictionary, Entity, Relation, Relationship
from apollo_spark.model.field import FieldSpec, FieldType
from apollo_spark.model.guess import Certainty, Guess
from apollo_spark.sources.drafting.fields import ColumnDraft
from apollo_spark.sources.drafting.keys import (
    DraftedFile,
    Link,
    choose_main,
    find_links,
    join_tree,
)
from apollo_spark.sources.inference.fields import make_names

RANKS = {4: Certainty.SURE, 3: Certainty.SURE, 2: Certainty.LIKELY}


@dataclass(frozen=True)
class Draft:
    """A dictionary that files propose.

    Attributes:
        dictionary: It; entities that nothing joins are beside the others.
        guesses: What the files do not say themselves.
    """

    dictionary: DataDictionary
    guesses: tuple[Guess, ...]


def draft_dictionary(files: Sequence[DraftedFile], main: str | None = None) -> Draft:
    """Propose a dictionary for files.

    Args:
        files: What is known of each.
        main: The main entity, where somebody says it.

    Raises:
        DictionaryError: No column tells the rows of any file apart.
    """
    by_name = {each.entity: each for each in files}
    found = {name: key for name, file in by_name.items() if (key := file.find_key())}
    if not found:
        raise DictionaryError(
            "No column of any file has a value of its own in each row: no key was found.",
            fix="Say which column is the key: --key ENTITY=COLUMN.",
        )
    keys = {name: column for name, (column, _) in found.items()}
    links = tuple(find_links(by_name, keys))
    chosen = main if main is not None else choose_main(by_name, keys, links)
    assert chosen is not None, "some file has a key"
    tree = join_tree(chosen, links)
    return _Drafting(by_name, keys, links, tree, chosen).draft(
        {name: rank for name, (_, rank) in found.items()}, is_given=main is not None
    )


@dataclass(frozen=True)
class _Drafting:
    """The files with their keys, every link, and those that make the tree."""

    files: Mapping[str, DraftedFile]
    keys: Mapping[str, str]
    links: tuple[Link, ...]
    tree: tuple[Link, ...]
    main: str

    def draft(self, ranks: Mapping[str, int], *, is_given: bool) -> Draft:
        names = {name: make_names(tuple(file.columns), ()) for name, file in self.files.items()}
        entities: list[Entity] = []
        codings: list[Coding] = []
        guesses = list(self._guess_main(is_given=is_given))
        for name, file in self.files.items():
            guesses += self._guess_key(file, names[name], ranks.get(name))
            entity, coded, found = self._entity(file, names[name])
            entities.append(entity)
            codings += coded
            guesses += found
        relations = tuple(self._relation(link, names) for link in self.tree)
        guesses += self._guess_links(names)
        dictionary = DataDictionary(
            main_entity=self.main,
            entities=tuple(sorted(entities, key=lambda each: each.name != self.main)),
            relations=relations,
            codings=tuple(codings),
        )
        return Draft(dictionary, tuple(guesses))

    def _entity(
        self, file: DraftedFile, names: Mapping[str, str]
    ) -> tuple[Entity, list[Coding], list[Guess]]:
        joining = {each.column for each in self.links if each.entity == file.entity}
        joining |= {each.target_column for each in self.tree if each.target == file.entity}
        joining |= {each for each in (self.keys.get(file.entity),) if each}
        fields: list[FieldSpec] = []
        codings: list[Coding] = []
        guesses: list[Guess] = []
        for column, facts in file.columns.items():
            spec, coding, found = ColumnDraft(
                file.entity, names[column], column, facts,
                self._type(file, column), is_joining=column in joining,
            ).draft()  # fmt: skip
            fields.append(spec)
            codings += [coding] if coding else []
            guesses += found
        key = self.keys.get(file.entity)
        entity = Entity(
            name=file.entity,
            primary_key=None if key is None else names[key],
            fields=tuple(fields),
        )
        return entity, codings, guesses

    def _type(self, file: DraftedFile, column: str) -> FieldType:
        """Return the type of a column; one that refers has that of the key, also without rows."""
        link = next(
            (each for each in self.tree if (each.entity, each.column) == (file.entity, column)),
            None,
        )
        if link is None:
            return file.types[column]
        return self._type(self.files[link.target], link.target_column)

    def _relation(self, link: Link, names: Mapping[str, Mapping[str, str]]) -> Relation:
        return Relation(
            from_entity=link.entity,
            from_field=names[link.entity][link.column],
            to_entity=link.target,
            to_field=names[link.target][link.target_column],
            relationship=Relationship.ONE_TO_ONE if link.is_unique else Relationship.MANY_TO_ONE,
        )

    def _guess_main(self, *, is_given: bool) -> Iterator[Guess]:
        if is_given or len(self.files) == 1:
            return
        others = sum(each.target == self.main for each in self.links)
        why = f"{others} of {len(self.files)} files refer to it" if others else "by its name"
        sure = Certainty.LIKELY if others else Certainty.UNSURE
        yield Guess(
            entity=self.main, what="main entity", proposed=self.main, certainty=sure, why=why
        )

    def _guess_key(
        self, file: DraftedFile, names: Mapping[str, str], rank: int | None
    ) -> Iterator[Guess]:
        if rank is None:
            why = "no column with the name of an id has a value of its own in each row"
            yield Guess(
                entity=file.entity, what="key", proposed="none", certainty=Certainty.LIKELY, why=why
            )
        elif file.key is None:
            certainty = RANKS.get(rank, Certainty.UNSURE) if file.rows > 1 else Certainty.UNSURE
            why = f"each of {file.rows:,} rows has a value of its own"
            if not file.rows:
                why = "by its name alone: there is no row"
            yield Guess(
                entity=file.entity, field=names[self.keys[file.entity]], what="key",
                proposed="primary key", certainty=certainty, why=why,
            )  # fmt: skip

    def _guess_links(self, names: Mapping[str, Mapping[str, str]]) -> Iterator[Guess]:
        taken = set(self.tree)
        joined = {self.main, *(end for each in self.tree for end in (each.entity, each.target))}
        for link in self.links:
            proposed = f"{link.target}:{names[link.target][link.target_column]}"
            is_empty = not self.files[link.entity].columns[link.column].filled
            why = "by its name alone" if is_empty else "every value is a key there"
            certainty = RANKS.get(link.rank, Certainty.UNSURE)
            if is_empty:
                certainty = Certainty.UNSURE
            if link not in taken:
                proposed, why = (
                    "no reference",
                    f"{why} ({proposed}), and the two are joined already",
                )
            yield Guess(
                entity=link.entity, field=names[link.entity][link.column], what="reference",
                proposed=proposed, certainty=certainty, why=why,
            )  # fmt: skip
        for entity in self.files:
            if entity not in joined:
                why = "no column has keys of another file, and no other file has its keys"
                yield Guess(
                    entity=entity, what="reference", proposed="joined to nothing",
                    certainty=Certainty.UNSURE, why=why,
                )  # fmt: skip
