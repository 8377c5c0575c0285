"""The Spark options of a session that we start ourselves: settings and places in, pairs out."""

from pathlib import Path

from apollo_spark.runtime.jars import ARCHIVE_NAME, DELTA_COORDINATES, list_additional_jars
from apollo_spark.runtime.settings import SessionSettings

DELTA_EXTENSION = "io.delta.sql.DeltaSparkSessionExtension"
DELTA_CATALOG = "org.apache.spark.sql.delta.catalog.DeltaCatalog"
EXTENSIONS_KEY = "spark.sql.extensions"
CATALOG_KEY = "spark.sql.catalog.spark_catalog"
JAVA_KEY = "spark.driver.extraJavaOptions"

# Measured on two cores: the quick compiler alone saves a second of five, the archive three. With it
# Java keeps 48 MB for what is compiled, which some hundred questions fill; from then on a thread
# clears it all the time, and what it cleared is compiled again.
_QUICK = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:ReservedCodeCacheSize=240m")
_LOG_SETTINGS = Path(__file__).with_name("log4j2.properties")


def session_options(
    settings: SessionSettings, *, workplace: Path, jar_folder: Path | None
) -> dict[str, str]:
    """Return the Spark options for a session of our own.

    Args:
        settings: What the configuration says; its options win over ours.
        workplace: A temporary folder for everything that Spark writes besides tables.
        jar_folder: The folder of the Delta jars, or None to let Spark resolve them.
    """
    options = _common_options(settings, workplace) | _jar_options(settings, jar_folder)
    asked = dict(settings.options)
    java = [*java_flags(settings, jar_folder), asked.pop(JAVA_KEY, "")]
    return options | asked | {JAVA_KEY: " ".join(java).strip()}


def java_flags(settings: SessionSettings, jar_folder: Path | None) -> tuple[str, ...]:
    """Return the flags that Java is started with: quiet, and quick where that was asked for."""
    quiet = (f"-Dlog4j2.configurationFile={_LOG_SETTINGS.as_uri()}", "-Xlog:cds*=off")
    quick = _QUICK if settings.quick else ()
    archive = jar_folder and jar_folder / ARCHIVE_NAME
    if archive is None or not archive.is_file():
        return quiet + quick
    # Java leaves an archive of another version or class path aside, and goes on without it.
    return (*quiet, *quick, f"-XX:SharedArchiveFile={archive.resolve()}", "-Xshare:auto")


def _common_options(settings: SessionSettings, workplace: Path) -> dict[str, str]:
    options = {
        "spark.app.name": "apollo_spark",
        "spark.driver.memory": settings.driver_memory,
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.local.dir": str(workplace / "blocks"),
        "spark.sql.warehouse.dir": (workplace / "warehouse").as_uri(),
        # The other catalog leaves a metastore_db and a derby.log in the working directory.
        "spark.sql.catalogImplementation": "in-memory",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.execution.arrow.pyspark.enabled": "true",
        EXTENSIONS_KEY: DELTA_EXTENSION,
        CATALOG_KEY: DELTA_CATALOG,
    }
    if settings.master is not None:
        options["spark.master"] = settings.master
    if _runs_here(settings):
        # A laptop's host name may lead nowhere; workers are on this machine.
        options |= {"spark.driver.bindAddress": "127.0.0.1", "spark.driver.host": "127.0.0.1"}
    return options


def _jar_options(settings: SessionSettings, jar_folder: Path | None) -> dict[str, str]:
    if jar_folder is None:
        return {"spark.jars.packages": DELTA_COORDINATES}
    jars = list_additional_jars(jar_folder.resolve().glob("*.jar"))
    options = {"spark.driver.extraClassPath": ":".join(map(str, jars))}
    if not _runs_here(settings):
        options["spark.jars"] = ",".join(each.as_uri() for each in jars)
    return options


def _runs_here(settings: SessionSettings) -> bool:
    """Say whether driver and workers share one Java: the master is `local` or `local[...]`."""
    return settings.master is None or settings.master.split("[")[0] == "local"
