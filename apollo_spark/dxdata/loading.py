"""Datasets and cohorts of a lake by the names that notebooks load them by."""

import os
from typing import Any

from apollo_spark.api.lake import ApolloLake, open_lake
from apollo_spark.dxdata.cohort import Cohort
from apollo_spark.dxdata.dataset import Dataset
from apollo_spark.errors import UsageError

_chosen: list[str] = []


def use_lake(uri: str | None) -> None:
    """Load from a lake from now on; None is the one that APOLLO_LAKE names."""
    _chosen[:] = [] if uri is None else [uri]


def load_dataset(path: str | None = None, *, id: str | None = None) -> Dataset:  # noqa: A002 as notebooks
    """Return a dataset.

    Args:
        path: `NAME` (the newest version), `NAME@3` or `NAME@2026-03-01`.
        id: The id of a version, instead.

    Raises:
        NotFoundError: There is none.
        UsageError: No lake is given, or not one of path and id.
    """
    lake = _lake()
    return Dataset(lake.dataset(_version_of(lake, path, id)))


def load_cohort(
    path: str | None = None,
    *,
    id: str | None = None,  # noqa: A002 the name that notebooks use
    folder: str | None = None,  # noqa: ARG001 lakes have no folders
    name: str | None = None,
) -> Cohort:
    """Return a cohort; see `load_dataset`.

    Args:
        path: `NAME` (the newest version), `NAME@3` or `NAME@2026-03-01`.
        id: The id of a version, instead.
        folder: Is not looked at: a lake has no folders.
        name: The same as `path`.
    """
    lake = _lake()
    return Cohort(lake.cohort(_version_of(lake, path or name, id)))


def _lake() -> ApolloLake:
    uri = _chosen[0] if _chosen else os.environ.get("APOLLO_LAKE")
    if not uri:
        raise UsageError(
            "No lake is given.", fix="Set APOLLO_LAKE to its folder, or call dxdata.use_lake(URI)."
        )
    return open_lake(uri)


def _version_of(lake: ApolloLake, path: str | None, identity: Any) -> str:
    if (path is None) == (identity is None):
        raise UsageError("A record is loaded by a path or by an id.")
    if path is not None:
        # Paths of the original begin with a project or a folder.
        return path.rpartition(":")[2].rpartition("/")[2]
    return lake.version_of_id(str(identity).rpartition(":")[2])
