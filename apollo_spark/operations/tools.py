"""Who ran something, and with which versions."""

import getpass
import platform
from importlib.metadata import version

from apollo_spark.version import VERSION

TOOLS = ("pyarrow", "deltalake")


def actor() -> str:
    """Return who runs this: the name of the account."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        # A container may run under a number that has no name.
        return "unknown"


def tool_versions() -> tuple[tuple[str, str], ...]:
    """Return the versions of what decides the stored bytes."""
    return (
        ("apollo_spark", VERSION),
        ("python", platform.python_version()),
        *((name, version(name)) for name in TOOLS),
    )
