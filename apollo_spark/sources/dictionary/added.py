"""Read the dictionary of an extension: checked together with the one that it is added to.

What both describe must agree. Of the standing dictionary only what joins entities takes part, so
that a few fields are added to thousands without all of them being checked again.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from apollo_spark.model.addition import Addition
from apollo_spark.model.base import Record
from apollo_spark.model.coding import Coding
from apollo_spark.model.dictionary import DataDictionary, Entity, Relation
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
    check_tables,
)
from apollo_spark.sources.dictionary.references import REFERENCE, UNREACHABLE
from apollo_spark.sources.findings import finding_of
from apollo_spark.sources.text_table import TextRow, TextTable, read_text_table
from apollo_spark.workers.values.tidying import tidy_name

STANDING = 0
"""The line of rows that stand in no file."""


class AdditionReading(Record):
    """What a dictionary adds, or None where a finding refuses it, and all findings.

    `key_column` is the column of the entity's key, where the dictionary names it.
    """

    addition: Addition | None
    key_column: str | None = None
    findings: tuple[Finding, ...] = ()


def read_addition(
    dictionary: Path,
    codings: Path | None,
    base: DataDictionary,
    entity: str,
    *,
    policy: Policy = STRICT,
) -> AdditionReading:
    """Read and check what a dictionary adds to a standing one.

    Args:
        dictionary: Rows for the fields that are added; others may repeat what stands.
        codings: Codings that they use, beside those that stand.
        base: The standing dictionary.
        entity: The entity that is added, or that gets the fields.
        policy: Gives the severities of what is found.
    """
    fields = read_text_table(dictionary)
    codes = read_text_table(codings) if codings else None
    unread = (*fields.findings, *(codes.findings if codes else ()))
    if fields.table is None or (codes is not None and codes.table is None):
        return AdditionReading(addition=None, findings=unread)
    if not has_columns(fields.table, FIELD_REQUIRED):
        return AdditionReading(
            addition=None, findings=(*unread, *check_field_columns(fields.table))
        )
    reader = _AdditionReader(base, entity, fields.table, codes.table if codes else None, policy)
    reading = reader.read()
    return reading.model_copy(update={"findings": (*unread, *reading.findings)})


@dataclass(frozen=True)
class _AdditionReader:
    """The files of an addition beside what stands."""

    base: DataDictionary
    entity: str
    fields: TextTable
    codings: TextTable | None
    policy: Policy

    def read(self) -> AdditionReading:
        rows = tuple(each for each in self.fields.rows if self._standing(each) is None)
        fields = replace(self.fields, rows=(*_standing_rows(self.base), *rows))
        tables = DictionaryTables(fields=fields, codings=self._code_table(rows))
        clashes = (*self._clashes(), *self._strangers(rows), *self._changed_codings())
        clashes += tuple(self._opened_codings(rows))
        standing = tuple(each.name for each in self.base.entities)
        checked = check_tables(tables, policy=self.policy, standing=standing)
        found = tuple(map(_placed, checked))
        key_column = next(filter(None, map(self._key_column, self.fields.rows)), None)
        findings = (*found, *clashes)
        if all(each.rule != UNREACHABLE for each in refusing(found)):
            findings += tuple(self._late_joins(rows))
        if refusing(findings):
            return AdditionReading(addition=None, key_column=key_column, findings=findings)
        addition = self._addition(build_dictionary(tables))
        return AdditionReading(addition=addition, key_column=key_column, findings=findings)

    def _addition(self, joined: DataDictionary) -> Addition | None:
        """Return what of a dictionary of old and new is new."""
        found = joined.find_entity(self.entity)
        if found is None:
            return None
        standing = self.base.find_entity(self.entity)
        known = {each.name for each in standing.fields} if standing else set()
        return Addition(
            entity=found.model_copy(
                update={"fields": tuple(each for each in found.fields if each.name not in known)}
            ),
            relations=tuple(
                each for each in joined.relations if standing is None and _of(each, self.entity)
            ),
            codings=tuple(
                each for each in joined.codings if self.base.find_coding(each.name) is None
            ),
        )

    def _standing(self, row: TextRow) -> FieldSpec | None:
        """Return the field that a row describes, if it stands already."""
        entity = self._lowered.get(row["entity"].strip().lower(), {})
        return entity.get(row["name"].strip().lower())

    @cached_property
    def _lowered(self) -> Mapping[str, Mapping[str, FieldSpec]]:
        return {
            entity.name.lower(): {each.name.lower(): each for each in entity.fields}
            for entity in self.base.entities
        }

    def _is_key(self, row: TextRow, standing: FieldSpec) -> bool:
        entity = self.base.find_entity(self.entity)
        named = row["entity"].strip().lower() == self.entity.lower()
        return named and entity is not None and standing.name == entity.primary_key

    def _key_column(self, row: TextRow) -> str | None:
        standing = self._standing(row)
        if standing is None or not self._is_key(row, standing):
            return None
        return tidy_name(row[SOURCE_COLUMN]) or None

    def _clashes(self) -> Iterator[Finding]:
        """Find rows that describe otherwise what stands, or add what is there."""
        for row in self.fields.rows:
            standing = self._standing(row)
            if standing is None:
                continue
            entity, type_ = row["entity"].strip(), row["type"].strip()
            path = f"{entity}.{standing.name}"
            if entity.lower() == self.entity.lower() and not self._is_key(row, standing):
                message = f"field '{path}' is in the dataset already"
            elif type_ != str(standing.type):
                message = f"field '{path}' is {standing.type} in the dataset"
            else:
                continue
            yield finding_of(
                "field_present",
                message,
                file=self.fields.file,
                line=row.line,
                entity=entity,
                column=standing.name,
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
        """Find references that would join what stands, and is joined to nothing."""
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
        """Return the codings of the file with the standing ones that its fields name."""
        given = self.codings or TextTable(NOT_GIVEN.file, (*CODE_REQUIRED, *CODE_OPTIONAL))
        own = {each["coding_name"] for each in given.rows}
        names = dict.fromkeys(each["coding_name"] for each in rows)
        known = [self.base.find_coding(each) for each in names if each not in own]
        standing = [row for coding in known if coding for row in _code_rows(coding)]
        if self.codings is None and not standing:
            return NOT_GIVEN
        return replace(given, rows=(*standing, *given.rows))

    def _changed_codings(self) -> Iterator[Finding]:
        if self.codings is None or not has_columns(self.codings, CODE_REQUIRED):
            return
        for name, rows in collect_codings(self.codings)[0].items():
            standing = self.base.find_coding(name)
            if standing is not None and not _is_same(standing, name, rows):
                message = f"coding '{name}' is in the dataset with other codes"
                yield finding_of(
                    "coding_present", message, file=self.codings.file, line=rows[0].line
                )

    def _opened_codings(self, rows: tuple[TextRow, ...]) -> Iterator[Finding]:
        """Find fields that would open a coding that is closed where it stands, or close it."""
        open_ones = {spec.coding_name: spec.is_open_coding for _, spec in self.base.paths()}
        for row in rows:
            is_open, name = row[OPEN_CODING].strip() == YES, row["coding_name"]
            if name and open_ones.get(name, is_open) != is_open:
                message = f"coding '{name}' is {'closed' if is_open else 'open'} in the dataset"
                yield finding_of("coding_open", message, file=self.fields.file, line=row.line)


def _is_same(standing: Coding, name: str, rows: Sequence[TextRow]) -> bool:
    try:
        return build_coding(name, rows) == standing
    except ValueError:
        # Rows that are wrong in themselves are reported as such.
        return True


def _of(relation: Relation, entity: str) -> bool:
    return entity in {relation.from_entity, relation.to_entity}


def _standing_rows(base: DataDictionary) -> Iterator[TextRow]:
    """Return rows for the keys of a dictionary and for what joins its entities."""
    ends = {(each.to_entity, each.to_field) for each in base.relations}
    starts = {(each.from_entity, each.from_field): each for each in base.relations}
    for entity in base.entities:
        for spec in entity.fields:
            path = (entity.name, spec.name)
            if spec.name == entity.primary_key or path in ends or path in starts:
                yield _standing_row(base, entity, spec, starts.get(path))


def _standing_row(
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
    return TextRow(STANDING, cells)


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
        yield TextRow(STANDING, cells)


def _placed(finding: Finding) -> Finding:
    """Take the place away from what is found in no file."""
    if finding.line != STANDING:
        return finding
    return finding.model_copy(update={"file": None, "line": None, "places": ()})
