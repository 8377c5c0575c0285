"""What the dictionary of another system says, before it is one of ours."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from apollo_spark.errors import DictionaryError
from apollo_spark.model.coding import Coding
from apollo_spark.model.dictionary import DataDictionary, Entity, Relation, Relationship
from apollo_spark.model.field import FieldSpec
from apollo_spark.model.guess import Certainty, Guess
from apollo_spark.sources.drafting.draft import Draft
from apollo_spark.sources.drafting.keys import Link, join_tree

NAMED = 4
"""The rank of references that a dictionary states."""


class Reference(NamedTuple):
    """A field that refers to the key of another entity."""

    entity: str
    field: str
    target: str


class Collected(NamedTuple):
    """Fields by entity, keys, codings, the main entity, and what refers to what."""

    fields: Mapping[str, Sequence[FieldSpec]]
    keys: Mapping[str, str]
    codings: Sequence[Coding]
    main: str
    references: tuple[Reference, ...] = ()

    def draft(self, source: str) -> Draft:
        """Return the dictionary: each entity joined once, other references as plain fields.

        Args:
            source: What was read, as people know it.

        Raises:
            DictionaryError: There is no main entity with a key.
        """
        if self.main not in self.keys:
            raise DictionaryError(f"{source} has no table '{self.main}' with a key.")
        links = tuple(self._links())
        tree = join_tree(self.main, links)
        names = sorted(self.fields, key=lambda each: each != self.main)
        dictionary = DataDictionary(
            main_entity=self.main,
            entities=tuple(
                Entity(
                    name=each,
                    primary_key=self.keys.get(each),
                    fields=tuple(self.fields[each]),
                )
                for each in names
            ),
            relations=tuple(
                Relation(
                    from_entity=each.entity,
                    from_field=each.column,
                    to_entity=each.target,
                    to_field=each.target_column,
                    relationship=Relationship.MANY_TO_ONE,
                )
                for each in tree
            ),
            codings=tuple(self.codings),
        )
        return Draft(dictionary, tuple(self._guess(each) for each in links if each not in tree))

    def _links(self) -> list[Link]:
        return [
            Link(
                each.entity, each.field, each.target, self.keys[each.target], NAMED,
                is_unique=False, is_whole=False,
            )
            for each in self.references
            if each.target in self.keys and each.target != each.entity
        ]  # fmt: skip

    def _guess(self, link: Link) -> Guess:
        return Guess(
            entity=link.entity, field=link.column, what="reference", proposed="no reference",
            certainty=Certainty.LIKELY,
            why=f"it refers to {link.target}, and the two are joined already",
        )  # fmt: skip
