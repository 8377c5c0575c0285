"""The fields that samples have of their own (batch, tissue), as an entity where their assay goes.

Its tables are those of the source, under the same guards as the assay. Where a linking table says
to which row a sample belongs, that table is one more of the entity, and holds what refers to it.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from apollo_spark.errors import ConflictError, NotFoundError
from apollo_spark.model.assay import AssayRecord
from apollo_spark.model.change import AssayMerge
from apollo_spark.model.coding import Coding
from apollo_spark.model.dataset import TableSlice
from apollo_spark.model.dictionary import Entity, Relation, Relationship
from apollo_spark.model.guard import RowGuard
from apollo_spark.records.changes.clashes import coding_difference
from apollo_spark.records.changes.shown_rows import KEY, SAMPLE_ID, only_fields
from apollo_spark.records.content import Content, samples_origin
from apollo_spark.records.field_link import find_spec
from apollo_spark.records.open_codings import can_be_joined

SAMPLE = "sample"


@dataclass(frozen=True)
class SampleEntity:
    """Samples with their own fields, as the target has them.

    Attributes:
        entity: The entity.
        slices: Its tables.
        relation: What joins it to the entity that the samples belong to.
        codings: Codings of its fields that the target lacks.
        notes: What people should know: another name, what was left out.
    """

    entity: Entity
    slices: tuple[TableSlice, ...]
    relation: Relation
    codings: tuple[Coding, ...]
    notes: tuple[str, ...]


def find_sample_entity(content: Content, assay: AssayRecord) -> Entity | None:
    """Return the entity whose keys are the ids of an assay's samples, as they were loaded."""
    origin = samples_origin(content, assay)
    tables = {each.table for each in content.pins if each.location == origin}
    found = [
        each
        for each in content.dictionary.entities
        if each.primary_key and tables & {x.table for x in content.tables_of(each.name)}
    ]
    return min(found, key=lambda each: _distance(content, assay, each), default=None)


def own_fields(content: Content, assay: AssayRecord, entity: Entity) -> tuple[str, ...]:
    """Return the fields of samples beside their key and beside what a linking table says."""
    links = {each.link.table for each in content.assays if each.link is not None}
    linked = {
        field
        for each in content.tables_of(entity.name)
        if each.table in links
        for field in each.fields or ()
    }
    keys = {entity.primary_key, assay.field if entity.name == assay.entity else None}
    return tuple(each.name for each in entity.fields if each.name not in {*linked, *keys})


def bring_samples(
    beside: Content, target: Content, change: AssayMerge, assay: AssayRecord
) -> SampleEntity | None:
    """Return the samples of a source as an entity of the target.

    It is None where they have no fields of their own, or nothing of them is wanted.

    Args:
        beside: The source beside the target.
        target: What the assay is joined to.
        change: What is asked for.
        assay: The assay as the target has it, guards and all.

    Raises:
        NotFoundError: A field that is named is not there.
        ConflictError: The name of the entity, or a coding of another content, is taken.
    """
    own, known = _known(beside, change)
    wanted = _wanted(known, change)
    if own is None or not wanted:
        return None
    narrowed = only_fields(beside, own.name, (str(own.primary_key), *wanted))
    return _Bringing(narrowed, own, target, change, assay).result()


def notes_of_samples(beside: Content, change: AssayMerge) -> tuple[str, ...]:
    """Return what a person should know: the fields of samples that an option leaves out."""
    own, known = _known(beside, change)
    wanted = _wanted(known, change)
    gone = [each for each in known if each not in wanted]
    if own is None or not gone:
        return ()
    listed = ", ".join(f"{own.name}.{each}" for each in gone)
    return (f"left out, as asked: {len(gone)} of {len(known)} fields of the samples: {listed}",)


def guarded_samples(
    tables: tuple[TableSlice, ...], key: str, guards: Iterable[RowGuard]
) -> tuple[TableSlice, ...]:
    """Return the tables of a sample entity with the guards of its assay, which name its ids."""
    first, *others = tables
    column = first.column_of(key)
    added = tuple(each.model_copy(update={"column": column}) for each in guards)
    missing = tuple(each for each in added if each not in first.guards)
    return (first.model_copy(update={"guards": (*first.guards, *missing)}), *others)


