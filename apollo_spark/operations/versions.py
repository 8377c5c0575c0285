"""The versions of what decides the stored bytes."""

import platform
from importlib.metadata import version

from apollo_spark.version import VERSION

TOOLS = ("pyarrow", "deltalake")


def tool_versions() -> tuple[tuple[str, str], ...]:
    """Return the versions of what decides the stored bytes."""
    return (
        ("apollo_spark", VERSION),
        ("python", platform.python_version()),
        *((name, version(name)) for name in TOOLS),
    )
