"""The rows of the entity dictionary: titles and labels of entities."""

from collections.abc import Iterator, Mapping

from apollo_spark.model.findings import Finding
from apollo_spark.sources.dictionary.field_rows import FieldTable
from apollo_spark.sources.findings import finding_of
from apollo_spark.sources.suggest import did_you_mean
from apollo_spark.sources.text_table import TextRow, TextTable


def check_titles_known(table: TextTable, fields: FieldTable) -> Iterator[Finding]:
    """Check that every entity of the entity dictionary stands in the data dictionary."""
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
