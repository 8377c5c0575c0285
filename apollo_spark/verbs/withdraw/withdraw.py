"""Take people out of a dataset and of everything that is based on it: plan, then apply."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow.compute as pc

from apollo_spark.errors import NotFoundError, UsageError
from apollo_spark.ingest.lookalikes import joined
from apollo_spark.lake.lake import Lake
from apollo_spark.lake.withdrawing import WithdrawnFrom, alike
from apollo_spark.model.dataset import DatasetRecord, EntityEntry
from apollo_spark.model.names import RecordReference, require_dataset_name
from apollo_spark.model.plan import WorkPlan, flat_counts
from apollo_spark.model.record import require_kind
from apollo_spark.model.request import ApplyRequest
from apollo_spark.model.withdrawal import LinkedReceipt, WithdrawalRecord, WithdrawReceipt
from apollo_spark.operations.action import Action
from apollo_spark.operations.outcome import Outcome
from apollo_spark.verbs.withdraw.keys import (
    describe_meant,
    known_keys,
    lookalikes_of,
    match_keys,
    read_keys,
)
from apollo_spark.verbs.withdraw.linked_people import LinkedKeys, find_linked


class WithdrawRequest(ApplyRequest):
    """What a person asks for: the options of `apollo withdraw`."""

    verb = "withdraw"

    file: str
    of: str
    only: tuple[str, ...] | None = None


@dataclass(frozen=True)
class WithdrawPlan:
    """What goes: the rows of each dataset, and their counts."""

    chosen: tuple[LinkedKeys, ...]
    receipt: WithdrawReceipt


class Withdraw(Action[WithdrawRequest, WithdrawPlan, WithdrawReceipt]):
    """Say what a withdrawal takes out and, where that is asked for, do it."""

    verb = "withdraw"

    def plan(self) -> WithdrawPlan:
        """Find the rows that are meant, and those that hang from them.

        Raises:
            NotFoundError: The dataset or the entity is not there, or keys that no version has.
            UsageError: The entity has no primary key, or is read from another dataset.
            InputFileError: The file of keys cannot be read.
        """
        lake, request = self.context.lake, self.request
        versions = _versions(lake, request.of)
        newest, entity = versions[-1]
        of = _of(newest, entity, request.of)
        known = known_keys(lake, versions, of)
        texts = read_keys(request.file, of.field)
        keys, unmatched = match_keys(texts, known, request.file)
        if unmatched:
            raise NotFoundError(
                f"{unmatched:,} of {len(keys):,} keys are in no version of {of.dataset}.",
                why=f"{describe_meant(texts, known)}Nothing was withdrawn.",
                fix="Take them out of the file, or correct them.",
            )
        # Nobody could tell who stays from who goes.
        also = lookalikes_of(texts, known)
        keys = joined(keys, also) if len(also) else keys
        found = find_linked(lake, _all_records(lake), of, keys)
        chosen = _chosen(found, request.only)
        unjoined = lake.load_dictionary(newest).unjoined - {entity.name}
        update = {"lookalikes": len(also), "unjoined": tuple(sorted(unjoined))}
        receipt = _receipt(lake, found, chosen).model_copy(update=update)
        return WithdrawPlan(tuple(chosen), receipt)

    def preview(self, plan: WithdrawPlan) -> Outcome[WithdrawReceipt]:
        """Say who goes."""
        receipt = plan.receipt
        counts = flat_counts(receipt.model_dump(mode="json"))
        work = WorkPlan(
            does=f"withdraw rows of {self.request.of}",
            people=receipt.withdrawn,
            counts={**counts, "versions": len(receipt.records)},
        )
        return Outcome(receipt, plan=work, more={"applied": False})

    def act(self, plan: WithdrawPlan) -> Outcome[WithdrawReceipt]:
        """Hide them from every reader."""
        context = self.context
        wanted = [(each.of, each.keys) for each in plan.chosen]
        with context.lake.spare.used_when_full():
            context.lake.withdrawing.withdraw_all(
                wanted, actor=context.actor, time=context.clock.now(), on_step=context.step
            )
        return Outcome(plan.receipt, more={"applied": True})


def _of(newest: DatasetRecord, entity: EntityEntry, text: str) -> WithdrawnFrom:
    """Return whose rows are meant, and the key by which they are named."""
    if entity.primary_key is None:
        raise UsageError(f"{text} has no primary key by which rows could be named.")
    return WithdrawnFrom(
        dataset=newest.name,
        entity=entity.name,
        field=entity.primary_key,
        location=_own_location(newest, entity),
    )


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
