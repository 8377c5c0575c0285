"""Which rows are repeated measures, and what tells those of one person apart."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from apollo_spark.errors import NotFoundError, UsageError
from apollo_spark.model.dictionary import Entity
from apollo_spark.model.field import FieldSpec, FieldType
from apollo_spark.model.join_path import path_to
from apollo_spark.query.extract import find_fields
from apollo_spark.query.scope import QueryScope
from apollo_spark.sources.suggest import did_you_mean


class Numbering(str, Enum):
    """How the rows of one row of the main entity become columns.

    NUMBER takes the value of a field, ORDER counts from the least value, FIRST and LAST take one
    row. Equal values are told apart by the primary key. A missing value, or a sparse code, numbers
    no row.
    """

    NUMBER = "number"
    ORDER = "order"
    FIRST = "first"
    LAST = "last"

    def __str__(self) -> str:
        """Return the word of the option."""
        return self.value


_USUAL = {
    FieldType.INTEGER: Numbering.NUMBER,
    FieldType.DATE: Numbering.ORDER,
    FieldType.DATETIME: Numbering.ORDER,
}
"""What a field does that is named alone."""
_WORDS = ", ".join(f":{each}" for each in Numbering)


@dataclass(frozen=True)
class Repeat:
    """An entity whose rows become columns, and the field that numbers or orders them.

    Attributes:
        entity: The entity.
        owner: The entity of the field: the same, or one on the way to the main entity.
        by: The field.
        numbering: What the field does.
    """

    entity: Entity
    owner: Entity
    by: FieldSpec
    numbering: Numbering

    @property
    def path(self) -> str:
        """The field that numbers or orders the rows."""
        return f"{self.owner.name}.{self.by.name}"

    @property
    def asked(self) -> str:
        """The field as it is asked for, with the entity whose rows it numbers."""
        return self.path if self.owner is self.entity else f"{self.entity.name}={self.path}"

    @property
    def takes_one(self) -> bool:
        """Whether one row is chosen."""
        return self.numbering in (Numbering.FIRST, Numbering.LAST)

    def name_of(self, slot: int) -> str:
        """Return what the name of a column ends with."""
        return str(self.numbering) if self.takes_one else str(slot)


def find_repeats(scope: QueryScope, texts: Iterable[str]) -> tuple[Repeat, ...]:
    """Read `entity.field` or `entity.field:how`, one for each entity that becomes columns.

    `entity=other.field` has rows numbered by a field of a row that they belong to.

    Raises:
        NotFoundError: Fields or entities that are not in the dictionary, all of them.
        UsageError: An entity has no repeated rows or is named twice, or a field cannot do this.
    """
    words = [_Words.read(each) for each in texts]
    fields = dict(
        zip(
            dict.fromkeys(each.path for each in words),
            find_fields(scope, tuple(dict.fromkeys(each.path for each in words))),
            strict=True,
        )
    )
    found = [_repeat(scope, each, *fields[each.path]) for each in words]
    names = [each.entity.name for each in found]
    twice = sorted({each for each in names if names.count(each) > 1})
    if twice:
        raise UsageError(
            f"The wide form is asked for more than once of: {', '.join(twice)}.",
            fix="Name one field that numbers or orders the rows of each entity.",
        )
    return tuple(found)


@dataclass(frozen=True)
class _Words:
    """What is typed for an entity."""

    target: str | None
    path: str
    how: str | None

    @classmethod
    def read(cls, text: str) -> "_Words":
        target, equals, rest = text.rpartition("=")
        path, colon, how = rest.partition(":")
        return cls(target.strip() if equals else None, path.strip(), how.strip() if colon else None)


def _repeat(scope: QueryScope, words: _Words, owner: Entity, spec: FieldSpec) -> Repeat:
    entity = _target(scope, words, owner)
    _require_repeated(scope, entity.name)
    numbering = _numbering(words, entity, spec)
    if owner is not entity:
        way = [each.entity for each in path_to(scope.dictionary, entity.name)]
        if owner.name not in way:
            raise UsageError(
                f"{words.path} cannot number the rows of {entity.name!r}.",
                why=f"No row of {entity.name!r} belongs to one of {owner.name!r} below "
                f"{scope.dictionary.main_entity!r}.",
            )
    return Repeat(entity, owner, spec, numbering)


def _target(scope: QueryScope, words: _Words, owner: Entity) -> Entity:
    if words.target is None:
        return owner
    found = scope.dictionary.find_entity(words.target)
    if found is None:
        names = (each.name for each in scope.dictionary.entities)
        hint = did_you_mean(words.target, names) if scope.suggests else ""
        raise NotFoundError(f"There is no entity {words.target!r}{hint}.")
    return found


def _numbering(words: _Words, entity: Entity, spec: FieldSpec) -> Numbering:
    path, how = words.path, words.how
    if how is not None and how not in {each.value for each in Numbering}:
        raise UsageError(f"The wide form knows {_WORDS}, not {path + ':' + how!r}.")
    numbering = _USUAL.get(spec.type) if how is None else Numbering(how)
    if spec.is_multi_select or spec.type is FieldType.STRING or numbering is None:
        kind = "multi-select" if spec.is_multi_select else str(spec.type)
        raise UsageError(
            f"{path} ({kind}) cannot number the rows of {entity.name!r} by itself.",
            fix="Name an integer that numbers them, or add :order, :first or :last to a number, "
            "date or datetime.",
        )
    if numbering is Numbering.NUMBER and spec.type is not FieldType.INTEGER:
        raise UsageError(
            f"{path} ({spec.type}) is not a whole number, which :number needs.",
            fix=f"Ask for {path}:order, which counts the rows.",
        )
    return numbering


def _require_repeated(scope: QueryScope, entity: str) -> None:
    dictionary = scope.dictionary
    main = dictionary.main_entity
    if entity == main:
        raise UsageError(
            f"{entity!r} is the main entity: the wide form has one row for each of its rows.",
            fix="Name a field of an entity below it.",
        )
    steps = path_to(dictionary, entity)
    if not any(each.has_many_rows for each in steps):
        why = f"has at most one row for each row of {main!r}" if steps else "is joined to nothing"
        raise UsageError(f"{entity!r} {why}, so the wide form is not for it.")
