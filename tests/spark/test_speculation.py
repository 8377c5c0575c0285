"""Two local workers and speculation: of a task that ran twice, one file is in the dataset."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest

from apollo_spark.engines.embedded import EmbeddedEngine
from apollo_spark.engines.tasks import LocalTaskRunner
from apollo_spark.lake.lake import Lake, open_lake
from apollo_spark.model.names import parse_reference
from apollo_spark.model.pin import TablePin
from apollo_spark.operations.engines import LoadEngines
from apollo_spark.runtime.jars import find_jar_folder
from apollo_spark.verbs.table import perform
from apollo_spark.verbs.verify.verify import verify_records
from tests.jobs.processes import CHECKOUT, QUICK_JAVA, environment, finish
from tests.spark.test_distributed import mirror_spark
from tests.support.contexts import loading
from tests.support.speculating import BLOCK_BYTES, SLOW, request

MASTER, OTHER = "127.0.0.1", "127.0.0.2"
TABLE = "rna_tiles_count"
PATIENCE = 300.0


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    chance = np.random.default_rng(3)
    rows = [["feature_id", *(f"S{number}" for number in range(300))]]
    for feature in range(600):
        counts = chance.poisson(chance.gamma(0.5, 40), 300)
        rows.append([f"ENSG{feature:011d}", *map(str, counts.tolist())])
    path = tmp_path_factory.mktemp("source") / "matrix.csv"
    path.write_text("".join(",".join(row) + "\n" for row in rows))
    return path


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, dict[str, str]]]:
    """Start a master and two workers, which must not share a host: copies run on another one."""
    folder = tmp_path_factory.mktemp("cluster")
    home = mirror_spark(folder / "spark")
    variables = environment(
        SPARK_HOME=str(home), PYSPARK_PYTHON=sys.executable, SPARK_WORKER_DIR=str(folder / "work"),
        SPARK_DAEMON_JAVA_OPTS=QUICK_JAVA,
    )  # fmt: skip
    port = free_port()
    address = f"spark://{MASTER}:{port}"
    spark_class = home / "bin" / "spark-class"
    master = ["org.apache.spark.deploy.master.Master", "--host", MASTER, "--port", port]
    worker = ["org.apache.spark.deploy.worker.Worker", "--cores", 1, "--memory", "1g"]
    with ExitStack() as stack:
        log = stack.enter_context((folder / "cluster.log").open("w"))

        def start(*words: object) -> None:
            process = subprocess.Popen(
                [*map(str, words), "--webui-port", "0"],
                env=variables, cwd=folder, stdout=log, stderr=log,
            )  # fmt: skip
            stack.callback(process.wait)
            stack.callback(process.terminate)

        start(spark_class, *master)
        for host in (MASTER, OTHER):
            start(spark_class, *worker, "--host", host, address)
        await_text(folder / "cluster.log", "Registering worker", times=2)
        yield address, variables


def free_port() -> int:
    with socket.socket() as found:
        found.bind((MASTER, 0))
        port: int = found.getsockname()[1]
        return port


def await_text(path: Path, text: str, *, times: int) -> None:
    end = time.monotonic() + PATIENCE
    while path.read_text().count(text) < times:
        assert time.monotonic() < end, path.read_text()[-3_000:]
        time.sleep(0.2)


def test_a_task_that_ran_twice_is_stored_once(
    source: Path, cluster: tuple[str, dict[str, str]], tmp_path: Path
) -> None:
    address, variables = cluster
    root, marks = tmp_path / "lake", tmp_path / "marks"
    marks.mkdir()
    jars = find_jar_folder()

    done = finish(
        (sys.executable, "-m", "tests.support.speculating", root, source, marks, address),
        folder=CHECKOUT,
        variables=variables | ({"APOLLO_SPARK_JARS": str(jars)} if jars else {}),
    )

    assert done.code == 0, done.err[-5_000:]
    lake = open_lake(str(root))
    load_here(lake, source)
    attempts = {each.name: len(list(each.iterdir())) for each in marks.iterdir()}
    assert attempts.pop(SLOW) == 2
    assert set(attempts.values()) == {1}
    pin = tiles(lake, "of_spark")
    committed = {Path(each).name for each in lake.tables.files(pin)}
    there = {each.name for each in lake.tables.folder_of(pin).glob("*.parquet")}
    assert len(committed) == len(attempts) + 1
    assert committed < there
    assert [each.rpartition("-")[0][:16] for each in there - committed] == [SLOW]
    assert pin.content_hash == tiles(lake, "of_threads").content_hash
    assert verify_records(lake, None, deep=True).problems == ()


def load_here(lake: Lake, source: Path) -> None:
    """Load as `of_threads`, without Spark."""
    engines = LoadEngines(runner=LocalTaskRunner(), engine=EmbeddedEngine(lake.tables))
    context = loading(lake, block_bytes=BLOCK_BYTES, engines=lambda *_: engines)
    perform(context, request(str(source), "of_threads"))


def tiles(lake: Lake, name: str) -> TablePin:
    pins = lake.load_record(parse_reference(name)).pins
    return next(each for each in pins if each.table == TABLE)
