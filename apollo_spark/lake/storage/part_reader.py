"""The parts of a record, read: its dictionary is put together from them. No SQL is needed."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from apollo_spark.errors import naming_only
from apollo_spark.lake.storage.parts import PartStore
from apollo_spark.model.coding import Coding
from apollo_spark.model.dataset import DatasetRecord, RowRule
from apollo_spark.model.dictionary import DataDictionary, Entity


@dataclass(frozen=True)
class PartReader:
    """Reads the parts that a record names; those that are planned are not stored yet."""

    stored: PartStore
    planned: Mapping[str, str] = field(default_factory=dict)

    def text(self, part: str) -> str:
        """Return the text of that SHA-256.

        Raises:
            BrokenPinError: It is missing or damaged.
        """
        found = self.planned.get(part)
        return self.stored.get(part) if found is None else found

    def dictionary(self, record: DatasetRecord | RowRule) -> DataDictionary:
        """Return the data dictionary of a record or of a rule.

        Raises:
            BrokenPinError: A part is missing or damaged; of a view it is told of the view alone.
        """
        view = str(record) if isinstance(record, DatasetRecord) and record.hides else None
        with naming_only(view):
            return self._dictionary(record)

    def _dictionary(self, record: DatasetRecord | RowRule) -> DataDictionary:
        return DataDictionary(
            main_entity=record.main_entity,
            entities=tuple(
                Entity.model_validate_json(self.text(each.part)) for each in record.entities
            ),
            relations=record.relations,
            codings=tuple(
                Coding.model_validate_json(self.text(each.part)) for each in record.codings
            ),
        )
