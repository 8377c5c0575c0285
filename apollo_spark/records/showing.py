"""What a record says to everybody: of a view, what it shows and nothing of what it is based on.

Whoever describes a record, in whatever form, describes what is returned here; `--full` asks for
the record as it is stored.
"""

from collections.abc import Iterator

from apollo_spark.model.assay import AssayRecord, name_table
from apollo_spark.model.base import Record
from apollo_spark.model.change import ViewChange
from apollo_spark.model.dataset import DatasetRecord, EntityEntry, TableSlice
from apollo_spark.model.pin import TablePin
from apollo_spark.model.record import PublishedRecord


class ShownPin(Record):
    """A pin by the name that it is shown under; a view does not say where a table is."""

    table: str
    pin: TablePin


def hides_details(record: PublishedRecord, *, full: bool = False) -> bool:
    """Return whether something of a record is not reported unless it is asked for in full."""
    return record.hides and not full


def is_view(record: DatasetRecord) -> bool:
    """Return whether a record is a view, which does not say what it is a view of."""
    return isinstance(record.change, ViewChange)


def shown_record(record: DatasetRecord, *, full: bool = False) -> DatasetRecord:
    """Return a record for people: of one that hides something, without rules, pins and parents.

    It is not to be read from: open the record itself.
    """
    if not hides_details(record, full=full):
        return record
    shown = record.model_copy(
        update={
            "entities": tuple(_shown_entity(each) for each in record.entities),
            "assays": tuple(map(shown_assay, record.assays)),
            "pins": (),
            "rules": (),
        }
    )
    if not is_view(record):
        return shown
    lineage = record.lineage.model_copy(
        update={"parents": (), "inputs": (), "parameters": (), "fingerprint": ""}
    )
    return shown.model_copy(update={"lineage": lineage, "change": None, "receipt": ""})


def shown_pins(record: PublishedRecord, *, full: bool = False) -> tuple[ShownPin, ...]:
    """Return the pins under the names that they are shown by: those of what the record shows."""
    if not hides_details(record, full=full):
        return tuple(ShownPin(table=pin.table, pin=pin) for pin in record.pins)
    names = dict(_names(record)) if isinstance(record, DatasetRecord) else {}
    return tuple(
        ShownPin(table=names[pin.table], pin=pin) for pin in record.pins if pin.table in names
    )


def shown_assay(assay: AssayRecord) -> AssayRecord:
    """Return an assay for people: its tables by names that mention no other dataset."""
    tables = tuple(
        each.model_copy(update={"table": name_table(assay.name, each.role)})
        for each in assay.tables
    )
    return assay.model_copy(update={"tables": tables, "link": None, "origin": None, "guards": ()})


def _names(record: DatasetRecord) -> Iterator[tuple[str, str]]:
    """Yield each table with the name of what it holds: its own may be that of a parent's entity."""
    for entity in record.entities:
        for number, each in enumerate(entity.slices):
            yield each.table, entity.name if number == 0 else f"{entity.name}.{number + 1}"
    for assay in record.assays:
        for part in assay.tables:
            yield part.table, name_table(assay.name, part.role)
        if assay.link is not None:
            yield assay.link.table, name_table(assay.name, "link")


def _shown_entity(entity: EntityEntry) -> EntityEntry:
    return entity.model_copy(update={"slices": (TableSlice(table=entity.name),)})
