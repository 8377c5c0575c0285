"""One partition of a Spark job: the items whose numbers it was given."""

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pyarrow as pa

RESULT_SCHEMA = pa.schema([pa.field("number", pa.int64()), pa.field("result", pa.string())])


class PartitionTask:
    """A function for `mapInArrow`: numbers in, JSON results out.

    A class of an importable module, rather than a nested function, so that workers import it by
    name and nothing of the driver's modules travels with it.
    """

    def __init__(self, function: Callable[[Any], dict[str, Any]], items: tuple[Any, ...]) -> None:
        self._function = function
        self._items = items

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Run the function for every number of the partition."""
        for batch in batches:
            for number in batch.column(0).to_pylist():
                result = json.dumps(self._function(self._items[number]))
                yield pa.RecordBatch.from_pydict(
                    {"number": [number], "result": [result]}, schema=RESULT_SCHEMA
                )
