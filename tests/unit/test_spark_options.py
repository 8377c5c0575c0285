"""The options that a session of our own is started with."""

from pathlib import Path

from apollo_spark.runtime.settings import SessionSettings
from apollo_spark.runtime.spark_options import java_flags, session_options


def jar_folder(folder: Path, *, archive: bool) -> Path:
    for name in ("delta-storage-4.4.0.jar", "delta-spark_4.1_2.13-4.4.0.jar"):
        (folder / name).touch()
    if archive:
        (folder / "classes.jsa").touch()
    return folder


def test_jars_go_on_the_class_path_in_the_same_order_at_every_start(tmp_path: Path) -> None:
    jars = jar_folder(tmp_path, archive=False)

    options = session_options(SessionSettings(), workplace=tmp_path, jar_folder=jars)

    assert options["spark.driver.extraClassPath"] == (
        f"{tmp_path}/delta-spark_4.1_2.13-4.4.0.jar:{tmp_path}/delta-storage-4.4.0.jar"
    )
    assert "spark.jars" not in options
    assert "spark.jars.packages" not in options


def test_workers_in_other_processes_get_the_jars_sent(tmp_path: Path) -> None:
    jars = jar_folder(tmp_path, archive=False)
    settings = SessionSettings(master="local-cluster[2,1,1024]")

    options = session_options(settings, workplace=tmp_path, jar_folder=jars)

    assert options["spark.jars"].count("file:///") == 2
    assert "spark.driver.host" not in options


def test_without_jars_spark_resolves_the_build_for_its_own_version(tmp_path: Path) -> None:
    options = session_options(SessionSettings(), workplace=tmp_path, jar_folder=None)

    assert options["spark.jars.packages"] == "io.delta:delta-spark_4.1_2.13:4.4.0"


def test_java_is_quick_only_where_that_was_asked_for(tmp_path: Path) -> None:
    jars = jar_folder(tmp_path, archive=True)
    quick = java_flags(SessionSettings(), jars)
    steady = java_flags(SessionSettings(quick=False), jars)

    assert set(quick) - set(steady) == {
        "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:ReservedCodeCacheSize=240m",
    }  # fmt: skip
    assert f"-XX:SharedArchiveFile={tmp_path}/classes.jsa" in steady


def test_an_archive_that_is_not_there_is_not_named(tmp_path: Path) -> None:
    flags = java_flags(SessionSettings(), jar_folder(tmp_path, archive=False))

    assert [each for each in flags if "Archive" in each or "Xshare" in each] == []


def test_options_of_the_configuration_win_and_java_flags_add_up(tmp_path: Path) -> None:
    asked = (("spark.ui.enabled", "true"), ("spark.driver.extraJavaOptions", "-Dx=1"))
    settings = SessionSettings(options=asked)

    options = session_options(settings, workplace=tmp_path, jar_folder=None)

    assert options["spark.ui.enabled"] == "true"
    assert options["spark.driver.extraJavaOptions"].endswith("-XX:ReservedCodeCacheSize=240m -Dx=1")


def test_nothing_is_written_outside_the_workplace(tmp_path: Path) -> None:
    options = session_options(SessionSettings(), workplace=tmp_path, jar_folder=None)

    assert options["spark.local.dir"] == f"{tmp_path}/blocks"
    assert options["spark.sql.warehouse.dir"] == f"file://{tmp_path}/warehouse"
    assert options["spark.sql.catalogImplementation"] == "in-memory"
