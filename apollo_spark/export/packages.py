"""Packages that some answers need and that not everybody has installed."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from apollo_spark.errors import EnvironmentProblemError

if TYPE_CHECKING:
    import pandas as pd

EXTRAS = {"pandas": "pandas", "anndata": "anndata", "mudata": "mudata", "pyspark": "spark"}
"""By package, the extra that installs it."""


def need_package(name: str) -> Any:
    """Return a package that is one of our extras.

    Raises:
        EnvironmentProblemError: It is not installed.
    """
    try:
        return import_module(name)
    except ImportError as error:
        raise EnvironmentProblemError(
            f"The package {name} is not installed, and this needs it.",
            fix=f"Install the extra: pip install 'apollo_spark[{EXTRAS[name]}]'.",
        ) from error


def need_for(target: str) -> None:
    """Require the package that a form of answers needs: `pandas`, `anndata` or `spark`.

    Raises:
        EnvironmentProblemError: It is not installed.
    """
    for package, extra in EXTRAS.items():
        if target in (package, extra):
            need_package(package)


def table_to_pandas(table: pa.Table) -> "pd.DataFrame":
    """Return a table as a frame.

    Raises:
        EnvironmentProblemError: The package pandas is not installed.
    """
    need_package("pandas")
    return table.to_pandas()
