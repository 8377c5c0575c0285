"""A cohort that is named inside `exists` and the like means what it means outside of it."""

from hypothesis import given
from hypothesis import strategies as st

from apollo_spark.model.filter import And, Comparison, Filter, InCohort, Not, Or
from apollo_spark.model.filter.walk import with_parts
from apollo_spark.query.cohorts.outward import cohorts_outside
from tests.support.examples import examples
from tests.support.filter_model import held_by
from tests.support.filters import Study, filters, studies

COHORTS = {"a@1": {0, 1, 2}, "b@1": {1, 3}}


def with_cohorts(tree: Filter, data: st.DataObject) -> Filter:
    """The filter with cohorts in the place of some comparisons."""
    if isinstance(tree, Comparison) and data.draw(st.booleans()):
        return InCohort(cohort=data.draw(st.sampled_from(sorted(COHORTS))))
    return with_parts(tree, lambda part: with_cohorts(part, data))


def names_beside(tree: Filter) -> bool:
    """Whether cohorts are named beside and, or, not alone."""
    if isinstance(tree, And | Or):
        return all(map(names_beside, tree.parts))
    if isinstance(tree, Not):
        return names_beside(tree.part)
    return isinstance(tree, InCohort) or "cohort" not in tree.model_dump_json()


@given(study=studies(), data=st.data())
@examples(100)
def test_a_cohort_inside_is_asked_outside(study: Study, data: st.DataObject) -> None:
    dictionary, rows = study
    tree = with_cohorts(data.draw(filters(dictionary)), data)

    found = cohorts_outside(tree)

    assert names_beside(found)
    assert held_by(found, dictionary, rows, COHORTS) == held_by(tree, dictionary, rows, COHORTS)