class _Bringing:
    """Puts the entity together."""

    def __init__(
        self,
        narrowed: Content,
        own: Entity,
        target: Content,
        change: AssayMerge,
        assay: AssayRecord,
    ) -> None:
        found = narrowed.dictionary.find_entity(own.name)
        assert found is not None, "it was narrowed, and is there"
        self._entity = found
        self._key = str(own.primary_key)
        self._tables = narrowed.tables_of(own.name)
        self._dictionary = narrowed.dictionary
        self._known = {each.name: each for each in narrowed.dictionary.codings}
        self._target = target
        self._change = change
        self._assay = assay
        self._notes: list[str] = []

    def result(self) -> SampleEntity:
        """Return it.

        Raises:
            ConflictError: A name is taken.
        """
        name = self._name()
        codings, renamed = self._codings()
        fields = tuple(
            each.model_copy(
                update={"coding_name": renamed.get(each.coding_name or "", each.coding_name)}
            )
            for each in self._entity.fields
        )
        tables, refers = self._tables, self._key
        if self._assay.link is not None:
            refers = self._reference()
            tables = (*tables, self._linked(refers, self._assay.link.table))
            spec = find_spec(self._target.dictionary, self._change.entity, self._change.field)
            assert spec is not None, "the field of the link is checked"
            fields = (*fields, spec.model_copy(update={"name": refers, "source_column": None}))
        entity = self._entity.model_copy(update={"name": name, "fields": fields})
        relation = _relation(name, refers, self._change, is_linked=self._assay.link is not None)
        tables = guarded_samples(tables, self._key, self._assay.guards)
        return SampleEntity(entity, tables, relation, codings, tuple(self._notes))

    def _name(self) -> str:
        taken = {each.name.casefold() for each in self._target.dictionary.entities}
        longer = f"{self._assay.name}_{SAMPLE}"
        name = SAMPLE if SAMPLE not in taken else longer
        if name.casefold() in taken:
            raise ConflictError(
                f"{self._change.target} has the entities {SAMPLE!r} and {longer!r} already.",
                fix="Give the assay another name with --name, or add --no-sample-fields.",
            )
        if name != SAMPLE:
            self._notes.append(
                f"the samples' own fields are in the entity {name}, because the name {SAMPLE} is "
                "taken"
            )
        return name

    def _reference(self) -> str:
        """Return what the field is called that refers to the row of a sample."""
        taken = {each.name.casefold() for each in self._entity.fields}
        entity, field = self._change.entity, self._change.field
        for each in (field, f"{entity}_{field}", f"link_{entity}_{field}"):
            if each.casefold() not in taken:
                return each
        raise ConflictError(
            f"The samples of {self._change.source} have fields called {field} already.",
            fix="Leave them out: name others with --sample-fields LIST.",
        )

    def _linked(self, refers: str, table: str) -> TableSlice:
        columns = () if refers == KEY else ((refers, KEY),)
        return TableSlice(
            table=table, fields=(refers,), columns=columns, key=SAMPLE_ID, on=self._key
        )

    def _codings(self) -> tuple[tuple[Coding, ...], dict[str, str]]:
        """Return the codings that the target lacks, and its names of those that it has."""
        dictionaries = self._dictionary, self._target.dictionary
        there = {each.name.casefold(): each for each in self._target.dictionary.codings}
        added: list[Coding] = []
        renamed: dict[str, str] = {}
        clashes: list[str] = []
        for coding in self._known.values():
            same = there.get(coding.name.casefold())
            if same is None:
                added.append(coding)
            elif same.rows == coding.rows:
                renamed[coding.name] = same.name
            elif can_be_joined(*dictionaries, coding.name, same.name):
                renamed[coding.name] = same.name
                added.append(coding.model_copy(update={"name": same.name}))
            else:
                clashes.append(f"  coding {coding.name}: {coding_difference(coding, same)}")
        if clashes:
            source, target = self._change.source, self._change.target
            raise ConflictError(
                "\n".join([f"The samples of {source} and {target} have codings in common:",
                           *clashes]),
                fix="Leave out the fields that have them: name others with --sample-fields LIST, "
                "or add --no-sample-fields.",
            )  # fmt: skip
        return tuple(added), renamed


def _distance(content: Content, assay: AssayRecord, entity: Entity) -> int:
    """Return how far an entity is from being that of an assay's samples; the nearest is it.

    The samples of two assays may be rows of one table.
    """
    tables = content.tables_of(entity.name)
    if assay.link is None and entity.name == assay.entity:
        return 0
    if assay.link is not None and assay.link.table in {each.table for each in tables}:
        return 1
    ends = {
        ((each.from_entity, each.from_field), (each.to_entity, each.to_field))
        for each in content.dictionary.relations
    }
    own = (entity.name, str(entity.primary_key))
    is_joined = assay.link is None and (own, (assay.entity, assay.field)) in ends
    return 2 if is_joined else 3


def _known(beside: Content, change: AssayMerge) -> tuple[Entity | None, tuple[str, ...]]:
    """Return the entity of an assay's samples in the source, and their own fields."""
    assay = next(each for each in beside.assays if each.name == change.assay)
    own = find_sample_entity(beside, assay)
    return own, () if own is None else own_fields(beside, assay, own)


def _wanted(known: tuple[str, ...], change: AssayMerge) -> tuple[str, ...]:
    if not change.brings_samples:
        return ()
    if change.sample_fields is None:
        return known
    lost = [each for each in change.sample_fields if each not in known]
    if lost:
        raise NotFoundError(
            f"The samples of {change.source} have no field {', '.join(lost)}.",
            fix=f"They have {', '.join(known)}." if known else "They have none.",
        )
    return tuple(each for each in known if each in change.sample_fields)


def _relation(name: str, refers: str, change: AssayMerge, *, is_linked: bool) -> Relation:
    return Relation(
        from_entity=name,
        from_field=refers,
        to_entity=change.entity,
        to_field=change.field,
        relationship=Relationship.MANY_TO_ONE if is_linked else Relationship.ONE_TO_ONE,
    )
