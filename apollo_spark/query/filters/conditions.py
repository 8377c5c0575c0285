"""Conditions on the current row alone, or on it and a row outside."""

from sqlglot import exp

from apollo_spark.model.field import FieldSpec, FieldType
from apollo_spark.model.filter import Comparison, FieldComparison, FieldOf
from apollo_spark.query.filters.compare import ComparedField, compare
from apollo_spark.query.filters.compare_fields import Side, compare_sides
from apollo_spark.query.filters.rows import EntitySource, Row
from apollo_spark.query.filters.values import NO_CODES, Codes, codes_of


class RowConditions:
    """Writes comparisons of a filter that was checked.

    Args:
        scope: What is read.
    """

    def __init__(self, scope: EntitySource) -> None:
        self._scope = scope
        self._codes: dict[tuple[str | None, str], Codes] = {}

    def _compare(self, tree: Comparison, row: Row) -> exp.Expr:
        spec = self._spec(tree.entity, tree.field)
        field = ComparedField(
            spec=spec,
            coding=self._scope.dictionary.find_coding(spec.coding_name),
            column=row.visible(row.named(tree.row), tree.field),
            stored=lambda alias: self._scope.source(tree.entity, [tree.field], alias),
            codes=self._codes_of(spec),
        )
        return compare(field, tree)

    def _compare_fields(self, tree: FieldComparison, row: Row) -> exp.Expr:
        near = row.named(tree.row)
        side = self._side(row, near, tree)
        others = [
            self._side(row, self._meant(row, near, each), each)
            if isinstance(each, FieldOf)
            else each
            for each in tree.others
        ]
        return compare_sides(tree.operator, side, others)

    def _meant(self, row: Row, near: Row, other: FieldOf) -> Row:
        """Return the row whose field a row is compared with: its own, one above, or by name."""
        if other.row is not None:
            return row.named(other.row)
        return next(each for each in near.above() if each.entity == other.entity)

    def _side(self, row: Row, target: Row, field: FieldComparison | FieldOf) -> Side:
        spec = self._spec(field.entity, field.field)
        return Side(
            spec=spec,
            column=row.visible(target, field.field),
            codes=codes_of(spec, self._scope.dictionary.find_coding(spec.coding_name)),
            offset=field.offset if isinstance(field, FieldOf) else None,
        )

    def _spec(self, entity: str, field: str) -> FieldSpec:
        found = self._scope.dictionary.find_entity(entity)
        spec = found.find_field(field) if found else None
        assert spec is not None, "the filter was checked"
        return spec

    def _codes_of(self, spec: FieldSpec) -> Codes:
        # Text is its own code: a coding of 100,000 codes is left alone where nothing asks for it.
        if spec.type is FieldType.STRING and not spec.is_sparse:
            return NO_CODES
        key = (spec.coding_name, spec.type.value)
        if key not in self._codes:
            coding = self._scope.dictionary.find_coding(spec.coding_name)
            self._codes[key] = codes_of(spec, coding)
        return self._codes[key]
