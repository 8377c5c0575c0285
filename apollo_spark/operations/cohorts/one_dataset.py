"""Whether cohorts are based on the same version of the same dataset, and what to type otherwise."""

from collections.abc import Sequence

from apollo_spark.errors import ConflictError
from apollo_spark.lake.lake import Lake
from apollo_spark.model.cohort import CohortRecord
from apollo_spark.model.names import parse_reference


def require_one_dataset(lake: Lake, records: Sequence[CohortRecord]) -> None:
    """Require that cohorts are based on one version of one dataset.

    Raises:
        ConflictError: They do not; the message says what to type.
    """
    if len({each.dataset_id for each in records}) < 2:
        return
    newest = max((each.dataset for each in records), key=lambda each: _place(lake, each))
    behind = [each for each in records if each.dataset != newest]
    raise ConflictError(
        "The cohorts are based on different versions or views: "
        + ", ".join(f"{each} on {each.dataset}" for each in records)
        + ".",
        fix=" ".join(_fix(each, newest) for each in behind),
    )


def require_dataset(record: CohortRecord, dataset: str, dataset_id: str) -> None:
    """Require that a cohort is based on a version of a dataset.

    Raises:
        ConflictError: It does not; the message says what to type.
    """
    if record.dataset_id != dataset_id:
        raise ConflictError(
            f"{record} is based on {record.dataset}, and not on {dataset}.",
            fix=_fix(record, dataset),
        )


def _place(lake: Lake, version: str) -> tuple[str, int]:
    entry = lake.registry.snapshot().find(parse_reference(version))
    return entry.time.isoformat(), entry.version


def _fix(record: CohortRecord, dataset: str) -> str:
    if record.dataset.partition("@")[0] == dataset.partition("@")[0]:
        return f"Type: apollo rebase {record.name} --onto {dataset} --apply."
    if record.step.text is not None and not record.cohorts:
        asked = record.step.text.replace("'", "'\\''")
        return f"Type: apollo cohort create {record.name} --from {dataset} --filter '{asked}'."
    return f"Type: apollo cohort create {record.name} --from {dataset}, with what it means there."
