"""Read the data dictionary, the codings and the entity dictionary as one value.

Everything that is wrong in any of the three files is reported at once. A file that cannot be
read, or not whole, is reported for that, and the questions that need it whole are not asked.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from apollo_spark.model.base import Record
from apollo_spark.model.dictionary import DataDictionary, Entity, Relation, Relationship
from apollo_spark.model.field import FieldSpec, FieldType
from apollo_spark.model.findings import Finding, refusing
from apollo_spark.model.policy import STRICT, Policy
from apollo_spark.model.rules import RULES
from apollo_spark.sources.dictionary import columns
from apollo_spark.sources.dictionary.codings import (
    build_coding,
    check_coding,
    check_fit,
    check_known,
    check_unused,
    collect_codings,
    collect_uses,
)
from apollo_spark.sources.dictionary.field_rows import (
    FieldRow,
    FieldTable,
    check_field,
    check_headers,
    check_keys,
    check_open_codings,
    collect_fields,
)
from apollo_spark.sources.dictionary.references import (
    RELATIONSHIP,
    UNREACHABLE,
    check_tree,
    collect_references,
)
from apollo_spark.sources.findings import finding_of
from apollo_spark.sources.suggest import did_you_mean
from apollo_spark.sources.text_table import TableReading, TextRow, TextTable, read_text_table
from apollo_spark.workers.values.tidying import tidy_name


def check_titles_known(table: TextTable, fields: FieldTable) -> Iterator[Finding]:
    """Check that every entity of the entity dictionary is in the data dictionary."""
    for row in table.rows:
        name = row["entity"].strip()
        if name not in fields.by_entity:
            hint = did_you_mean(name, fields.by_entity)
            message = f"entity '{name}' is not in the data dictionary{hint}"
            yield _finding("entity_title_unknown", message, table.file, row)


def check_titles_once(table: TextTable) -> Iterator[Finding]:
    """Check that an entity occurs once in the entity dictionary."""
    first_lines: dict[str, int] = {}
    for row in table.rows:
        name = row["entity"].strip()
        line = first_lines.setdefault(name, row.line)
        if line != row.line:
            message = f"entity '{name}' is already on line {line}"
            yield _finding("entity_title_repeated", message, table.file, row)


def collect_titles(table: TextTable) -> Mapping[str, TextRow]:
    """Return the rows by entity."""
    return {row["entity"].strip(): row for row in table.rows}


def _finding(rule: str, message: str, file: str, row: TextRow) -> Finding:
    entity = row["entity"].strip() or None
    return finding_of(rule, message, file=file, line=row.line, entity=entity, column="entity")


NOT_GIVEN = TextTable(file="")


class DictionaryReading(Record):
    """A data dictionary, or None where a finding refuses it, and all findings."""

    dictionary: DataDictionary | None
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class DictionaryTables:
    """The three files as tables; None is a file that was given and could not be read."""

    fields: TextTable | None
    codings: TextTable | None = NOT_GIVEN
    entities: TextTable | None = NOT_GIVEN


def read_dictionary(
    data_dictionary: Path,
    codings: Path | None = None,
    entities: Path | None = None,
    *,
    policy: Policy = STRICT,
) -> DictionaryReading:
    """Read and check the dictionary files: csv or tsv by the ending, plain or gzip, UTF-8.

    Findings are in the order of the files and of their lines, with the severities that a policy
    gives to what is in the files. A file that cannot be read is never softened.
    """
    given = (data_dictionary, codings, entities)
    readings = [read_text_table(each) if each else TableReading(NOT_GIVEN) for each in given]
    tables = DictionaryTables(*(each.table for each in readings))
    unreadable = [finding for reading in readings for finding in reading.findings]
    findings = (*unreadable, *check_dictionary(tables, policy=policy))
    names = [str(each) if each else "" for each in given]
    ordered = tuple(sorted(findings, key=lambda each: _position(each, names)))
    dictionary = None if refusing(ordered) else build_dictionary(tables)
    return DictionaryReading(dictionary=dictionary, findings=ordered)


def _position(finding: Finding, names: list[str]) -> tuple[int, int]:
    return names.index(finding.file or ""), finding.line or 0


def check_dictionary(
    tables: DictionaryTables, *, policy: Policy = STRICT, checked: Collection[str] = ()
) -> tuple[Finding, ...]:
    """Check the content of the files: each by itself, then against each other.

    Args:
        tables: The files.
        policy: Gives the severities of what is found.
        checked: Entities that were checked before, and may be joined to nothing.
    """
    table = tables.fields
    if table is None:
        return tuple(_check_others(tables, None))
    findings = columns.check_field_columns(table)
    if not columns.has_columns(table, columns.FIELD_REQUIRED):
        return (*findings, *_check_others(tables, None))
    fields, named = collect_fields(table)
    content = _check_fields(fields, policy, checked) if fields.fields else _check_empty(table)
    others = _check_others(tables, fields if fields.fields and table.is_whole else None)
    found = _under_policy(policy, (*findings, *named, *content, *others))
    # What will be left out is worth saying once something is left: before that, a misspelt name
    # would show up a second time as a coding that nobody uses.
    if refusing(found):
        return found
    return (*found, *_under_policy(policy, _check_unused(tables, fields)))


def _under_policy(policy: Policy, findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings with the severities of a policy; what nothing joins has its own already."""
    return tuple(
        each
        if RULES[each.rule].kind != "dictionary" or each.rule == UNREACHABLE
        else each.model_copy(update={"severity": policy.severity_of(each.rule)})
        for each in findings
    )


