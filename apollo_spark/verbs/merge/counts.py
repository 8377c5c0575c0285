"""What a link between two datasets matches: counted, and written out where it is asked for."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pyarrow as pa
from sqlglot import exp

from apollo_spark.engines.base import Engine
from apollo_spark.export.rows import RowFormat, write_rows
from apollo_spark.ingest.lookalikes import find_new_lookalikes
from apollo_spark.ingest.queried_keys import Ask, QueriedColumn
from apollo_spark.lake.storage.root import storage_access
from apollo_spark.model.pin import TablePin
from apollo_spark.query.lookalikes import SOURCE, all_keys
from apollo_spark.query.merge_keys import (
    COUNTS,
    LinkEnd,
    counts_tree,
    repeated_tree,
    unmatched_tree,
)
from apollo_spark.query.scope import KEY
from apollo_spark.query.sql import derived


@dataclass(frozen=True)
class CountedLink:
    """Both sides of a link, and what was counted.

    Attributes:
        source: The rows of the source.
        target: The rows of the target.
        counts: The counts of the question, and of a linking file.
        engine: Who answers.
        pins: What it reads.
    """

    source: LinkEnd
    target: LinkEnd
    counts: Mapping[str, int]
    engine: Engine
    pins: Mapping[str, TablePin]

    @property
    def receipt_counts(self) -> dict[str, int]:
        """The counts that every receipt of a merge has."""
        found = self.counts
        return {
            "source_rows": found["source_rows"],
            "source_matched": found["source_matched"],
            "source_unmatched": found["source_rows"] - found["source_matched"],
            "target_rows": found["target_rows"],
            "target_matched": found["target_matched"],
            "target_unmatched": found["target_rows"] - found["target_matched"],
            "duplicate_keys": found["repeated_source"] + found["repeated_target"],
            "fan_out_max": found["fan_out_max"],
        }

    def count_lookalikes(self) -> int:
        """Count the keys of the source that the target has not, and that look like one of it.

        Only texts can.
        """
        with self.engine.over(self.pins) as engine:
            ask = partial(engine.run, pins=self.pins)
            near, far = (_keys_of(each, ask) for each in (self.source, self.target))
            return 0 if near is None or far is None else len(find_new_lookalikes(near, far))

    def write_report(self, folder: str) -> None:
        """Write the rows of each side that match nothing, and keys that occur too often.

        Raises:
            StorageRefusedError: The folder or a file cannot be written.
        """
        with storage_access(f"Cannot make the folder {folder}."):
            Path(folder).mkdir(parents=True, exist_ok=True)
        ends = {"source": (self.source, self.target), "target": (self.target, self.source)}
        for side, (end, other) in ends.items():
            trees = {f"{side}_unmatched": unmatched_tree(end, other)}
            if end.is_once:
                trees[f"{side}_duplicates"] = repeated_tree(end)
            for title, tree in trees.items():
                reader = self.engine.run(tree, self.pins)
                write_rows(reader, str(Path(folder) / f"{title}.csv"), RowFormat.CSV, force=True)


def _keys_of(end: LinkEnd, ask: Ask) -> QueriedColumn | None:
    """Return the keys of one side, None where they are not texts."""
    keys = QueriedColumn(ask, lambda alias: derived(end.rows.copy(), alias), KEY)
    found = ask(all_keys(keys.source(SOURCE), KEY).limit(0)).read_all()
    return keys if pa.types.is_string(found.schema.field(0).type) else None


def count_link(
    source: LinkEnd, target: LinkEnd, engine: Engine, pins: Mapping[str, TablePin]
) -> CountedLink:
    """Count what a link matches.

    Raises:
        BrokenPinError: A pinned table cannot be read.
    """
    counts = dict(zip(COUNTS, ask_numbers(engine, counts_tree(source, target), pins), strict=True))
    return CountedLink(source, target, counts, engine, pins)


def ask_numbers(engine: Engine, tree: exp.Select, pins: Mapping[str, TablePin]) -> tuple[int, ...]:
    """Return the one row of whole numbers that answers a question."""
    (row,) = engine.run(tree, pins).read_all().to_pylist()
    return tuple(int(each) for each in row.values())
