"""What may be asked of two fields, of the values of several rows, and of what orders them."""

from collections.abc import Iterator

from apollo_spark.model.dictionary import Entity
from apollo_spark.model.field import FieldSpec, FieldType
from apollo_spark.model.filter import (
    NO_VALUE,
    RANGES,
    ChosenRow,
    Comparison,
    FieldComparison,
    FieldOf,
    Summary,
    SummaryOf,
)
from apollo_spark.query.filters.fields import Wrong, find_comparison_problem
from apollo_spark.query.filters.values import NO_CODES
from apollo_spark.sources.filters.marks import ENTITY, FIELD

_NUMBERS = frozenset({FieldType.INTEGER, FieldType.FLOAT})
_DATES = frozenset({FieldType.DATE, FieldType.DATETIME})
_SCALES = (_NUMBERS, _DATES, frozenset({FieldType.STRING}))


def find_pair_problem(
    comparison: FieldComparison, spec: FieldSpec, other: FieldOf, other_spec: FieldSpec
) -> Iterator[Wrong]:
    """Yield why a field is not compared with another one."""
    path = f"{other.entity}.{other.field}"
    if not any({spec.type, other_spec.type} <= scale for scale in _SCALES):
        yield Wrong(f"is of type {spec.type} and {path} of type {other_spec.type}")
        return
    if other.offset is not None and other_spec.type not in _DATES:
        yield Wrong(f"is compared with {path}, which is not a date, so that no time can be added")
        return
    are_coded = spec.must_be_coded or other_spec.must_be_coded
    if are_coded and comparison.operator in RANGES:
        yield Wrong(f"or {path} holds codes, which have no order, so '{comparison.operator}' has "
                    "no meaning")  # fmt: skip
    elif are_coded and other.offset is not None:
        yield Wrong(f"or {path} holds codes, to which no time can be added")
    elif are_coded and spec.coding_name != other_spec.coding_name:
        yield Wrong(f"and {path} do not hold codes of one coding")


def find_choice_problem(tree: ChosenRow, entity: Entity, spec: FieldSpec) -> Iterator[Wrong]:
    """Yield why a field orders no rows to choose from."""
    if entity.primary_key is None:
        yield Wrong(f"orders rows of {entity.name!r}, which has no primary key to find "
                    f"the {tree.choice} of equal ones by", part=ENTITY)  # fmt: skip
    if spec.is_multi_select:
        yield Wrong("holds several values, which have no order", part=FIELD)
    elif spec.must_be_coded:
        yield Wrong("holds codes, which have no order", part=FIELD)


def find_summary_problem(
    tree: SummaryOf, spec: FieldSpec, *, by_value: bool = False
) -> Iterator[Wrong]:
    """Yield why no number is made of a field's values, or is not compared so."""
    is_end = tree.summary in (Summary.MIN, Summary.MAX)
    allowed = _NUMBERS | (_DATES if is_end else frozenset())
    if spec.type not in allowed or spec.must_be_coded:
        what = "numbers or dates" if is_end else "numbers"
        yield Wrong(f"holds no {what}, which '{tree.summary}' needs", part=FIELD)
    elif spec.is_multi_select:
        yield Wrong(f"holds several values, and '{tree.summary}' needs one", part=FIELD)
    elif tree.operator not in NO_VALUE:
        type_ = spec.type if is_end else FieldType.FLOAT
        made = FieldSpec(name=spec.name, type=type_)
        alone = Comparison(
            entity=tree.entity, field=tree.field, operator=tree.operator, values=tree.values
        )
        yield from find_comparison_problem(alone, made, None, NO_CODES, by_value=by_value)
