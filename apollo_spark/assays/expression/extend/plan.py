"""Plan the files that bring samples to an assay, each unit of it as a load of that unit."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from apollo_spark.assays.expression.assay import ExpressionAssay
from apollo_spark.assays.expression.load.left_out_samples import (
    describe_left_out,
    like_withdrawn,
    planning_without,
)
from apollo_spark.assays.expression.plan.notes import ColumnUse
from apollo_spark.assays.expression.plan.plan import (
    ExpressionPlan,
    ExpressionPlanning,
    plan_expression_load,
)
from apollo_spark.assays.expression.plan.source import PlannedSource
from apollo_spark.assays.expression.read.select import find_assay
from apollo_spark.assays.expression.request import AssayExtension, ExpressionLoad
from apollo_spark.errors import UsageError
from apollo_spark.model.dataset import DatasetRecord
from apollo_spark.model.policy import Policy
from apollo_spark.model.record import InputFile
from apollo_spark.operations.report import ReportedInput
from apollo_spark.operations.work import Planned
from apollo_spark.records.content import fingerprint_of

OPERATION = "extend expression"


WithdrawnFrom = Callable[[ExpressionAssay], frozenset[str]]


def nothing_withdrawn(_: ExpressionAssay) -> frozenset[str]:
    """Say that no sample is withdrawn."""
    return frozenset()


@dataclass(frozen=True)
class AssayExtensionPlan:
    """An extension that may start: nothing found so far refuses it.

    Attributes:
        units: How the sources of each unit are read.
        policy: What each rule does.
        parents: The version that it is based on, once that is known.
    """

    units: Mapping[str, ExpressionPlan]
    policy: Policy
    parents: tuple[str, ...] = ()

    @property
    def reported(self) -> ReportedInput:
        """What a report says of the files that are read."""
        return replace(next(iter(self.units.values())).reported, inputs=self.inputs)

    @property
    def inputs(self) -> tuple[InputFile, ...]:
        """The files that are read."""
        return tuple(each for plan in self.units.values() for each in plan.inputs)

    @property
    def parameters(self) -> tuple[tuple[str, str], ...]:
        """What else decides the result."""
        return tuple(
            dict.fromkeys(each for plan in self.units.values() for each in plan.parameters)
        )

    @property
    def fingerprint(self) -> str:
        """The same for the same extension by the same inputs."""
        return fingerprint_of(OPERATION, self.inputs, self.parameters)


@dataclass(frozen=True)
class AssayExtensionPlanning(Planned[AssayExtensionPlan]):
    """A plan, or None where the findings refuse it; `loads` are the loads of the units.

    `withdrawn` are ids of samples that count as not there, `left_out` how many were given.
    """

    notes: tuple[str, ...] = ()
    loads: tuple[tuple[ExpressionLoad, ExpressionPlanning], ...] = ()
    withdrawn: frozenset[str] = frozenset()
    left_out: int = 0

    @property
    def columns(self) -> tuple[ColumnUse, ...]:
        """What the columns of the files were taken for."""
        return tuple(row for _, each in self.loads for row in each.columns)

    @property
    def sources(self) -> dict[str, PlannedSource]:
        """What can be read of each unit."""
        return {load.unit: each.source for load, each in self.loads if each.source is not None}


def plan_assay_extension(
    request: AssayExtension,
    base: DatasetRecord,
    *,
    block_bytes: int,
    scratch: Path,
    withdrawn: WithdrawnFrom = nothing_withdrawn,
) -> AssayExtensionPlanning:
    """Find, recognise and scan the files of each unit of the assay.

    Args:
        request: The options.
        base: The version that is extended.
        block_bytes: Bytes of an input file that one task reads.
        scratch: Where compressed files are unpacked.
        withdrawn: Gives the ids of withdrawn samples of an assay: they are left out.

    Raises:
        NotFoundError: There is no such assay.
        UsageError: A source is missing, or an option is illegal.
        DictionaryError: The policy breaks its rules.
    """
    assay = find_assay(base.assays, request.assay, str(base))
    loads: list[tuple[ExpressionLoad, ExpressionPlanning]] = []
    for unit, sources in sort_sources(request.sources, assay).items():
        own = scratch / str(len(loads))
        own.mkdir()
        load = request.load_of(assay, unit, sources)
        loads.append((load, plan_expression_load(load, block_bytes=block_bytes, scratch=own)))
    gone = withdrawn(assay)
    # What only looks like a withdrawn sample would bring it back.
    alike = frozenset(found for _, each in loads for found in like_withdrawn(each, gone))
    loads = [(load, planning_without(each, alike)) for load, each in loads]
    findings = tuple(each for _, planning in loads for each in planning.findings)
    notes = tuple(dict.fromkeys(each for _, planning in loads for each in planning.notes))
    plans = {load.unit: each.plan for load, each in loads if each.plan is not None}
    policy = loads[0][1].policy
    plan = AssayExtensionPlan(plans, policy) if len(plans) == len(loads) else None
    return AssayExtensionPlanning(
        plan,
        policy,
        findings,
        notes=(*notes, *describe_left_out(len(alike))),
        loads=tuple(loads),
        withdrawn=gone,
        left_out=len(alike),
    )


def sort_sources(sources: Sequence[str], assay: ExpressionAssay) -> dict[str, tuple[str, ...]]:
    """Return the sources of each unit of an assay.

    Raises:
        UsageError: A source names no unit where there are several, or a unit has no source.
    """
    units = [each.unit for each in assay.layers]
    sorted_: dict[str, tuple[str, ...]] = dict.fromkeys(units, ())
    for source in sources:
        unit, sign, path = source.partition("=")
        if not sign or unit not in units:
            unit, path = (units[0] if len(units) == 1 else ""), source
        if unit:
            sorted_[unit] += (path,)
    if not all(sorted_.values()):
        raise UsageError(
            f"The assay {assay.name!r} has the units {', '.join(units)}.",
            why="Samples are added with all of them.",
            fix=f"Give {' '.join(f'--source {each}=FILE' for each in units)}.",
        )
    return sorted_
