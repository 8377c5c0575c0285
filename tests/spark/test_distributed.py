"""The job runs from the built wheel on a cluster whose workers have the wheel and nothing else."""

import importlib.util
import sys
from pathlib import Path

import pytest
import yaml

from apollo_spark.runtime.jars import find_jar_folder, list_additional_jars
from tests.jobs.processes import CHECKOUT, QUICK_JAVA, Finished, environment, finish
from tests.support.study import Study

MASTER = "local-cluster[2,1,1024]"
BLOCK_BYTES = 65_536
# Installed where the workers' Python finds it, and never to be loaded by a task.
FORBIDDEN = ("pydantic", "sqlglot", "deltalake", "duckdb", "click", "yaml", "typing_extensions")
# An editable install puts the checkout on the path of every Python of the environment.
FORGET_THE_CHECKOUT = """\
import pathlib, sys
sys.path[:] = [each for each in sys.path if not pathlib.Path(each, "apollo_spark").is_dir()]
sys.meta_path[:] = [each for each in sys.meta_path if "editable" not in repr(each).lower()]
"""


def write_study(folder: Path) -> Study:
    """Write a study with files of several blocks, hostile texts among the cells."""
    study = Study(folder)
    top = study.read("patient.csv").partition("\n")[0]
    patients = (
        f"P{n},{'FM'[n % 2]},19{n % 90 + 10}-05-04,{n / 8},{n % 40 - 1},{n % 2 + 1}\n"
        for n in range(6_000)
    )
    study.write("patient.csv", "".join([top, "\n", *patients]))
    top = study.read("visit.csv").partition("\n")[0]
    visits = (
        f'{n},P{n * 7 % 6_000},2020-01-02 10:{n % 60:02}:00,R1|R2,"line {n},\nåäö ""quoted"""\n'
        for n in range(6_000)
    )
    study.write("visit.csv", "".join([top, "\n", *visits]))
    return study


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    words = ("-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--no-index", "--quiet")
    done = finish((sys.executable, *words, "--wheel-dir", folder, CHECKOUT), folder=folder)
    assert done.code == 0, done.err
    (built,) = folder.glob("apollo_spark-*.whl")
    return built


def submit(wheel: Path, config: Path, folder: Path) -> Finished:
    """Run the job with spark-submit; `folder` takes what the cluster leaves behind."""
    blocking = folder / "blocking"
    blocking.mkdir()
    (blocking / "sitecustomize.py").write_text(FORGET_THE_CHECKOUT)
    for name in FORBIDDEN:
        (blocking / f"{name}.py").write_text(f"raise ImportError('a task loads {name}')\n")
    jar_folder = find_jar_folder()
    assert jar_folder is not None, "run scripts/setup"
    jars = list_additional_jars(jar_folder.glob("*.jar"))
    options = {
        "spark.executorEnv.PYTHONPATH": blocking,
        "spark.driver.extraJavaOptions": QUICK_JAVA,
        "spark.executor.extraJavaOptions": QUICK_JAVA,
        "spark.ui.enabled": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.local.dir": folder / "blocks",
        "spark.sql.warehouse.dir": folder / "warehouse",
    }
    home = mirror_spark(folder / "spark")
    words: list[object] = [home / "bin" / "spark-submit", "--master", MASTER]
    for name, value in options.items():
        words += ["--conf", f"{name}={value}"]
    words += ["--jars", ",".join(map(str, jars)), "--py-files", wheel]
    return finish(
        (*words, CHECKOUT / "jobs" / "load_clinical.py", "--config", config),
        folder=folder,
        variables=environment(PYSPARK_PYTHON=sys.executable, SPARK_HOME=str(home)),
    )


def mirror_spark(folder: Path) -> Path:
    """Make a home for the installed Spark: a local cluster writes its logs into its home."""
    spec = importlib.util.find_spec("pyspark")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    folder.mkdir()
    for each in Path(spec.submodule_search_locations[0]).iterdir():
        (folder / each.name).symlink_to(each)
    return folder


def test_a_job_of_the_wheel_stores_what_the_command_stores(wheel: Path, tmp_path: Path) -> None:
    study = write_study(tmp_path / "study")
    settings = study.write("cluster.yaml", f"runner: spark\nblock_bytes: {BLOCK_BYTES}\n")
    job: dict[str, object] = {
        "lake": str(study.lake),
        "settings": str(settings),
        "name": "of_job",
        "dictionary": str(study.folder / "data_dictionary.csv"),
        "codings": str(study.folder / "codings.csv"),
        "entities": str(study.folder / "entity_dictionary.csv"),
        "data": {
            entity: [str(study.folder / file)]
            for entity, _, file in (each.partition("=") for each in study.data)
        },
    }
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()

    done = submit(wheel, study.write("job.yaml", yaml.safe_dump(job)), elsewhere)

    assert (done.code, done.last_line) == (0, "of_job@1"), done.err[-5_000:]
    assert "Traceback" not in done.out + done.err
    assert study.load(name="of_command").code == 0
    assert contents(study, "of_job") == contents(study, "of_command")
    assert contents(study, "of_job")["visit"][0] == 6_000
    files = {each: len(data_files(study, each)) for each in ("patient", "visit", "site")}
    assert files["patient"] >= 3
    assert files["visit"] >= 3
    assert files["site"] == 1


def contents(study: Study, name: str) -> dict[str, tuple[int, str]]:
    """Return rows and content hash by table."""
    pins = study.ask("show", name, "--pins", "--json").json["pins"]
    return {each["table"]: (each["rows"], each["content_hash"]) for each in pins}


def data_files(study: Study, table: str) -> list[Path]:
    """Return the Parquet files of a table: one of each block."""
    return list((study.lake / "tables" / "of_job" / table).glob("*.parquet"))
