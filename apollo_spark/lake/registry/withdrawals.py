"""Who is withdrawn, as the registry tells: every reader asks, so it is read with few modules."""

from apollo_spark.lake.registry.registry import Registry
from apollo_spark.lake.registry.snapshot import RegistrySnapshot
from apollo_spark.model.withdrawal import WithdrawalRecord


def read_withdrawals(
    registry: Registry, snapshot: RegistrySnapshot
) -> tuple[WithdrawalRecord, ...]:
    """Return the newest withdrawal of each entity of each dataset."""
    if not snapshot.withdrawals:
        return ()
    texts = registry.read_texts(snapshot.withdrawals)
    records = [WithdrawalRecord.model_validate_json(text) for _, text in texts]
    newest = {each.location: each for each in sorted(records, key=lambda each: each.version)}
    return tuple(newest.values())
