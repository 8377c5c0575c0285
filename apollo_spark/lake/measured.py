"""What the assays of an open dataset measured, as filters ask for it."""

from importlib import import_module
from typing import TYPE_CHECKING

from sqlglot import exp

from apollo_spark.model.filter import AssayValue
from apollo_spark.query.assay_scope import sample_keys
from apollo_spark.query.filters.measured import KEY, VALUE, UnusableAssay
from apollo_spark.query.sql import column, derived
from apollo_spark.sources.filters.marks import ASSAY
from apollo_spark.sources.suggest import find_near

if TYPE_CHECKING:
    from apollo_spark.lake.opened import OpenDataset
    from apollo_spark.lake.tables.store import TableStore
    from apollo_spark.model.assay import AssayRecord

TYPES = "apollo_spark.assays.types"
"""Where the types of assays are; they lie above this, and are found by name as verbs are."""
_SAMPLE, _KEYS, _MEASURED = "sample_id", "keys", "values"


class AssayValues:
    """Values that the assays of a dataset measured.

    Args:
        files: Where pinned tables are.
        opened: The dataset.
    """

    def __init__(self, files: "TableStore", opened: "OpenDataset") -> None:
        self._files = files
        self._opened = opened
        self._found: dict[tuple[str, str, str, str | None], exp.Select | UnusableAssay] = {}

    def names(self) -> tuple[str, ...]:
        """Return the names of the assays."""
        return tuple(each.name for each in self._opened.record.assays)

    def units_of(self, assay: str) -> tuple[str, ...]:
        """Return the units of an assay, that which answers first before the others."""
        record = self._record(assay)
        units: tuple[str, ...] = (
            () if record is None else import_module(TYPES).summary_of(record).units
        )
        return units

    def place_of(self, assay: str) -> tuple[str, str] | None:
        """Return the entity and field that the samples of an assay belong to."""
        found = self._record(assay)
        return None if found is None else (found.entity, found.field)

    def find_problem(self, tree: AssayValue) -> UnusableAssay | None:
        """Return why a value cannot be asked for, None where it can.

        Raises:
            BrokenPinError: A pinned table cannot be read.
        """
        found = self._find(tree)
        return found if isinstance(found, UnusableAssay) else None

    def values(self, tree: AssayValue) -> exp.Select:
        """Ask for `key` and `value` of each shown sample that was measured."""
        values, record = self._find(tree), self._record(tree.assay)
        assert isinstance(values, exp.Select), "the filter was checked"
        assert record is not None, "the filter was checked"
        keys = derived(sample_keys(self._opened.scope, record), _KEYS)
        sample = _SAMPLE if record.link is not None else KEY
        same = exp.EQ(this=column(_KEYS, sample), expression=column(_MEASURED, _SAMPLE))
        found = exp.select(column(_KEYS, KEY), column(_MEASURED, VALUE))
        found = found.from_(derived(values.copy(), _MEASURED), copy=False)
        return found.join(keys, on=same, copy=False)

    def _find(self, tree: AssayValue) -> exp.Select | UnusableAssay:
        asked = (tree.measure, tree.assay, tree.feature, tree.unit)
        if asked not in self._found:
            self._found[asked] = self._read(tree)
        return self._found[asked]

    def _read(self, tree: AssayValue) -> exp.Select | UnusableAssay:
        record = self._record(tree.assay)
        if record is None:
            near = find_near(tree.assay, [each.name for each in self._opened.record.assays])
            hint = "" if near is None else f" (did you mean {near!r}?)"
            text = f"there is no assay {tree.assay!r}{hint}"
            meant = () if near is None else (near,)
            return UnusableAssay(text, is_unknown=True, suggestions=meant, part=ASSAY)
        found: exp.Select | UnusableAssay = import_module(TYPES).find_measured(
            self._files, self._opened, record, tree
        )
        return found

    def _record(self, name: str) -> "AssayRecord | None":
        return next((each for each in self._opened.record.assays if each.name == name), None)