def _check_empty(table: TextTable) -> Iterator[Finding]:
    if table.is_whole:
        yield finding_of("dictionary_empty", "there is no row under the header", file=table.file)


def _check_fields(
    fields: FieldTable, policy: Policy, checked: Collection[str]
) -> Iterator[Finding]:
    for each in fields.fields:
        yield from check_field(fields.file, each)
    yield from check_headers(fields)
    yield from check_open_codings(fields)
    if fields.is_whole:
        yield from check_keys(fields)
        references = collect_references(fields)
        yield from references.findings
        yield from check_tree(fields, references, policy=policy, checked=checked)


def _check_others(tables: DictionaryTables, fields: FieldTable | None) -> Iterator[Finding]:
    """Check the other files; fields are None where there may be more than could be read."""
    if tables.codings is not None:
        yield from _check_codings(tables.codings, fields)
    if tables.entities is not None and tables.entities is not NOT_GIVEN:
        yield from _check_entities(tables.entities, fields)


def _check_codings(table: TextTable, fields: FieldTable | None) -> Iterator[Finding]:
    is_given = table is not NOT_GIVEN
    if is_given:
        yield from columns.check_code_columns(table)
        if not columns.has_columns(table, columns.CODE_REQUIRED):
            return
    codings, findings = collect_codings(table)
    yield from findings
    for name, rows in codings.items():
        yield from check_coding(table.file, name, rows)
    if fields is None:
        return
    uses = collect_uses(fields)
    yield from check_fit(table, uses, codings)
    if table.is_whole:
        yield from check_known(fields, uses, codings, table.file if is_given else None)


def _check_unused(tables: DictionaryTables, fields: FieldTable) -> Iterator[Finding]:
    if tables.codings is not None:
        codings, _ = collect_codings(tables.codings)
        yield from check_unused(tables.codings, collect_uses(fields), codings)


def _check_entities(table: TextTable, fields: FieldTable | None) -> Iterator[Finding]:
    yield from columns.check_entity_columns(table)
    if columns.has_columns(table, columns.ENTITY_REQUIRED):
        yield from check_titles_once(table)
        if fields is not None:
            yield from check_titles_known(table, fields)


def build_dictionary(tables: DictionaryTables) -> DataDictionary:
    """Build the dictionary from tables in which no check found an error.

    Only codings that a field uses are kept, in the order of their first use.
    """
    fields = collect_fields(tables.fields or NOT_GIVEN)[0]
    codings = collect_codings(tables.codings or NOT_GIVEN)[0]
    titles = collect_titles(tables.entities or NOT_GIVEN)
    return DataDictionary(
        main_entity=fields.global_keys[0].entity,
        entities=tuple(
            _build_entity(name, rows, titles.get(name)) for name, rows in fields.by_entity.items()
        ),
        relations=tuple(
            Relation(
                from_entity=each.field.entity,
                from_field=each.field.name,
                to_entity=each.target.entity,
                to_field=each.target.name,
                relationship=Relationship(each.field.word(RELATIONSHIP)),
            )
            for each in collect_references(fields).items
        ),
        codings=tuple(
            build_coding(name, codings[name]) for name in collect_uses(fields) if name in codings
        ),
    )


def _build_entity(name: str, rows: Mapping[str, FieldRow], titles: TextRow | None) -> Entity:
    keys = [each.name for each in rows.values() if each.word("primary_key_type")]
    row = titles or TextRow(0, {})
    return Entity(
        name=name,
        primary_key=keys[0] if keys else None,
        fields=tuple(_build_field(each) for each in rows.values()),
        title=row["entity_title"] or None,
        description=row["entity_description"] or None,
        label_plural=row["entity_label_plural"] or None,
        label_singular=row["entity_label_singular"] or None,
    )


def _build_field(field: FieldRow) -> FieldSpec:
    row = field.row
    folders = row["folder_path"].split(columns.FOLDER_SEPARATOR) if row["folder_path"] else ()
    return FieldSpec(
        name=field.name,
        type=FieldType(field.word("type")),
        coding_name=row["coding_name"] or None,
        concept=row["concept"] or None,
        description=row["description"] or None,
        folder_path=tuple(folders),
        is_multi_select=field.is_multi_select,
        is_sparse=field.word("is_sparse_coding") == columns.YES,
        is_open_coding=field.word(columns.OPEN_CODING) == columns.YES,
        format=row[columns.FORMAT] or None,
        linkout=row["linkout"] or None,
        longitudinal_axis_type=row["longitudinal_axis_type"] or None,
        source_column=tidy_name(row[columns.SOURCE_COLUMN]) or None,
        title=row["title"] or None,
        units=row["units"] or None,
    )
