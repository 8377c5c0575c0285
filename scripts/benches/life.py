"""A table with many versions is swept, and a registry with many records is listed.

`gc` is measured on a table of 1,000 versions of which 20 are pinned, `list` and `retire` on a
registry of 10,000 records of some 10 kB, each as the whole command, from starting Python to its
end.
"""

import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq

from apollo_spark.lake.lake import Lake, open_lake
from apollo_spark.lake.registry.registry import StoredRecord
from apollo_spark.lake.registry.rows import stored_form
from apollo_spark.model.dataset import DatasetRecord, EntityEntry, TableSlice
from apollo_spark.model.pin import TablePin
from apollo_spark.model.record import Lineage
from apollo_spark.workers.files.parquet import WrittenFile
from apollo_spark.workers.values.hashing import hash_table
from apollo_spark.workers.values.stats import delta_stats

SCHEMA = pa.schema([("key", pa.string()), ("amount", pa.int64())])
START = datetime(2026, 1, 1, tzinfo=timezone.utc)
COMMAND = (sys.executable, "-c", "from apollo_spark.cli.main import main; main()")
RUNS = 5


def main(versions: int = 1_000, pinned: int = 20, records: int = 10_000) -> None:
    """Build both lakes in a temporary folder and print what was measured as JSON."""
    scratch = Path(tempfile.mkdtemp(prefix="apollo-bench-"))
    try:
        print(json.dumps([*measure_gc(scratch, versions, pinned), *measure_list(scratch, records)]))
    finally:
        shutil.rmtree(scratch)


def measure_gc(scratch: Path, versions: int, pinned: int) -> list[dict[str, object]]:
    """Sweep a table of many versions."""
    lake = open_lake(str(scratch / "versions"))
    fill_table(lake, versions, pinned)
    sweep = ("gc", "--grace", "0", "--json")
    steps = {
        "gc, the plan": sweep,
        "gc --apply": (*sweep, "--apply"),
        "gc, when there is nothing to do": sweep,
        "verify --deep": ("verify", "--deep", "--json"),
    }
    return [
        {"versions": versions, "pins": pinned, "what": what, **run(lake, *words)}
        for what, words in steps.items()
    ]


def measure_list(scratch: Path, records: int) -> list[dict[str, object]]:
    """List a registry of many records, and retire one; medians of a few runs."""
    lake = open_lake(str(scratch / "records"))
    fill_registry(lake, records)
    asked = {
        "list": ("list",),
        "history of one name": ("history", "study7"),
        "retire --dry-run": ("retire", "study7@1", "--dry-run"),
        "retire": ("retire", "study7@1"),
        "gc, the plan": ("gc",),
    }
    rows = []
    for what, words in asked.items():
        taken = sorted(
            (run(lake, *words, "--json") for _ in range(RUNS)), key=lambda each: each["s"]
        )
        rows.append({"records": records, "what": what, **taken[RUNS // 2]})
    return rows


def run(lake: Lake, *words: str) -> dict[str, object]:
    """Run a command; return its seconds, those of the processor, and how many files it named."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    command = [*COMMAND, "--lake", str(lake.root), *words]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    seconds, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    worked = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    found = {"s": round(seconds, 2), "processor_s": round(worked, 2)}
    answer = json.loads(done.stdout)
    return {**found, "files": answer["files"]} if "files" in answer else found


def fill_table(lake: Lake, versions: int, pinned: int) -> None:
    """Commit versions of one table, and publish a record on every few of them."""
    with lake.publication("study", holder="bench") as publication:
        draft = publication.table("patient")
        for number in range(versions):
            rows = pa.table({"key": [f"P{number}"], "amount": [number]}, schema=SCHEMA)
            draft.commit([write_file(Path(draft.folder), rows)], SCHEMA)
            if (number + 1) % (versions // pinned) == 0:
                pin = draft.pin(content_hash=hash_table(rows).hex())
                record = build_record(lake, "study", (number + 1) * pinned // versions, pin)
                based_on = lake.registry.snapshot().version
                lake.registry.append([stored_form(record)], based_on=based_on)


def fill_registry(lake: Lake, records: int) -> None:
    """Publish records of a hundred names, some in batches and the last ones alone."""
    pin = TablePin(
        table="patient", table_id="t", location="tables/study/patient", version=0,
        schema_hash="0" * 64, rows=1, files_digest="0" * 64, content_hash="0" * 64,
    )  # fmt: skip
    rows = [
        padded(build_record(lake, f"study{number % 100}", number // 100 + 1, pin), number)
        for number in range(records)
    ]
    alone = 100
    batches = [rows[start : start + 100] for start in range(0, records - alone, 100)]
    for number, batch in enumerate([*batches, *([row] for row in rows[-alone:])]):
        lake.registry.append(batch, based_on=number - 1 if number == 0 else newest(lake))


def newest(lake: Lake) -> int:
    """Return the version of the registry."""
    return lake.registry.snapshot().version


def padded(record: DatasetRecord, number: int) -> StoredRecord:
    """Return the row of a record as long as one of some fifty entities."""
    lineage = record.lineage.model_copy(update={"time": START + timedelta(minutes=number)})
    noise = "".join(uuid4().hex for _ in range(300))
    return stored_form(record.model_copy(update={"description": noise, "lineage": lineage}))


def build_record(lake: Lake, name: str, version: int, pin: TablePin) -> DatasetRecord:
    """Return a record with one table."""
    part = lake.parts.put(
        '{"fields":[{"name":"key","type":"string"},{"name":"amount","type":"integer"}],'
        '"name":"patient","primary_key":"key"}'
    )
    slices = (TableSlice(table="patient"),)
    return DatasetRecord(
        name=name,
        version=version,
        id=str(uuid4()),
        main_entity="patient",
        entities=(
            EntityEntry(name="patient", primary_key="key", field_count=2, part=part, slices=slices),
        ),
        pins=(pin,),
        lineage=Lineage(operation="load clinical", fingerprint="f", actor="bench", time=START),
        receipt=lake.parts.put("{}"),
    )


def write_file(folder: Path, rows: pa.Table) -> WrittenFile:
    """Write a file as tasks do."""
    path = folder / f"part-{uuid4()}.parquet"
    pq.write_table(rows, path)
    footer = pq.read_metadata(path)
    return WrittenFile(
        path=path.name,
        size=path.stat().st_size,
        rows=footer.num_rows,
        stats=delta_stats(rows.schema, footer),
    )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
