"""What this machine has of what Spark needs: Python, Java, pyspark, jars, memory.

Each finding is a value, so that `apollo doctor` can print all of them and a session can refuse
with the one that stops it. Starts no Java but `java -version`, and does not load pyspark.
"""

import os
import re
import shutil
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from apollo_spark.errors import EnvironmentProblemError
from apollo_spark.model.base import Record
from apollo_spark.runtime.jars import ARCHIVE_NAME, JARS_VARIABLE, find_jar_folder

JAVA_VERSIONS = (17, 21)
"""Versions of Java that Spark 4.1 runs on."""
VECTOR_MODULE = "jdk.incubator.vector"
"""A module that Spark starts Java with; some cut-down Javas lack it."""
NEEDED_MEMORY_GIB = 4
CLUSTER_VARIABLES = ("DATABRICKS_RUNTIME_VERSION", "PYSPARK_GATEWAY_PORT", "SPARK_REMOTE")
"""Each is set where a platform, spark-submit or a Connect server has started Spark already."""

_INSTALL_JAVA = (
    "Install Java 17 (Debian: apt-get install openjdk-17-jre-headless), "
    "or set JAVA_HOME to a Java 17 or 21."
)
_PREPARE = "Run scripts/setup, or python -m apollo_spark.runtime.prepare."


class MachineFact(Record):
    """One thing that was looked at on this machine."""

    name: str
    ok: bool
    found: str
    """What is there, as a short text."""
    fix: str = ""
    """What to do about it; empty when there is nothing to do."""
    is_broken: bool = False
    """Whether something of the lake is not as it was published."""
    is_for_spark: bool = False
    """Whether only Spark needs it."""


def machine_facts() -> tuple[MachineFact, ...]:
    """Look at everything on this machine that loads need."""
    of_spark = (java_fact(), pyspark_fact(), jars_fact(), archive_fact())
    return (
        python_fact(),
        *(each.model_copy(update={"is_for_spark": True}) for each in of_spark),
        memory_fact(),
    )


def python_fact() -> MachineFact:
    """Look at the running Python."""
    return MachineFact(
        name="Python",
        ok=(3, 10) <= sys.version_info[:2] <= (3, 12),
        found=f"{sys.version.split()[0]} ({sys.executable})",
        fix="" if sys.version_info[:2] <= (3, 12) else "Use Python 3.10, 3.11 or 3.12.",
    )


def java_fact() -> MachineFact:
    """Look at the Java that Spark would start: that of JAVA_HOME, else the one on PATH."""
    java = _find_java()
    if java is None:
        return MachineFact(name="Java", ok=False, found="none", fix=_INSTALL_JAVA)
    # One start tells both the version and whether the module is there.
    command = [java, f"--add-modules={VECTOR_MODULE}", "-version"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return MachineFact(name="Java", ok=False, found=f"{java} does not run", fix=_INSTALL_JAVA)
    return _judge_java(java, answer.stdout + answer.stderr)


def require_java() -> None:
    """Refuse to go on without a Java that Spark runs on.

    Raises:
        EnvironmentProblemError: Java is missing, of another version, or cut down.
    """
    fact = java_fact()
    if not fact.ok:
        raise EnvironmentProblemError(
            "Spark needs Java 17 or 21.", why=f"Found: {fact.found}.", fix=fact.fix
        )


def pyspark_fact() -> MachineFact:
    """Look at the installed pyspark and delta-spark, without loading them."""
    try:
        found = f"pyspark {version('pyspark')}, delta-spark {version('delta-spark')}"
    except PackageNotFoundError as missing:
        return MachineFact(
            name="Spark",
            ok=False,
            found=f"{missing.name} is not installed",
            fix="Install the extra: pip install 'apollo_spark[spark]'.",
        )
    ok = version("pyspark").startswith("4.1.")
    return MachineFact(
        name="Spark", ok=ok, found=found, fix="" if ok else "Install pyspark>=4.1,<4.2."
    )


def jars_fact() -> MachineFact:
    """Look for the Delta jars."""
    try:
        folder = find_jar_folder()
    except EnvironmentProblemError as error:
        return MachineFact(name="Delta jars", ok=False, found=str(error), fix=_PREPARE)
    if folder is None:
        return MachineFact(
            name="Delta jars",
            ok=False,
            found="none: Spark resolves them at every start",
            fix=f"{_PREPARE} Without a repository: {JARS_VARIABLE}=FOLDER.",
        )
    return MachineFact(name="Delta jars", ok=True, found=str(folder))


def archive_fact() -> MachineFact:
    """Look for the class-data archive, which only makes Java start faster."""
    try:
        folder = find_jar_folder()
    except EnvironmentProblemError:
        folder = None
    if folder is not None and (folder / ARCHIVE_NAME).is_file():
        return MachineFact(name="Class archive", ok=True, found=str(folder / ARCHIVE_NAME))
    return MachineFact(
        name="Class archive", ok=True, found="none: Java starts more slowly", fix=_PREPARE
    )


def memory_fact() -> MachineFact:
    """Look at cores and memory."""
    gib = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1024**3
    ok = gib >= NEEDED_MEMORY_GIB
    return MachineFact(
        name="Cores and memory",
        ok=ok,
        found=f"{os.cpu_count()} cores, {gib:.1f} GiB",
        fix="" if ok else f"Use a machine with {NEEDED_MEMORY_GIB} GiB or more.",
    )


def _find_java() -> str | None:
    if home := os.environ.get("JAVA_HOME"):
        return str(Path(home, "bin", "java"))
    return shutil.which("java")


def _judge_java(java: str, output: str) -> MachineFact:
    if f"Module {VECTOR_MODULE} not found" in output:
        found = f"{java} lacks the module {VECTOR_MODULE}"
        return MachineFact(name="Java", ok=False, found=found, fix=_INSTALL_JAVA)
    # `version "17.0.15"`; Java 8 calls itself 1.8.
    match = re.search(r'version "(?:1\.)?(\d+)[^"]*"', output)
    if match is None:
        found = f"{java} does not say its version"
        return MachineFact(name="Java", ok=False, found=found, fix=_INSTALL_JAVA)
    ok = int(match[1]) in JAVA_VERSIONS
    found = f"{match[0].removeprefix('version ')} ({java})".replace('"', "")
    return MachineFact(name="Java", ok=ok, found=found, fix="" if ok else _INSTALL_JAVA)
