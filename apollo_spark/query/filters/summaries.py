"""Numbers made of the values of several rows, compared as a condition on their group."""

from sqlglot import exp

from apollo_spark.model.field import FieldSpec, FieldType
from apollo_spark.model.filter import Comparison, Operator, Summary, SummaryOf
from apollo_spark.query.filters.compare import ComparedField, compare
from apollo_spark.query.filters.values import NO_CODES, Codes
from apollo_spark.query.sql import cast, literal, table

NEGATIONS = {
    Operator.NOT_EQUAL: Operator.EQUAL,
    Operator.IS_MISSING: Operator.IS_NOT_MISSING,
}
"""Operators that hold where there is no row; they are asked as the opposite of others."""

# A sum of whole numbers of 64 bits may be longer than these.
_LONG = "decimal(19, 0)"


def compare_summary(tree: SummaryOf, spec: FieldSpec, value: exp.Expr, codes: Codes) -> exp.Expr:
    """Return whether the number made of a group's values is as asked.

    Args:
        tree: What is asked, with an operator that holds for no missing number.
        spec: The field.
        value: Its value in a row.
        codes: The codes of its coding.
    """
    if spec.is_sparse and codes:
        is_code = exp.In(this=value.copy(), expressions=[literal(each) for each in codes])
        value = exp.case().when(exp.Not(this=is_code), value.copy(), copy=False)
    is_end = tree.summary in (Summary.MIN, Summary.MAX)
    made = FieldSpec(name=spec.name, type=spec.type if is_end else FieldType.FLOAT)
    asked = Comparison(
        entity=tree.entity, field=tree.field, operator=tree.operator, values=tree.values
    )
    field = ComparedField(
        spec=made,
        coding=None,
        column=_summary(tree.summary, spec.type, value),
        stored=table,
        codes=NO_CODES,
    )
    return compare(field, asked)


def _summary(summary: Summary, type_: FieldType, value: exp.Expr) -> exp.Expr:
    if summary is Summary.MAX:
        return exp.Max(this=value)
    if summary is Summary.MIN:
        return exp.Min(this=value)
    if type_ is FieldType.FLOAT:
        return (exp.Sum if summary is Summary.SUM else exp.Avg)(this=value)
    total = cast(exp.Sum(this=exp.cast(value.copy(), _LONG)), FieldType.FLOAT)
    if summary is Summary.SUM:
        return total
    count = cast(exp.Count(this=value.copy()), FieldType.FLOAT)
    # Where there is no value the number is missing, and an engine would divide by 0.
    some = exp.Nullif(this=count, expression=literal(0.0))
    return exp.Div(this=total, expression=some, typed=False, safe=False)
