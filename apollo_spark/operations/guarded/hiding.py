"""What is said of guarded records without being decided: it is said without its numbers."""

import json
from collections.abc import Mapping
from typing import Any

from pydantic import PrivateAttr

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
    """A receipt whose numbers are not shown; it has the attributes of the one that it is of.

    Attributes:
        shown: It, with what is there in the place of numbers.
    """

    shown: Mapping[str, Any]
    _receipt: Record = PrivateAttr()

    @staticmethod
    def of(receipt: Record, hidden: Suppressed) -> "HiddenReceipt":
        """Return a receipt without its numbers."""
        return _hidden(without_numbers(json.loads(receipt.to_json()), hidden), receipt)

    def as_json(self) -> Any:
        """Return it."""
        return plain_json(self.shown)

    def to_json(self) -> str:
        """Return it as text."""
        return canonical_json(self.as_json())

    def __getattr__(self, name: str) -> Any:
        """Return what the receipt says under a name."""
        if name.startswith("_"):
            return super().__getattr__(name)  # type: ignore[misc] # pydantic has it
        if name in self.shown:
            return _as_receipt(self.shown[name], getattr(self._receipt, name, None))
        known = getattr(type(self._receipt), name, None)
        if isinstance(known, property) and known.fget is not None:
            return known.fget(self)
        raise AttributeError(name)


def _hidden(shown: Mapping[str, Any], receipt: Any) -> HiddenReceipt:
    found = HiddenReceipt(shown=shown)
    found._receipt = receipt  # noqa: SLF001 it is made here
    return found


def _as_receipt(value: Any, of: Any) -> Any:
    """Return a part of a receipt as who reads receipts expects it."""
    if isinstance(value, Mapping):
        return _hidden(value, of) if isinstance(of, Record) else value
    if isinstance(value, list):
        parts = of if isinstance(of, tuple | list) and len(of) == len(value) else value
        return tuple(_as_receipt(each, part) for each, part in zip(value, parts, strict=True))
    return value
