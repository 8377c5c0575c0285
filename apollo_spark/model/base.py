"""The base of every value that is stored or passed on."""

import hashlib
import json
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict
from typing_extensions import Self


def _as_text(name: str) -> str:
    return name.encode("utf-8", "backslashreplace").decode()


FileName = Annotated[str, AfterValidator(_as_text)]
"""The name of a file as text: bytes of it that are not UTF-8 are written as escapes."""


class Record(BaseModel):
    """A value that never changes after it is built.

    Fields hold only scalars, other records, tuples and frozensets: freezing a model does not
    freeze a list inside it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Return a copy with some fields changed, without what was derived from the old ones."""
        copied = super().model_copy(update=update, deep=deep)
        for derived in set(copied.__dict__) - set(type(self).model_fields):
            del copied.__dict__[derived]
        return copied

    def as_json(self) -> Any:
        """Return the value as JSON says it."""
        return self.model_dump(mode="json")

    def to_json(self) -> str:
        """Return the canonical JSON text: sorted keys, no blanks, the same for equal values."""
        return canonical_json(self.model_dump(mode="json"))


def canonical_json(value: Any) -> str:
    """Return JSON text that is the same for equal values (sorted keys, no blanks, UTF-8)."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def sha256_text(text: str) -> str:
    """Return the SHA-256 of a text's UTF-8 bytes, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()
