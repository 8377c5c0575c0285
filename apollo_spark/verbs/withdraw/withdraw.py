"""Take people out of a dataset and of everything that stands on it: plan, then apply."""

from collections.abc import Mapping, Sequence

import pyarrow.compute as pc

from apollo_spark.errors import NotFoundError, UsageError
from apollo_spark.ingest.lookalikes import joined
from apollo_spark.lake.lake import Lake
from apollo_spark.lake.withdrawing import WithdrawnFrom, alike
from apollo_spark.model.base import Record
from apollo_spark.model.dataset import DatasetRecord, EntityEntry
from apollo_spark.model.names import RecordReference, require_dataset_name
from apollo_spark.model.record import require_kind
from apollo_spark.model.withdrawal import WithdrawalRecord
from apollo_spark.operations.context import Context
from apollo_spark.verbs.withdraw.keys import (
    known_keys,
    lookalikes_of,
    match_keys,
    read_keys,
    say_meant,
)
from apollo_spark.verbs.withdraw.linked_people import LinkedKeys, find_linked


class WithdrawRequest(Record):
    """What a person asks for: the options of `apollo withdraw`."""

    file: str
    of: str
    only: tuple[str, ...] | None = None
    apply: bool = False


class LinkedReceipt(Record):
    """Rows of another dataset that are known to be those of the rows named, by a link.

    Attributes:
        by: Versions whose links say so.
        chosen: Whether they go too.
        lookalikes: Those that no link names, and that look like one that a link names.
    """

    dataset: str
    entity: str
    keys: int
    already: int
    withdrawn: int
    by: tuple[str, ...]
    chosen: bool = True
    lookalikes: int = 0

    @property
    def name(self) -> str:
        """What `--only` names."""
        return f"{self.dataset}.{self.entity}"


class WithdrawReceipt(Record):
    """The counts of a withdrawal.

    Attributes:
        keys: Different keys in the file, and those that look like them.
        already: Those that are out already.
        withdrawn: Those that go out now.
        unmatched: Those that no version has: they refuse the withdrawal.
        records: Unretired versions, of any name, from which rows go.
        linked: Rows of other datasets that are known to be theirs.
        chosen: Whether the rows named go: `--only` may choose others alone.
        lookalikes: Those that are not in the file, and look like one in it: both are meant.
        unjoined: Entities of the newest version that are joined to nothing: their rows stay.
    """

    operation: str = "withdraw"
    dataset: str
    entity: str
    keys: int
    already: int
    withdrawn: int
    unmatched: int
    records: tuple[str, ...]
    linked: tuple[LinkedReceipt, ...] = ()
    chosen: bool = True
    lookalikes: int = 0
    unjoined: tuple[str, ...] = ()


def withdraw(context: Context, request: WithdrawRequest) -> WithdrawReceipt:
    """Say what a withdrawal takes out and, where that is asked for, do it.

    Raises:
        NotFoundError: The dataset or the entity is not there, or keys that no version has.
        UsageError: The entity has no primary key, or is read from another dataset.
        InputFileError: The file of keys cannot be read.
    """
    lake = context.lake
    versions = _versions(lake, request.of)
    entity = versions[-1][1]
    if entity.primary_key is None:
        raise UsageError(f"{request.of} has no primary key by which rows could be named.")
    newest, _ = versions[-1]
    of = WithdrawnFrom(
        dataset=newest.name,
        entity=entity.name,
        field=entity.primary_key,
        location=_own_location(newest, entity),
    )
    known = known_keys(lake, versions, of)
    texts = read_keys(request.file, of.field)
    keys, unmatched = match_keys(texts, known, request.file)
    if unmatched:
        raise NotFoundError(
            f"{unmatched:,} of {len(keys):,} keys are in no version of {of.dataset}.",
            why=f"{say_meant(texts, known)}Nothing was withdrawn.",
            fix="Take them out of the file, or correct them.",
        )
    # Nobody could tell who stays from who goes.
    also = lookalikes_of(texts, known)
    keys = joined(keys, also) if len(also) else keys
    found = find_linked(lake, _all_records(lake), of, keys)
    chosen = _chosen(found, request.only)
    receipt = _receipt(lake, found, chosen).model_copy(
        update={
            "lookalikes": len(also),
            "unjoined": tuple(sorted(lake.load_dictionary(newest).unjoined - {entity.name})),
        }
    )
    if request.apply:
        wanted = [(each.of, each.keys) for each in chosen]
        with lake.spare.used_when_full():
            lake.withdrawing.withdraw_all(
                wanted, actor=context.actor, time=context.clock.now(), on_step=context.step
            )
    return receipt


