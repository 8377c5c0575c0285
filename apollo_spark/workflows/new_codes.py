"""New values of fields with open codings: they become codes of the next version."""

from collections.abc import Iterator

from apollo_spark.dataset.content import coding_entries, entity_entries, part_texts
from apollo_spark.dataset.open_codings import GrownDictionary, grow_codings
from apollo_spark.lake.parts import PartStore
from apollo_spark.model.dataset import DatasetRecord
from apollo_spark.model.dictionary import DataDictionary
from apollo_spark.query.row_checks import different_values
from apollo_spark.sources.infer import MOST_ASKED_CODES
from apollo_spark.workflows.row_comparing import RowComparison


def find_new_codes(compared: RowComparison) -> GrownDictionary:
    """Return the dictionary with the values of rows given as codes, where codings are open."""
    plan = compared.plan
    values = dict(_values(compared))
    return grow_codings(plan.content.dictionary, plan.entity.name, values)


def _values(compared: RowComparison) -> Iterator[tuple[str, list[str] | None]]:
    """Yield the different values of each open field, None where they are too many for codes."""
    if compared.staged is None or not compared.staged.rows:
        return
    for each in compared.tables:
        for column, name in each.given.items():
            spec = compared.plan.entity.find_field(name)
            if spec is not None and spec.has_open_coding:
                yield name, _different(compared, each.new, column)


def _different(compared: RowComparison, table: str, column: str) -> list[str] | None:
    tree = different_values(table, column, limit=MOST_ASKED_CODES + 1)
    found = [str(each) for each in compared.values(tree).to_pylist()]
    return None if len(found) > MOST_ASKED_CODES else found


def with_dictionary(
    record: DatasetRecord, dictionary: DataDictionary, parts: PartStore
) -> DatasetRecord:
    """Return a record with another dictionary over the same tables; its parts are stored."""
    for text in part_texts(dictionary):
        parts.put(text)
    slices = {each.name: each.slices for each in record.entities}
    return record.model_copy(
        update={
            "entities": entity_entries(dictionary, slices),
            "codings": coding_entries(dictionary),
        }
    )
