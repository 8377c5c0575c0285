"""Where the Delta jars lie that Spark needs, and where they come from.

`python -m apollo_spark.runtime.prepare` puts them into a folder of the environment, once. Without
it Spark resolves them at every start, which takes seconds and needs its repositories.
"""

import importlib.util
import os
import re
import sys
from collections.abc import Iterable
from pathlib import Path

from apollo_spark.errors import EnvironmentProblemError

DELTA_COORDINATES = "io.delta:delta-spark_4.1_2.13:4.4.0"
"""The one place that names the Delta build; the unsuffixed name is a build for Spark 4.2."""
JARS_VARIABLE = "APOLLO_SPARK_JARS"
"""Environment variable with a folder of Delta jars, for machines that reach no repository."""
ARCHIVE_NAME = "classes.jsa"
"""Java's class-data archive beside the jars: it makes Java start faster, and may be missing."""

_GROUP, _ARTIFACT, _VERSION = DELTA_COORDINATES.split(":")
_DELTA_JAR = f"{_ARTIFACT}-{_VERSION}.jar"
_VERSION_SUFFIX = re.compile(r"-\d[\w.\-]*\.jar$")


def own_jar_folder() -> Path:
    """Return the folder of this Python environment that holds the jars, made or not."""
    return Path(sys.prefix, "share", "apollo_spark", "jars")


def find_jar_folder() -> Path | None:
    """Find the folder with the Delta jars, or None when Spark has to resolve them.

    Raises:
        EnvironmentProblemError: The environment variable names a folder without them.
    """
    if named := os.environ.get(JARS_VARIABLE):
        return _require_delta(Path(named))
    folder = own_jar_folder()
    return folder if holds_delta(folder) else None


def holds_delta(folder: Path) -> bool:
    """Say whether a folder has the jar of Delta's Spark build that this release was made for."""
    # Spark's resolver puts the group before the name; a download by hand does not.
    return any((folder / name).is_file() for name in (_DELTA_JAR, f"{_GROUP}_{_DELTA_JAR}"))


def list_additional_jars(jars: Iterable[Path]) -> tuple[Path, ...]:
    """Return those jars that Spark does not bring itself, sorted by name.

    A folder that a resolver filled holds other versions of Spark's own libraries too; they would
    come first on the class path and break it. Java's archive needs the same order every time.
    """
    spark = importlib.util.find_spec("pyspark")
    places = spark.submodule_search_locations if spark else None
    own = Path(places[0], "jars").iterdir() if places else ()
    known = {library_name(each) for each in own}
    return tuple(sorted(each for each in jars if library_name(each) not in known))


def library_name(jar: Path) -> str:
    """Return the name of a jar's library: its file name without group and version.

    >>> library_name(Path("org.slf4j_slf4j-api-2.0.13.jar"))
    'slf4j-api'
    """
    return _VERSION_SUFFIX.sub("", plain_name(jar))


def plain_name(jar: Path) -> str:
    """Return a jar's file name without the group that Spark's resolver puts before it."""
    group, found, rest = jar.name.partition("_")
    return rest if found and ("." in group or rest.startswith(group)) else jar.name


def _require_delta(folder: Path) -> Path:
    if holds_delta(folder):
        return folder
    raise EnvironmentProblemError(
        f"{JARS_VARIABLE} names {folder}, and {_DELTA_JAR} is not there.",
        fix=f"Put {DELTA_COORDINATES} and what it depends on into that folder, or unset it.",
    )
