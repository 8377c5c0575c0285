"""What is said of guarded records without being decided: it is said without its numbers."""

import json
from collections.abc import Mapping
from typing import Any

from apollo_spark.model.base import Record, canonical_json
from apollo_spark.model.suppressed import Suppressed, plain_json


def without_numbers(value: Any, hidden: Suppressed) -> Any:
    """Return JSON with every number of it not shown.

    >>> plain_json(without_numbers({"rows": 3, "of": ["a"]}, Suppressed(fewer_than=5)))
    {'rows': {'suppressed': True}, 'of': ['a']}
    """
    if isinstance(value, Mapping):
        return {name: without_numbers(each, hidden) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [without_numbers(each, hidden) for each in value]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return hidden
    return value


class HiddenReceipt(Record):
    """A receipt whose numbers are not shown.

    Attributes:
        shown: It, with what is there in the place of numbers.
    """

    shown: Mapping[str, Any]

    @staticmethod
    def of(receipt: Record, hidden: Suppressed) -> "HiddenReceipt":
        """Return a receipt without its numbers."""
        return HiddenReceipt(shown=without_numbers(json.loads(receipt.to_json()), hidden))

    def as_json(self) -> Any:
        """Return it."""
        return plain_json(self.shown)

    def to_json(self) -> str:
        """Return it as text."""
        return canonical_json(self.as_json())

    def __getattr__(self, name: str) -> Any:
        """Return what the receipt says under a name."""
        if name.startswith("_") or name not in self.__dict__.get("shown", {}):
            raise AttributeError(name)
        return _as_receipt(self.shown[name])


def _as_receipt(value: Any) -> Any:
    """Return a part of a receipt as who reads receipts expects it."""
    if isinstance(value, Mapping):
        return HiddenReceipt(shown=value)
    return tuple(map(_as_receipt, value)) if isinstance(value, list) else value
