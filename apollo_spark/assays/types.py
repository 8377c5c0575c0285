"""The types of assays: a folder beside this file each, and a line in the table."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from apollo_spark.assays.base import AssaySummary, AssayType, Folding, ReadAssay, ShownIds
from apollo_spark.assays.expression.type import ExpressionType
from apollo_spark.errors import EnvironmentProblemError
from apollo_spark.model.assay import AssayRecord
from apollo_spark.model.rules import RULES, Rule
from apollo_spark.records.rule_records import record_of_rule

if TYPE_CHECKING:
    from sqlglot import exp

    from apollo_spark.engines.base import TableFiles
    from apollo_spark.lake.lake import Lake
    from apollo_spark.lake.opened import OpenDataset
    from apollo_spark.lake.tables.store import TableStore
    from apollo_spark.lake.verifying import HashSpecial
    from apollo_spark.model.dataset import DatasetRecord
    from apollo_spark.model.filter import AssayValue
    from apollo_spark.model.pin import TablePin
    from apollo_spark.operations.engines import RowWriter
    from apollo_spark.query.filters.measured import MeasuredFeature, UnusableAssay
    from apollo_spark.query.scope import QueryScope

ASSAY_TYPES: tuple[AssayType, ...] = (ExpressionType(),)


def _rules() -> Iterator[Rule]:
    for each in ASSAY_TYPES:
        yield from each.rules()


RULES.add(_rules)


def type_of(record: AssayRecord) -> AssayType:
    """Return the type of an assay.

    Raises:
        EnvironmentProblemError: This version does not know it.
    """
    found = _known_type(record)
    if found is None:
        raise EnvironmentProblemError(
            f"The assay {record.name} is of the type {record.type}, which this version does not "
            "know.",
            fix="Use the version of apollo_spark that published it, or a newer one.",
        )
    return found


def summary_of(record: AssayRecord) -> AssaySummary:
    """Return what a list shows of an assay; of a type that is not known, nothing."""
    found = _known_type(record)
    return AssaySummary() if found is None else found.summary(record)


def _known_type(record: AssayRecord) -> AssayType | None:
    return next((each for each in ASSAY_TYPES if each.name == record.type), None)


def find_type(assays: Sequence[AssayRecord], name: str) -> AssayType:
    """Return the type of the assay of a name.

    Raises:
        KeyError: There is no such assay.
        EnvironmentProblemError: This version does not know the type.
    """
    return type_of({each.name: each for each in assays}[name])


def find_loader(operation: str) -> AssayType | None:
    """Return the type whose loads are called that way in a lineage, or None."""
    return next((each for each in ASSAY_TYPES if each.operation == operation), None)


def shown_ids(files: "TableFiles", opened: "OpenDataset", record: AssayRecord) -> ShownIds:
    """Return the ids of the samples and features of an assay that a dataset shows.

    Raises:
        BrokenPinError: A pinned table cannot be read.
    """
    return type_of(record).shown_ids(ReadAssay(files, opened, record))


def find_measured(
    files: "TableFiles", opened: "OpenDataset", record: AssayRecord, asked: "AssayValue"
) -> "MeasuredFeature | UnusableAssay":
    """Return the feature and unit that a filter asks for, or why it cannot.

    Raises:
        BrokenPinError: A pinned table cannot be read.
        EnvironmentProblemError: This version does not know the type of the assay.
    """
    from apollo_spark.query.filters.measured import UnusableAssay

    found = type_of(record)
    if found.measure != asked.measure:
        known = [each.measure for each in ASSAY_TYPES if each.measure is not None]
        fix = f"; write {found.measure}(...)" if found.measure in known else ""
        text = f"{asked.measure}(...) is not asked of {record.name!r}{fix}"
        return UnusableAssay(text, suggestions=(str(found.measure),) if fix else ())
    return found.find_measured(ReadAssay(files, opened, record), asked.feature, asked.unit)


def measured_values(
    record: AssayRecord, meant: "MeasuredFeature", scope: "QueryScope"
) -> "exp.Select":
    """Return the question for `sample_id` and `value` of a feature in the samples shown.

    Args:
        record: The assay.
        meant: The feature and the unit.
        scope: What may be read: tables go by its label.

    Raises:
        EnvironmentProblemError: This version does not know the type of the assay.
    """
    return type_of(record).measured_values(record, meant, scope)


def only_asked(
    assays: Sequence[AssayRecord], asked: Iterable[tuple[str, str | None]]
) -> tuple[AssayRecord, ...]:
    """Return the assays that are asked for, with the tables alone that answer.

    Args:
        assays: The assays of a dataset.
        asked: Names of assays, each with a unit; None where its type has no units.

    Raises:
        EnvironmentProblemError: This version does not know the type of one.
    """
    units: dict[str, set[str | None]] = {}
    for name, unit in asked:
        units.setdefault(name, set()).add(unit)
    return tuple(
        type_of(each).only_units(each, units[each.name]) for each in assays if each.name in units
    )


def plan_foldings(lake: "Lake", record: "DatasetRecord") -> tuple[Folding, ...]:
    """Return what can be folded in the assays of a dataset, those of types that are known.

    Raises:
        BrokenPinError: A table cannot be read.
    """
    types = ((each, _known_type(each)) for each in record.assays)
    planned = (type_.plan_folding(lake, record, each) for each, type_ in types if type_)
    return tuple(each for each in planned if each is not None)


def row_writer_of(record: AssayRecord) -> "RowWriter | None":
    """Return what makes the runner of tasks that cannot write the files of an assay themselves.

    Raises:
        EnvironmentProblemError: This version does not know the type of the assay.
    """
    return type_of(record).row_writer()


def hash_assay_tables(record: "DatasetRecord", tables: "TableStore") -> "HashSpecial":
    """Return what hashes those tables of a record's assays that are more than their rows.

    The assays that its rules ask for are among them; their tables may have other names there.
    """
    owners = {
        (pin.location, pin.version): (one, assay, pin)
        for one in (*(record_of_rule(record, rule) for rule in record.rules), record)
        for assay in one.assays
        for pin in (one.pin_of(each.table) for each in assay.tables)
    }

    def hash_special(pin: "TablePin", files: list[str]) -> str | None:
        if (found := owners.get((pin.location, pin.version))) is None:
            return None
        one, assay, own = found
        return type_of(assay).hash_table(tables, one, assay, own, files)

    return hash_special


def rounded_tables(assays: Sequence[AssayRecord]) -> Iterator[str]:
    """Yield the tables of assays whose floats depend on how files were cut, in the last digits."""
    for each in assays:
        yield from type_of(each).rounded_tables(each)
