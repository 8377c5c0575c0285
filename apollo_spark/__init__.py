"""apollo_spark: versioned clinical and molecular datasets over Delta tables.

Importing the package loads neither Spark nor pydantic: names are fetched when they are used,
because the package is also imported by Spark's worker processes, which have only the standard
library, numpy and pyarrow.
"""

import importlib
from typing import TYPE_CHECKING, Any

from apollo_spark import version as _version

if TYPE_CHECKING:
    from apollo_spark.api.dataset import Dataset as Dataset
    from apollo_spark.api.lake import ApolloLake as ApolloLake
    from apollo_spark.api.lake import open_lake as open_lake
    from apollo_spark.errors import ApolloError as ApolloError

__version__ = _version.VERSION

_HOMES = {
    "ApolloError": "apollo_spark.errors",
    "ApolloLake": "apollo_spark.api.lake",
    "Dataset": "apollo_spark.api.dataset",
    "open_lake": "apollo_spark.api.lake",
}
__all__ = ["ApolloError", "ApolloLake", "Dataset", "__version__", "open_lake"]


def __getattr__(name: str) -> Any:
    """Fetch a public name from its module on first use."""
    if name not in _HOMES:
        raise AttributeError(f"module 'apollo_spark' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    """Return the public names."""
    return __all__
