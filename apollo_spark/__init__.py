"""apollo_spark: versioned clinical and molecular datasets over Delta tables.

Importing the package loads neither Spark nor pydantic: names are fetched when they are used,
because the package is also imported by Spark's worker processes, which have only the standard
library, numpy and pyarrow.
"""

import importlib
from typing import TYPE_CHECKING, Any

from apollo_spark import version as _version

if TYPE_CHECKING:
    from apollo_spark.api.assay import Assay as Assay
    from apollo_spark.api.conditions.compared import percentile as percentile
    from apollo_spark.api.conditions.condition import Condition as Condition
    from apollo_spark.api.conditions.condition import all_of as all_of
    from apollo_spark.api.conditions.condition import any_of as any_of
    from apollo_spark.api.dataset import Dataset as Dataset
    from apollo_spark.api.lake import ApolloLake as ApolloLake
    from apollo_spark.api.lake import open_lake as open_lake
    from apollo_spark.api.published import Published as Published
    from apollo_spark.api.sources import ExpressionSource as ExpressionSource
    from apollo_spark.api.sources import SampleFields as SampleFields
    from apollo_spark.assays.expression.receipt import (
        AssayExtensionReceipt as AssayExtensionReceipt,
    )
    from apollo_spark.assays.expression.receipt import AssayReceipt as AssayReceipt
    from apollo_spark.errors import ApolloError as ApolloError
    from apollo_spark.errors import BrokenPinError as BrokenPinError
    from apollo_spark.errors import CancelledError as CancelledError
    from apollo_spark.errors import CheckFailedError as CheckFailedError
    from apollo_spark.errors import ConfigurationError as ConfigurationError
    from apollo_spark.errors import ConflictError as ConflictError
    from apollo_spark.errors import DictionaryError as DictionaryError
    from apollo_spark.errors import EnvironmentProblemError as EnvironmentProblemError
    from apollo_spark.errors import InputFileError as InputFileError
    from apollo_spark.errors import LeaseHeldError as LeaseHeldError
    from apollo_spark.errors import NotFoundError as NotFoundError
    from apollo_spark.errors import Problem as Problem
    from apollo_spark.errors import StorageRefusedError as StorageRefusedError
    from apollo_spark.errors import TimeIsUpError as TimeIsUpError
    from apollo_spark.errors import UsageError as UsageError
    from apollo_spark.lake.sweep.receipt import SweepReceipt as SweepReceipt
    from apollo_spark.model.receipt import AssayMergeReceipt as AssayMergeReceipt
    from apollo_spark.model.receipt import CompactionReceipt as CompactionReceipt
    from apollo_spark.model.receipt import ExtensionReceipt as ExtensionReceipt
    from apollo_spark.model.receipt import LoadReceipt as LoadReceipt
    from apollo_spark.model.receipt import MergeReceipt as MergeReceipt
    from apollo_spark.model.receipt import RetireReceipt as RetireReceipt
    from apollo_spark.model.receipt import RowsReceipt as RowsReceipt
    from apollo_spark.model.receipt import SealReceipt as SealReceipt
    from apollo_spark.model.receipt import ViewReceipt as ViewReceipt
    from apollo_spark.model.withdrawal import WithdrawReceipt as WithdrawReceipt
    from apollo_spark.runtime.questions import Questions as Questions
    from apollo_spark.runtime.settings import LakeSettings as LakeSettings
    from apollo_spark.verbs.cohort.trial import CohortTrial as CohortTrial
    from apollo_spark.verbs.cohort.trial import try_filter as try_filter

__version__ = _version.VERSION

_RECEIPTS = (
    "AssayMergeReceipt", "CompactionReceipt", "ExtensionReceipt", "LoadReceipt", "MergeReceipt",
    "RetireReceipt", "RowsReceipt", "SealReceipt", "ViewReceipt",
)  # fmt: skip
_EXPRESSION_RECEIPTS = ("AssayExtensionReceipt", "AssayReceipt")
_ERRORS = (
    "ApolloError", "BrokenPinError", "CancelledError", "CheckFailedError", "ConfigurationError",
    "ConflictError", "DictionaryError", "EnvironmentProblemError", "InputFileError",
    "LeaseHeldError", "NotFoundError", "StorageRefusedError", "TimeIsUpError", "UsageError",
)  # fmt: skip
_HOMES = {
    "ApolloLake": "apollo_spark.api.lake",
    "Assay": "apollo_spark.api.assay",
    "CohortTrial": "apollo_spark.verbs.cohort.trial",
    "Condition": "apollo_spark.api.conditions.condition",
    "Dataset": "apollo_spark.api.dataset",
    "ExpressionSource": "apollo_spark.api.sources",
    "LakeSettings": "apollo_spark.runtime.settings",
    "Problem": "apollo_spark.errors",
    "Published": "apollo_spark.api.published",
    "Questions": "apollo_spark.runtime.questions",
    "SampleFields": "apollo_spark.api.sources",
    "SweepReceipt": "apollo_spark.lake.sweep.receipt",
    "WithdrawReceipt": "apollo_spark.model.withdrawal",
    "all_of": "apollo_spark.api.conditions.condition",
    "any_of": "apollo_spark.api.conditions.condition",
    "percentile": "apollo_spark.api.conditions.compared",
    "open_lake": "apollo_spark.api.lake",
    "try_filter": "apollo_spark.verbs.cohort.trial",
    **dict.fromkeys(_RECEIPTS, "apollo_spark.model.receipt"),
    **dict.fromkeys(_EXPRESSION_RECEIPTS, "apollo_spark.assays.expression.receipt"),
    **dict.fromkeys(_ERRORS, "apollo_spark.errors"),
}
__all__ = ["__version__", *_HOMES]  # noqa: PLE0604 the names are texts


def __getattr__(name: str) -> Any:
    """Fetch a public name from its module on first use."""
    if name not in _HOMES:
        raise AttributeError(f"module 'apollo_spark' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    """Return the public names."""
    return __all__
