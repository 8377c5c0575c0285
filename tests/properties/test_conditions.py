"""Text, tree and Python say the same."""

from hypothesis import given
from hypothesis import strategies as st

from apollo_spark.api.conditions.names import DictionaryNames
from tests.support.builder import built
from tests.support.examples import examples
from tests.support.filters import Study, filters, studies


@given(study=studies(), data=st.data())
@examples(60)
def test_a_tree_written_in_python_or_as_text_is_the_same(study: Study, data: st.DataObject) -> None:
    names = DictionaryNames(study[0])
    tree = data.draw(filters(study[0]))

    written = built(tree, names)

    assert written.tree == tree
    assert names.condition(str(written)) == written
    assert names.describe(written).endswith(".")
