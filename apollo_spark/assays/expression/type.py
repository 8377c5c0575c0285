"""Expression as a type of assay: what the verbs may ask of it."""

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, ClassVar

from apollo_spark.assays.base import (
    AssaySummary,
    AssayType,
    Folding,
    ReadAssay,
    SealedAssay,
    ShownIds,
)
from apollo_spark.assays.expression.assay import EXPRESSION, LOAD, ExpressionAssay
from apollo_spark.model.assay import AssayRecord
from apollo_spark.model.rules import Rule
from apollo_spark.operations.verb import Verb

if TYPE_CHECKING:
    from sqlglot import exp

    from apollo_spark.assays.expression.read.select import OpenAssay
    from apollo_spark.lake.lake import Lake
    from apollo_spark.lake.publishing import Publication
    from apollo_spark.lake.tables.store import TableStore
    from apollo_spark.model.dataset import DatasetRecord
    from apollo_spark.model.diff import AssayDiff
    from apollo_spark.model.pin import TablePin
    from apollo_spark.model.request import PublishRequest
    from apollo_spark.operations.engines import RowWriter
    from apollo_spark.operations.past_request import PastRequest
    from apollo_spark.query.filters.measured import MeasuredFeature, UnusableAssay
    from apollo_spark.query.scope import QueryScope


class ExpressionType(AssayType):
    """Features x samples in one or more units, stored as tiles."""

    name: ClassVar[str] = EXPRESSION
    operation: ClassVar[str | None] = LOAD
    measure: ClassVar[str | None] = "expression"
    verbs: ClassVar[Mapping[str, Verb]] = {
        "load expression": Verb(
            "apollo_spark.assays.expression.load.load", "LoadExpression", "ExpressionLoad"
        ),
        "extend assay": Verb(
            "apollo_spark.assays.expression.extend.extend", "ExtendAssay", "AssayExtension"
        ),
    }

    asking: ClassVar[Mapping[str, Verb]] = {
        "extract expression": Verb(
            "apollo_spark.assays.expression.read.extract", "extract", "ExtractExpressionRequest"
        )
    }

    @classmethod
    def rules(cls) -> tuple[Rule, ...]:
        """Return the checks of matrices, features and values."""
        from apollo_spark.assays.expression.rules import EXPRESSION_RULES

        return EXPRESSION_RULES

    def summary(self, record: AssayRecord) -> AssaySummary:
        """Return its units, and how many features it has."""
        assay = ExpressionAssay.of(record)
        return AssaySummary(
            units=tuple(each.unit for each in assay.layers),
            default_unit=assay.default_layer.unit,
            features=assay.feature_count,
        )

    def shown_ids(self, assay: ReadAssay) -> ShownIds:
        """Return the ids that are shown; features of hidden samples alone are not."""
        files = _open(assay).files
        return ShownIds(files.sample_ids, files.feature_ids)

    def questions(self, assay: ReadAssay) -> "Iterator[tuple[str, exp.Select]]":
        """Yield a view of feature, sample and value for each unit."""
        from apollo_spark.assays.expression.query import PairChoice, expression_tree
        from apollo_spark.query.assay_scope import shown_samples

        own = ExpressionAssay.of(assay.record)
        choice = PairChoice(shown=shown_samples(assay.opened.scope, assay.record))
        for layer in own.layers:
            title = f"expression_{own.name}_{layer.unit.replace(':', '_')}"
            yield title, expression_tree(own, layer, choice)

    def find_measured(
        self, assay: ReadAssay, feature: str, unit: str | None
    ) -> "MeasuredFeature | UnusableAssay":
        """Return a feature by its id, or by a symbol that it has alone."""
        from apollo_spark.assays.expression.read.measured import find_measured

        return find_measured(assay, feature, unit)

    def measured_values(
        self, record: AssayRecord, meant: "MeasuredFeature", scope: "QueryScope"
    ) -> "exp.Select":
        """Return the values of a feature, from tiles."""
        from apollo_spark.assays.expression.read.measured import measured_values

        return measured_values(ExpressionAssay.of(record), meant, scope)

    def only_units(self, record: AssayRecord, units: "Collection[str | None]") -> AssayRecord:
        """Return the assay with the tiles of some units alone, and all features and samples."""
        own = ExpressionAssay.of(record)
        layers = tuple(each for each in own.layers if each.unit in units)
        return own.model_copy(update={"layers": layers}).as_record()

    def compare(self, before: ReadAssay, after: ReadAssay) -> "AssayDiff":
        """Return samples and features that came and went, and units with other values."""
        from apollo_spark.assays.expression.read.compare import AssayComparison

        return AssayComparison(_open(before), _open(after)).run()

    def seal(self, lake: "Lake", assay: ReadAssay, publication: "Publication") -> SealedAssay:
        """Write the tiles of the samples that are shown, block by block."""
        from apollo_spark.assays.expression.read.seal import seal_assay

        own = ExpressionAssay.of(assay.record)
        return seal_assay(lake, assay.opened, own, publication)

    def hash_table(
        self,
        tables: "TableStore",
        record: "DatasetRecord",
        assay: AssayRecord,
        pin: "TablePin",
        files: list[str],
    ) -> str | None:
        """Return the hash of tiles, which does not depend on their blocks."""
        from apollo_spark.assays.expression.read.verify import hash_layer

        own = ExpressionAssay.of(assay)
        layer = next((each for each in own.layers if each.table == pin.table), None)
        if layer is None:
            return None
        return hash_layer(tables, record.pin_of(own.samples_table), layer, files)

    def load_again(self, past: "PastRequest") -> "PublishRequest":
        """Return the load of expression that made a version."""
        from apollo_spark.assays.expression.past import load_again

        return load_again(past)

    def extend_again(self, past: "PastRequest") -> "PublishRequest":
        """Return the extension by samples that made a version."""
        from apollo_spark.assays.expression.past import extend_again

        return extend_again(past)

    def rounded_tables(self, record: AssayRecord) -> tuple[str, ...]:
        """Return the tables with statistics."""
        own = ExpressionAssay.of(record)
        return own.features_table, own.samples_table

    def row_writer(self) -> "RowWriter":
        """Return what makes the runner whose tiles Spark writes."""
        from apollo_spark.assays.expression.load.tile_rows import TileRowsRunner

        return TileRowsRunner

    def plan_folding(
        self, lake: "Lake", record: "DatasetRecord", assay: AssayRecord
    ) -> Folding | None:
        """Return which small blocks and files become larger ones."""
        from apollo_spark.assays.expression.extend.compact import plan_assay_folding

        return plan_assay_folding(lake, record, ExpressionAssay.of(assay))


def _open(assay: ReadAssay) -> "OpenAssay":
    from apollo_spark.assays.expression.read.select import open_assay

    return open_assay(assay.files, assay.opened, ExpressionAssay.of(assay.record))
