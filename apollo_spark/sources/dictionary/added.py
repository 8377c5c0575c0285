"""Read the dictionary of an extension: checked together with the one that it is added to.

What both describe must agree. Of the dictionary of the dataset only what joins
entities takes part: a few fields are added to thousands, which are not all checked again.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from apollo_spark.model.base import Record
from apollo_spark.model.coding import Coding
from apollo_spark.model.dictionary import DataDictionary, DictionaryExtension, Entity, Relation
from apollo_spark.model.field import FieldSpec
from apollo_spark.model.findings import Finding, refusing
from apollo_spark.model.policy import STRICT, Policy
from apollo_spark.sources.dictionary.codings import build_coding, collect_codings
from apollo_spark.sources.dictionary.columns import (
    CODE_OPTIONAL,
    CODE_REQUIRED,
    FIELD_REQUIRED,
    OPEN_CODING,
    PARENT_CODE,
    SOURCE_COLUMN,
    YES,
    check_field_columns,
    has_columns,
)
from apollo_spark.sources.dictionary.read import (
    NOT_GIVEN,
    DictionaryTables,
    build_dictionary,
    check_dictionary,
)
from apollo_spark.sources.dictionary.references import REFERENCE, UNREACHABLE
from apollo_spark.sources.findings import finding_of
from apollo_spark.sources.text_table import TextRow, TextTable, read_text_table
from apollo_spark.workers.values.tidying import tidy_name

NO_LINE = 0
"""The line of rows that are in no file."""


class ReadExtension(Record):
    """What a dictionary adds, or None where a finding refuses it, and all findings.

    `key_column` is the column of the entity's key, where the dictionary names it.
    """

    extension: DictionaryExtension | None
    key_column: str | None = None
    findings: tuple[Finding, ...] = ()


def read_extension(
    dictionary: Path,
    codings: Path | None,
    base: DataDictionary,
    entity: str,
    *,
    policy: Policy = STRICT,
) -> ReadExtension:
    """Read and check what a dictionary adds to the one of a dataset.

    Args:
        dictionary: Rows for the fields that are added; others may repeat what the dataset has.
        codings: Codings that they use, beside those of the dataset.
        base: The dictionary of the dataset.
        entity: The entity that is added, or that gets the fields.
        policy: Gives the severities of what is found.
    """
    fields = read_text_table(dictionary)
    codes = read_text_table(codings) if codings else None
    unread = (*fields.findings, *(codes.findings if codes else ()))
    if fields.table is None or (codes is not None and codes.table is None):
        return ReadExtension(extension=None, findings=unread)
    if not has_columns(fields.table, FIELD_REQUIRED):
        return ReadExtension(extension=None, findings=(*unread, *check_field_columns(fields.table)))
    reader = _ExtensionReader(base, entity, fields.table, codes.table if codes else None, policy)
    reading = reader.read()
    return reading.model_copy(update={"findings": (*unread, *reading.findings)})


@dataclass(frozen=True)
class _ExtensionReader:
    """The files of an extension beside what the dataset has."""

    base: DataDictionary
    entity: str
    fields: TextTable
    codings: TextTable | None
    policy: Policy

    def read(self) -> ReadExtension:
        rows = tuple(each for each in self.fields.rows if self._base_field(each) is None)
        fields = replace(self.fields, rows=(*_base_rows(self.base), *rows))
        tables = DictionaryTables(fields=fields, codings=self._code_table(rows))
        clashes = (*self._clashes(), *self._strangers(rows), *self._changed_codings())
        clashes += tuple(self._opened_codings(rows))
        known = tuple(each.name for each in self.base.entities)
        problems = check_dictionary(tables, policy=self.policy, checked=known)
        found = tuple(map(_placed, problems))
        key_column = next(filter(None, map(self._key_column, self.fields.rows)), None)
        findings = (*found, *clashes)
        if all(each.rule != UNREACHABLE for each in refusing(found)):
            findings += tuple(self._late_joins(rows))
        if refusing(findings):
            return ReadExtension(extension=None, key_column=key_column, findings=findings)
        extension = self._extension(build_dictionary(tables))
        return ReadExtension(extension=extension, key_column=key_column, findings=findings)

    def _extension(self, joined: DataDictionary) -> DictionaryExtension | None:
        """Return what of a dictionary of old and new is new."""
        found = joined.find_entity(self.entity)
        if found is None:
            return None
        before = self.base.find_entity(self.entity)
        known = {each.name for each in before.fields} if before else set()
        return DictionaryExtension(
            entity=found.model_copy(
                update={"fields": tuple(each for each in found.fields if each.name not in known)}
            ),
            relations=tuple(
                each for each in joined.relations if before is None and _of(each, self.entity)
            ),
            codings=tuple(
                each for each in joined.codings if self.base.find_coding(each.name) is None
            ),
        )

    def _base_field(self, row: TextRow) -> FieldSpec | None:
        """Return the field that a row describes, if the dataset has it."""
        entity = self._lowered.get(row["entity"].strip().lower(), {})
        return entity.get(row["name"].strip().lower())

    @cached_property
    def _lowered(self) -> Mapping[str, Mapping[str, FieldSpec]]:
        return {
            entity.name.lower(): {each.name.lower(): each for each in entity.fields}
            for entity in self.base.entities
        }

    def _is_key(self, row: TextRow, field: FieldSpec) -> bool:
        entity = self.base.find_entity(self.entity)
        named = row["entity"].strip().lower() == self.entity.lower()
        return named and entity is not None and field.name == entity.primary_key

    def _key_column(self, row: TextRow) -> str | None:
        field = self._base_field(row)
        if field is None or not self._is_key(row, field):
            return None
        return tidy_name(row[SOURCE_COLUMN]) or None

    def _clashes(self) -> Iterator[Finding]:
        """Find rows that describe otherwise what the dataset has, or add it again."""
        for row in self.fields.rows:
            field = self._base_field(row)
            if field is None:
                continue
            entity, type_ = row["entity"].strip(), row["type"].strip()
            path = f"{entity}.{field.name}"
            if entity.lower() == self.entity.lower() and not self._is_key(row, field):
                message = f"field '{path}' is in the dataset already"
            elif type_ != str(field.type):
                message = f"field '{path}' is {field.type} in the dataset"
            else:
                continue
            yield finding_of(
                "field_present",
                message,
                file=self.fields.file,
                line=row.line,
                entity=entity,
                column=field.name,
            )

    def _strangers(self, rows: tuple[TextRow, ...]) -> Iterator[Finding]:
        """Find rows of entities whose files are not given."""
        for row in rows:
            entity = row["entity"].strip()
            if entity and entity.lower() != self.entity.lower():
                message = f"a field of entity '{entity}' is described, and '{self.entity}' is added"
                yield finding_of(
                    "file_of_entity", message, file=self.fields.file, line=row.line, entity=entity
                )

    def _late_joins(self, rows: tuple[TextRow, ...]) -> Iterator[Finding]:
        """Find references that would join an entity of the dataset that is joined to nothing."""
        for row in rows:
            target = row[REFERENCE].partition(":")[0].strip()
            ends = {target, row["entity"].strip()} if target else set()
            for alone in sorted(ends & self.base.unjoined):
                message = f"it would join entity '{alone}', which is joined to nothing in the "
                message += "dataset; only a load of all its files can join it"
                yield finding_of(
                    UNREACHABLE,
                    message,
                    file=self.fields.file,
                    line=row.line,
                    entity=row["entity"].strip(),
                    column=REFERENCE,
                )

    def _code_table(self, rows: tuple[TextRow, ...]) -> TextTable:
        """Return the codings of the file with those of the dataset that its fields name."""
        given = self.codings or TextTable(NOT_GIVEN.file, (*CODE_REQUIRED, *CODE_OPTIONAL))
        own = {each["coding_name"] for each in given.rows}
        names = dict.fromkeys(each["coding_name"] for each in rows)
        known = [self.base.find_coding(each) for each in names if each not in own]
        rows_before = [row for coding in known if coding for row in _code_rows(coding)]
        if self.codings is None and not rows_before:
            return NOT_GIVEN
        return replace(given, rows=(*rows_before, *given.rows))

    def _changed_codings(self) -> Iterator[Finding]:
        if self.codings is None or not has_columns(self.codings, CODE_REQUIRED):
            return
        for name, rows in collect_codings(self.codings)[0].items():
            before = self.base.find_coding(name)
            if before is not None and not _is_same(before, name, rows):
                message = f"coding '{name}' is in the dataset with other codes"
                yield finding_of(
                    "coding_present", message, file=self.codings.file, line=rows[0].line
                )

    def _opened_codings(self, rows: tuple[TextRow, ...]) -> Iterator[Finding]:
        """Find fields that would open a coding of the dataset that is closed, or close one."""
        open_ones = {spec.coding_name: spec.is_open_coding for _, spec in self.base.paths()}
        for row in rows:
            is_open, name = row[OPEN_CODING].strip() == YES, row["coding_name"]
            if name and open_ones.get(name, is_open) != is_open:
                message = f"coding '{name}' is {'closed' if is_open else 'open'} in the dataset"
                yield finding_of("coding_open", message, file=self.fields.file, line=row.line)


def _is_same(before: Coding, name: str, rows: Sequence[TextRow]) -> bool:
    try:
        return build_coding(name, rows) == before
    except ValueError:
        # Rows that are wrong in themselves are reported as such.
        return True


def _of(relation: Relation, entity: str) -> bool:
    return entity in {relation.from_entity, relation.to_entity}


def _base_rows(base: DataDictionary) -> Iterator[TextRow]:
    """Return rows for the keys of a dictionary and for what joins its entities."""
    ends = {(each.to_entity, each.to_field) for each in base.relations}
    starts = {(each.from_entity, each.from_field): each for each in base.relations}
    for entity in base.entities:
        for spec in entity.fields:
            path = (entity.name, spec.name)
            if spec.name == entity.primary_key or path in ends or path in starts:
                yield _base_row(base, entity, spec, starts.get(path))


def _base_row(
    base: DataDictionary, entity: Entity, spec: FieldSpec, relation: Relation | None
) -> TextRow:
    role = "global" if entity.name == base.main_entity else "local"
    cells = {
        "entity": entity.name,
        "name": spec.name,
        "type": str(spec.type),
        "primary_key_type": role if spec.name == entity.primary_key else "",
        "is_multi_select": YES if spec.is_multi_select else "",
    }
    if relation is not None:
        cells["referenced_entity_field"] = f"{relation.to_entity}:{relation.to_field}"
        cells["relationship"] = str(relation.relationship)
    return TextRow(NO_LINE, cells)


def _code_rows(coding: Coding) -> Iterator[TextRow]:
    for place in coding.rows:
        cells = {
            "coding_name": coding.name,
            "code": place.code,
            "meaning": place.meaning,
            "concept": place.concept,
            "display_order": str(place.display_order),
            PARENT_CODE: place.parent_code,
        }
        yield TextRow(NO_LINE, cells)


def _placed(finding: Finding) -> Finding:
    """Take the place away from what is found in no file."""
    if finding.line != NO_LINE:
        return finding
    return finding.model_copy(update={"file": None, "line": None, "places": ()})
