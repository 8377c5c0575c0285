"""The scripts that pages draw with: unmodified files of others, with their notices.

`scripts/vendor` brings them; each is compared with its hash before it goes into a page.
"""

import json
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files

from apollo_spark.errors import EnvironmentProblemError

FOLDER = "vendor"
LIST = "vendor.json"
NOTICES = "THIRD_PARTY.txt"


@dataclass(frozen=True)
class VendoredScript:
    """One file of others.

    Attributes:
        package: The package that it is of.
        version: The version.
        licence: Its licence.
        text: The file.
    """

    package: str
    version: str
    licence: str
    text: str


@cache
def chart_scripts() -> tuple[VendoredScript, ...]:
    """Return the scripts that draw charts, in the order in which they are loaded.

    Raises:
        EnvironmentProblemError: A file is not as it was published.
    """
    listed = json.loads(_read(LIST))
    return tuple(
        VendoredScript(
            each["package"], each["version"], each["licence"], _proven(each["file"], each["sha256"])
        )
        for each in listed["files"]
    )


@cache
def notices() -> str:
    """Return the licences of everything in the scripts.

    Raises:
        EnvironmentProblemError: The file is not as it was published.
    """
    return _proven(NOTICES, json.loads(_read(LIST))["notices"])


def _proven(name: str, digest: str) -> str:
    text = _read(name)
    if sha256(text.encode()).hexdigest() != digest:
        raise EnvironmentProblemError(
            f"The file {name} of the package is not as it was published.",
            fix="Install apollo_spark again.",
        )
    return text


def _read(name: str) -> str:
    # Not as text: line ends are part of what the hash is of.
    return (files("apollo_spark.export") / FOLDER / name).read_bytes().decode()
