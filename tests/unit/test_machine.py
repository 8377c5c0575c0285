"""What is said of Java and the jars on machines that lack them, with stand-ins for Java."""

from pathlib import Path

import pytest

from apollo_spark.errors import EnvironmentProblemError
from apollo_spark.runtime.jars import find_jar_folder, list_additional_jars, plain_name
from apollo_spark.runtime.machine import java_fact, machine_facts, require_java

INSTALL = (
    "Install Java 17 (Debian: apt-get install openjdk-17-jre-headless), "
    "or set JAVA_HOME to a Java 17 or 21."
)


def stand_in(home: Path, *, says: str, status: int = 0) -> Path:
    """Write a `java` that answers every question with one line; return its JAVA_HOME."""
    java = home / "bin" / "java"
    java.parent.mkdir()
    java.write_text(f"#!/bin/sh\necho '{says}' >&2\nexit {status}\n", encoding="utf-8")
    java.chmod(0o755)
    return home


@pytest.mark.parametrize(
    ("says", "found"),
    [
        ('openjdk version "17.0.15" 2025-04-15', "17.0.15"),
        ('openjdk version "21" 2023-09-19', "21"),
    ],
)
def test_a_java_that_spark_runs_on_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, says: str, found: str
) -> None:
    monkeypatch.setenv("JAVA_HOME", str(stand_in(tmp_path, says=says)))

    fact = java_fact()

    assert (fact.ok, fact.found, fact.fix) == (True, f"{found} ({tmp_path}/bin/java)", "")


@pytest.mark.parametrize(
    ("says", "status", "found"),
    [
        ('java version "1.8.0_392"', 0, "1.8.0_392 (HOME/bin/java)"),
        ('openjdk version "11.0.2" 2019-01-15', 0, "11.0.2 (HOME/bin/java)"),
        ('openjdk version "25" 2025-09-16', 0, "25 (HOME/bin/java)"),
        (
            "java.lang.module.FindException: Module jdk.incubator.vector not found",
            1,
            "HOME/bin/java lacks the module jdk.incubator.vector",
        ),
        ("Segmentation fault", 139, "HOME/bin/java does not say its version"),
    ],
    ids=["Java 8", "Java 11", "Java 25", "cut down", "broken"],
)
def test_another_java_is_refused_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, says: str, status: int, found: str
) -> None:
    monkeypatch.setenv("JAVA_HOME", str(stand_in(tmp_path, says=says, status=status)))

    with pytest.raises(EnvironmentProblemError) as caught:
        require_java()

    text = str(caught.value).replace(str(tmp_path), "HOME")
    assert text == f"Spark needs Java 17 or 21. Found: {found}. {INSTALL}"


def test_no_java_at_all_is_refused_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(EnvironmentProblemError) as caught:
        require_java()

    assert str(caught.value) == f"Spark needs Java 17 or 21. Found: none. {INSTALL}"
    assert caught.value.exit_code == 17


def test_a_java_home_that_leads_nowhere_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "gone"))

    assert java_fact().found == f"{tmp_path}/gone/bin/java does not run"


def test_a_folder_without_the_delta_jar_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("APOLLO_SPARK_JARS", str(tmp_path))

    with pytest.raises(EnvironmentProblemError, match=r"delta-spark_.*jar is not there"):
        find_jar_folder()


def test_a_folder_with_the_delta_jar_is_taken_from_the_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "delta-spark_4.1_2.13-4.4.0.jar").touch()
    monkeypatch.setenv("APOLLO_SPARK_JARS", str(tmp_path))

    assert find_jar_folder() == tmp_path


def test_jars_that_spark_brings_itself_are_left_out_under_either_name() -> None:
    resolved = [
        "org.slf4j_slf4j-api-2.0.13.jar",
        "slf4j-api-1.7.0.jar",
        "io.delta_delta-spark_4.1_2.13-4.4.0.jar",
        "delta-storage-4.4.0.jar",
        "commons-pool_commons-pool-1.6.jar",
        "com.fasterxml.jackson.datatype_jackson-datatype-jdk8-2.13.5.jar",
    ]

    kept = list_additional_jars(Path(name) for name in resolved)

    assert [plain_name(each) for each in kept] == [
        "jackson-datatype-jdk8-2.13.5.jar",
        "delta-storage-4.4.0.jar",
        "delta-spark_4.1_2.13-4.4.0.jar",
    ]


def test_every_fact_that_is_not_right_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    monkeypatch.setenv("APOLLO_SPARK_JARS", str(tmp_path))

    facts = machine_facts()

    names = ["Python", "Java", "Spark", "Delta jars", "Class archive", "Cores and memory"]
    assert [each.name for each in facts] == names
    assert [each.name for each in facts if not each.ok] == ["Java", "Delta jars"]
    assert all(each.fix for each in facts if not each.ok)
