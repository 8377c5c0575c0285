"""What assays measured, as filters ask for it: of an open dataset, or as a rule keeps it."""

from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING

from sqlglot import exp

from apollo_spark.model.filter import AssayValue
from apollo_spark.query.assay_scope import sample_keys
from apollo_spark.query.diff import under_label
from apollo_spark.query.filters.measured import KEY, VALUE, MeasuredFeature, UnusableAssay
from apollo_spark.query.sql import column, derived
from apollo_spark.sources.filters.marks import ASSAY
from apollo_spark.sources.suggest import find_near

if TYPE_CHECKING:
    from apollo_spark.lake.opened import OpenDataset
    from apollo_spark.lake.tables.store import TableStore
    from apollo_spark.model.assay import AssayRecord
    from apollo_spark.query.scope import QueryScope

TYPES = "apollo_spark.assays.types"
"""Where the types of assays are; they lie above this, and are found by name as verbs are."""
_SAMPLE, _KEYS, _MEASURED = "sample_id", "keys", "values"


class KeptValues:
    """Values that a rule asks for: it names features by their ids, and the units.

    Args:
        assays: The assays that it keeps.
        scope: What it reads; tables of assays go by its label.
    """

    def __init__(self, assays: "Sequence[AssayRecord]", scope: "QueryScope") -> None:
        self._assays = {each.name: each for each in assays}
        self._scope = scope

    def names(self) -> tuple[str, ...]:
        """Return the names of the assays."""
        return tuple(self._assays)

    def units_of(self, assay: str) -> tuple[str, ...]:
        """Return the units of an assay, that which answers first before the others."""
        record = self._assays.get(assay)
        units: tuple[str, ...] = (
            () if record is None else import_module(TYPES).summary_of(record).units
        )
        return units

    def place_of(self, assay: str) -> tuple[str, str] | None:
        """Return the entity and field that the samples of an assay belong to."""
        found = self._assays.get(assay)
        return None if found is None else (found.entity, found.field)

    def find_problem(self, tree: AssayValue) -> UnusableAssay | None:  # noqa: ARG002 checked before
        """Return that there is none: the rule was checked when it was written."""
        return None

    def meant(self, tree: AssayValue) -> MeasuredFeature:
        """Return the feature and the unit that are asked for."""
        return MeasuredFeature(tree.feature, tree.unit)

    def labelled(self, label: str) -> "KeptValues":
        """Return the same of tables whose names begin with a label."""
        return KeptValues(tuple(self._assays.values()), under_label(self._scope, label))

    def values(self, tree: AssayValue) -> exp.Select:
        """Ask for `key` and `value` of each shown sample that was measured."""
        record = self._assays[tree.assay]
        asked = import_module(TYPES).measured_values(record, self.meant(tree), self._scope)
        keys = derived(sample_keys(self._scope, record), _KEYS)
        sample = _SAMPLE if record.link is not None else KEY
        same = exp.EQ(this=column(_KEYS, sample), expression=column(_MEASURED, _SAMPLE))
        found = exp.select(column(_KEYS, KEY), column(_MEASURED, VALUE))
        found = found.from_(derived(asked, _MEASURED), copy=False)
        return found.join(keys, on=same, copy=False)


class StoredAssayValues(KeptValues):
    """Values that the assays of a dataset measured, whose features are looked up.

    Args:
        files: Where pinned tables are.
        opened: The dataset.
        scope: What of it may be read.
    """

    def __init__(self, files: "TableStore", opened: "OpenDataset", scope: "QueryScope") -> None:
        super().__init__(opened.record.assays, scope)
        self._files = files
        self._opened = opened
        self._found: dict[tuple[str, str, str, str | None], MeasuredFeature | UnusableAssay] = {}

    def find_problem(self, tree: AssayValue) -> UnusableAssay | None:
        """Return why a value cannot be asked for, None where it can.

        Raises:
            BrokenPinError: A pinned table cannot be read.
        """
        found = self._find(tree)
        return found if isinstance(found, UnusableAssay) else None

    def meant(self, tree: AssayValue) -> MeasuredFeature:
        """Return the feature and the unit that are asked for."""
        found = self._find(tree)
        assert isinstance(found, MeasuredFeature), "the filter was checked"
        return found

    def labelled(self, label: str) -> "StoredAssayValues":
        """Return the same of tables whose names begin with a label."""
        return StoredAssayValues(self._files, self._opened, under_label(self._scope, label))

    def _find(self, tree: AssayValue) -> MeasuredFeature | UnusableAssay:
        asked = (tree.measure, tree.assay, tree.feature, tree.unit)
        if asked not in self._found:
            self._found[asked] = self._read(tree)
        return self._found[asked]

    def _read(self, tree: AssayValue) -> MeasuredFeature | UnusableAssay:
        record = self._assays.get(tree.assay)
        if record is None:
            near = find_near(tree.assay, list(self._assays))
            hint = "" if near is None else f" (did you mean {near!r}?)"
            text = f"there is no assay {tree.assay!r}{hint}"
            meant = () if near is None else (near,)
            return UnusableAssay(text, is_unknown=True, suggestions=meant, part=ASSAY)
        found: MeasuredFeature | UnusableAssay = import_module(TYPES).find_measured(
            self._files, self._opened, record, tree
        )
        return found