def _all_records(lake: Lake) -> list[DatasetRecord]:
    """Return the unretired versions of all datasets."""
    return list(lake.registry.read_all(lake.registry.snapshot().unretired(), DatasetRecord))


def _chosen(found: Sequence[LinkedKeys], only: Sequence[str] | None) -> list[LinkedKeys]:
    """Return what goes: everything, or what is named."""
    if only is None:
        return list(found)
    names = {f"{each.of.dataset}.{each.of.entity}".lower(): each for each in found}
    if lost := [each for each in only if each.lower() not in names]:
        raise UsageError(
            f"Not in the plan: {', '.join(lost)}.",
            fix="Run the command without --only and --apply to see what is.",
        )
    wanted = {each.lower() for each in only}
    return [each for name, each in names.items() if name in wanted]


def _versions(lake: Lake, of: str) -> list[tuple[DatasetRecord, EntityEntry]]:
    """Return the unretired versions of the dataset that have the entity, newest last."""
    name, _, entity = of.partition(".")
    require_dataset_name(name)
    snapshot = lake.registry.snapshot()
    newest = snapshot.get(RecordReference(name=name))
    require_kind(newest, newest.kind, DatasetRecord)
    unretired = [each for each in snapshot.versions_of(name) if each.retired is None]
    records = lake.registry.read_all(unretired, DatasetRecord)
    found = [
        (record, entry)
        for record in sorted(records, key=lambda each: each.version)
        if (entry := record.find_entity(entity)) is not None
    ]
    if not found:
        raise NotFoundError(f"No version of {name} has an entity {entity!r}.")
    return found


def _own_location(record: DatasetRecord, entity: EntityEntry) -> str:
    pin = record.pin_of(entity.slices[0].table)
    if not pin.is_of(record.name):
        owner = "the dataset that it is a view of" if record.hides else pin.owner or "another lake"
        raise UsageError(
            f"The rows of {record.name}.{entity.name} are those of {owner}.",
            fix=f"Withdraw from {owner}: what is made from it follows.",
        )
    return pin.location


def _receipt(
    lake: Lake, found: Sequence[LinkedKeys], chosen: Sequence[LinkedKeys]
) -> WithdrawReceipt:
    named, *others = found
    out = {each.location: each for each in lake.withdrawals()}
    counted = {each.of.location: _already(lake, each, out) for each in found}
    already, goes = counted[named.of.location], named in chosen
    return WithdrawReceipt(
        dataset=named.of.dataset,
        entity=named.of.entity,
        keys=len(named.keys),
        already=already,
        withdrawn=len(named.keys) - already if goes else 0,
        unmatched=0,
        records=_records_that_read(lake, [each.of.location for each in chosen]),
        linked=tuple(
            LinkedReceipt(
                dataset=each.of.dataset,
                entity=each.of.entity,
                keys=len(each.keys),
                already=counted[each.of.location],
                withdrawn=len(each.keys) - counted[each.of.location] if each in chosen else 0,
                by=each.by,
                chosen=each in chosen,
                lookalikes=each.lookalikes,
            )
            for each in others
        ),
        chosen=goes,
    )


def _already(lake: Lake, found: LinkedKeys, out: Mapping[str, WithdrawalRecord]) -> int:
    """Return how many of some keys are out."""
    before = out.get(found.of.location)
    if before is None:
        return 0
    given, gone = alike(found.keys, lake.withdrawing.read_keys(before))
    return pc.sum(pc.is_in(given, value_set=gone)).as_py() or 0


def _records_that_read(lake: Lake, locations: Sequence[str]) -> tuple[str, ...]:
    entries = lake.registry.snapshot().unretired()
    marks = [f'"{each}"' for each in locations]
    texts = lake.registry.read_texts(entries)
    found = {each.id for each, text in texts if any(mark in text for mark in marks)}
    return tuple(str(each) for each in entries if each.id in found)
