"""Read an id map: which feature id stands for which id of the sources."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from apollo_spark.assays.expression.sources.ids.features import is_ensembl
from apollo_spark.model.findings import Finding
from apollo_spark.sources.findings import finding_of, finding_of_lines
from apollo_spark.sources.text_table import TextTable, read_text_table


@dataclass(frozen=True)
class IdMap:
    """New ids by source id, and what was wrong; several new ids make a source id ambiguous."""

    targets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()


def read_id_map(path: Path) -> IdMap:
    """Read a csv or tsv file with a header and two columns, from and to."""
    reading = read_text_table(path, may_be_tabbed=True)
    if reading.table is None:
        return IdMap(findings=reading.findings)
    table = reading.table
    if len(table.columns) != 2:
        text = f"an id map has the two columns from and to, and this file has {len(table.columns)}"
        return IdMap(findings=(finding_of("source_format", text, file=str(path), line=1),))
    if is_ensembl([each.upper() for each in table.columns]).any():
        text = "the first line of the id map holds ids; a header, from and to, belongs above them"
        return IdMap(findings=(finding_of("source_format", text, file=str(path), line=1),))
    findings = [*reading.findings, *_find_empty(table)]
    found: dict[str, dict[str, None]] = {}
    source, target = table.columns
    for row in table.rows:
        found.setdefault(row[source], {})[row[target]] = None
    return IdMap({key: tuple(names) for key, names in found.items()}, tuple(findings))


def _find_empty(table: TextTable) -> tuple[Finding, ...]:
    lines = [row.line for row in table.rows if not all(row[each] for each in table.columns)]
    if not lines:
        return ()
    text = "a row of the id map lacks an id"
    return (finding_of_lines("source_format", text, file=table.file, lines=lines),)
