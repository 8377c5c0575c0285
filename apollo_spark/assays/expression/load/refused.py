"""What else is wrong with a source that is refused, so that one run reports everything."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import pyarrow as pa

from apollo_spark.assays.expression.assay import parse_unit
from apollo_spark.assays.expression.load.tiles import TileWriting
from apollo_spark.assays.expression.plan.plan import ExpressionPlanning
from apollo_spark.assays.expression.plan.sample_table import SampleTable
from apollo_spark.assays.expression.request import ExpressionLoad
from apollo_spark.engines.tasks import LocalTaskRunner
from apollo_spark.ingest.refused import CHECK, KnownFaults
from apollo_spark.lake.lake import open_lake
from apollo_spark.lake.publishing import OnStep
from apollo_spark.model.findings import Finding, refusing
from apollo_spark.model.rules import RULES
from apollo_spark.operations.engines import local_engines
from apollo_spark.operations.file_operation import may_look_further

NOBODY = pa.array([], pa.string())
"""Ids of samples that are withdrawn, where there are none."""
OF_A_NAME = "header_repeated_column"
"""The rule on a file that keeps nothing of it from being read."""
OF_ALL_SAMPLES = ("sample_unknown", "sample_without_row")
"""Rules that can be judged only where the samples of all files are known."""


def find_further_faults(
    request: ExpressionLoad,
    planning: ExpressionPlanning,
    scratch: Path,
    on_step: OnStep,
    gone: pa.Array = NOBODY,
) -> tuple[Finding, ...]:
    """Find what is wrong in cells and in the rows of the sample table, by threads of this process.

    Args:
        request: The load.
        planning: What was found so far; nothing of it is found again.
        scratch: A folder for files that are not kept.
        on_step: Called with what is done.
        gone: Ids of samples that are withdrawn.
    """
    inputs = planning.source.inputs if planning.source else ()
    if not may_look_further(inputs, on_step):
        return ()
    told = {(each.rule, each.file) for each in planning.findings}
    found = (*_find_in_cells(request, planning), *_find_in_rows(request, planning, scratch, gone))
    return tuple(each for each in found if (each.rule, each.file) not in told)


def _find_in_cells(request: ExpressionLoad, planning: ExpressionPlanning) -> tuple[Finding, ...]:
    if planning.source is None:
        return ()
    writing = TileWriting(
        source=planning.source,
        unit=parse_unit(request.unit),
        missing=request.missing,
        on_duplicate=request.on_duplicate,
        runner=LocalTaskRunner(),
    )
    return writing.find_faults(planning.policy)


def _find_in_rows(
    request: ExpressionLoad, planning: ExpressionPlanning, scratch: Path, gone: pa.Array
) -> Iterator[Finding]:
    """Write the rows to a lake that is thrown away, as the load would write them to its own."""
    fields = planning.sample_fields
    if fields is None:
        return
    samples = planning.source.samples.ids if planning.source else ()
    lake = open_lake(str(scratch / "lake"))
    with lake.publication(request.name, holder=CHECK) as publication:
        ids = [*dict.fromkeys(samples)]
        rows = SampleTable(fields, publication, local_engines(lake), ids, gone).write()
    is_whole = are_all_read(planning.findings)
    found = [each for each in rows.findings if is_whole or each.rule not in OF_ALL_SAMPLES]
    yield from KnownFaults(fields.dictionary, refusing(planning.findings)).leave_out(found)


def are_all_read(findings: Iterable[Finding]) -> bool:
    """Return whether no finding keeps a file from being read."""
    found = {each.rule for each in refusing(findings)} - {OF_A_NAME}
    return all(RULES[each].kind != "file" for each in found)
