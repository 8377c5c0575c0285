"""Retire versions: say first what that means, then do it."""

from apollo_spark.errors import UsageError
from apollo_spark.lake.lake import Lake
from apollo_spark.lake.registry.snapshot import RecordEntry, RegistrySnapshot, Retirement
from apollo_spark.lake.retiring import retire_version
from apollo_spark.model.base import Record
from apollo_spark.model.names import parse_reference
from apollo_spark.operations.context import Context


class RetirePlan(Record):
    """What it means to retire a version.

    Attributes:
        version: The version, as `name@version`.
        retired: Who did so already, or None.
        name_means: What the bare name means afterwards; None when nothing of it is left.
        versions_left: Versions of the name that are left.
        stand_on_it: Unretired records that name it as a parent. They hold their own pins and stay.
    """

    version: str
    retired: Retirement | None
    name_means: str | None
    versions_left: int
    stand_on_it: tuple[str, ...]


def plan_retirement(lake: Lake, reference: str) -> RetirePlan:
    """Say what retiring a version means.

    Raises:
        UsageError: The text does not name one version by its number.
        NotFoundError: There is no such version.
    """
    snapshot = lake.registry.snapshot()
    entry = _named(snapshot, reference)
    left = [each for each in snapshot.unretired() if each != entry]
    same_name = [each for each in left if each.name == entry.name]
    return RetirePlan(
        version=str(entry),
        retired=entry.retired,
        name_means=str(same_name[-1]) if same_name else None,
        versions_left=len(same_name),
        stand_on_it=tuple(str(each) for each in lake.registry.children_of(entry, left)),
    )


def retire(context: Context, reference: str) -> RecordEntry:
    """Retire a version, or find that it is retired.

    Raises:
        UsageError: The text does not name one version by its number.
        NotFoundError: There is no such version.
        LeaseHeldError: Somebody is writing the name.
        StorageRefusedError: The storage refused.
    """
    lake = context.lake
    entry = _named(lake.registry.snapshot(), reference)
    if entry.retired is not None:
        return entry
    with lake.spare.used_when_full():
        return retire_version(
            entry,
            registry=lake.registry,
            leases=lake.leases,
            actor=context.actor,
            time=lake.clock.now(),
            on_step=context.step,
        )


def _named(snapshot: RegistrySnapshot, text: str) -> RecordEntry:
    reference = parse_reference(text)
    if reference.version is None:
        raise UsageError(
            f"{text!r} does not say which version to retire.", fix="Write NAME@VERSION."
        )
    return snapshot.find(reference)
