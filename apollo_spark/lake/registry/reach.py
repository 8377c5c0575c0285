"""What records reach: the versions of tables that they pin, and the parts that they name.

Pins and parts are found wherever they are in the JSON of a record, so that also what a later
form of record says, in a place that this version does not know, is never swept away.
"""

import json
import re
import sys
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from apollo_spark.errors import ConflictError
from apollo_spark.lake.registry.registry import Registry
from apollo_spark.lake.registry.snapshot import RecordEntry, RegistrySnapshot
from apollo_spark.model.names import parse_reference
from apollo_spark.model.pin import TablePin
from apollo_spark.model.record import PublishedRecord

Place = tuple[str, int]
"""Location and version of a table."""

_PinKey = tuple[bool, str, int, str]
_DIGEST = re.compile(r"[0-9a-f]{64}")
_MARKS = {"table_id", "location", "version", "files_digest"}
"""Keys that only pins have together."""


@dataclass(frozen=True)
class Reach:
    """What records reach.

    Attributes:
        pins: Every pin, once for each table and version.
        digests: Every SHA-256 that they mention: parts among them.
    """

    pins: tuple[TablePin, ...]
    digests: frozenset[str]


class ReachReader:
    """Reads what the unretired records of a registry reach, each record once: they never change.

    Args:
        registry: The registry.
    """

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._known: dict[str, tuple[set[_PinKey], set[str]]] = {}
        # Versions of a dataset share most of what they reach.
        self._pins: dict[_PinKey, TablePin] = {}

    def read(self, snapshot: RegistrySnapshot) -> Reach:
        """Return what the records of a snapshot reach: those not retired, and withdrawals.

        Raises:
            BrokenPinError: A record is gone, or is not as it was published.
            StorageRefusedError: The storage refused.
        """
        entries = snapshot.kept()
        new = [each for each in entries if each.id not in self._known]
        for entry, text in self._registry.read_texts(new):
            found = {_key(pin): pin for pin in pins_in(text)}
            self._pins |= found
            self._known[entry.id] = (set(found), set(map(sys.intern, _DIGEST.findall(text))))
        read = [self._known[each.id] for each in entries]
        return Reach(
            pins=tuple(
                self._pins[key] for key in sorted({key for keys, _ in read for key in keys})
            ),
            digests=frozenset(digest for _, digests in read for digest in digests),
        )


def _key(pin: TablePin) -> _PinKey:
    return (pin.is_ours, pin.location, pin.version, pin.table_id)


def pins_in(text: str) -> Iterator[TablePin]:
    """Yield every pin that is anywhere in the JSON of a record."""
    waiting: list[Any] = [json.loads(text)]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting += value
        elif isinstance(value, dict):
            waiting += value.values()
            if value.keys() >= _MARKS:
                yield _pin(value)


def _pin(value: dict[str, Any]) -> TablePin:
    try:
        return TablePin.model_validate(value)
    except ValidationError:
        # A later form: what protects the rows has kept its name.
        known = {key: each for key, each in value.items() if key in TablePin.model_fields}
        return TablePin.model_construct(**{"is_ours": True, **known})


def require_unretired(
    record: PublishedRecord,
    written: Collection[Place],
    snapshot: RegistrySnapshot,
    registry: Registry,
) -> None:
    """Require that all that a record is based on is unretired in a snapshot of the registry.

    Rows that an unretired record pins stay. Whoever pins them too, by a commit that follows the
    snapshot, has them for good.

    Args:
        record: The record that is about to be published.
        written: What this publication wrote itself.
        snapshot: The registry as it was read for the commit.
        registry: Where the records of the snapshot are read.

    Raises:
        NotFoundError: A parent is retired, or is not there.
        ConflictError: A pinned version of a table is in no unretired record.
    """
    parents = [snapshot.get(parse_reference(each)) for each in record.lineage.parents]
    missing = {
        (pin.location, pin.version)
        for pin in pins_in(record.to_json())
        if pin.is_ours and (pin.location, pin.version) not in written
    }
    if not missing:
        return
    newest = snapshot.newest_of(record.name)
    likely = [*parents, *([newest] if newest else [])]
    for entries in (likely, snapshot.unretired()):
        missing -= _places(entries, registry)
        if not missing:
            return
    shown = ", ".join(f"{location}@{version}" for location, version in sorted(missing))
    raise ConflictError(
        f"{record} cannot be published.",
        why=f"It pins {shown}, which no unretired record reads any more.",
        fix="Run the command again on versions that are not retired.",
    )


def _places(entries: Collection[RecordEntry], registry: Registry) -> set[Place]:
    texts = (text for _, text in registry.read_texts(entries))
    return {(p.location, p.version) for text in texts for p in pins_in(text) if p.is_ours}
