"""How the cost of extensions grows: many of one field each, and one of a hundredth of the fields.

Extensions of one field follow each other. Told are the tables that a read joins after the last one,
the seconds of the last ten beside those of the first ten (of another lake, in turn), and the bytes
of all that was written beside those of the same fields when one extension writes them. The tasks
run in threads: no JVM starts.
"""

import json
import random
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from apollo_spark.api.lake import open_lake
from apollo_spark.lake.lake import open_lake as open_stored_lake
from apollo_spark.model.names import parse_reference
from apollo_spark.runtime.settings import LakeSettings

SETTINGS = LakeSettings(runner="local")
BASE_FIELDS = 2
COMPARED = 10
WIDE_FIELDS = 1_000


@dataclass(frozen=True)
class Taken:
    """Seconds by the clock, and of the processors."""

    seconds: float = 0.0
    worked: float = 0.0

    def __add__(self, other: "Taken") -> "Taken":
        return Taken(self.seconds + other.seconds, self.worked + other.worked)


def write_fields(path: Path, people: int, names: list[str], seed: int) -> None:
    """Write values of fields: half of them numbers with decimals, half small whole numbers."""
    values = random.Random(seed)
    with path.open("w", encoding="utf-8") as file:
        file.write(",".join(["patient_id", *names]) + "\n")
        for number in range(people):
            cells = [
                f"{values.gauss(50, 20):.2f}" if place % 2 else str(values.randrange(5000))
                for place, _ in enumerate(names, start=seed)
            ]
            file.write(",".join([f"P{number:08d}", *cells]) + "\n")


def write_dictionary(path: Path, names: list[str]) -> None:
    """Write a dictionary of people with numbers."""
    rows = "".join(f"patient,{name},float,\n" for name in names)
    path.write_text(
        f"entity,name,type,primary_key_type\npatient,patient_id,string,global\n{rows}",
        encoding="utf-8",
    )


def load(lake: Path, folder: Path, name: str, people: int, names: list[str]) -> float:
    """Load people with some fields, and return the seconds."""
    write_dictionary(folder / "dictionary.csv", names)
    write_fields(folder / "people.csv", people, names, seed=0)
    start = time.perf_counter()
    open_lake(str(lake), settings=SETTINGS).load_clinical(
        name,
        dictionary=str(folder / "dictionary.csv"),
        data={"patient": str(folder / "people.csv")},
    )
    return time.perf_counter() - start


def extend(
    lake: Path, folder: Path, name: str, people: int, names: list[str], *, seed: int
) -> Taken:
    """Add fields to people."""
    write_fields(folder / "added.csv", people, names, seed)
    start, worked = time.perf_counter(), time.process_time()
    open_lake(str(lake), settings=SETTINGS).extend(
        name, data={"patient": str(folder / "added.csv")}, mode="fields"
    )
    return Taken(time.perf_counter() - start, time.process_time() - worked)


def parquet_bytes(folder: Path) -> int:
    """Return the bytes of the Parquet files below a folder."""
    return sum(each.stat().st_size for each in folder.rglob("*.parquet"))


def joined_tables(lake: Path, name: str) -> int:
    """Return how many tables hold the fields of the newest version."""
    record = open_stored_lake(str(lake)).load_record(parse_reference(name))
    return len(record.entities[0].slices)


def many(scratch: Path, people: int, count: int) -> dict[str, object]:
    """Extend many times by one field; the last times in turn with the first of another lake."""
    lake, young = scratch / "many", scratch / "young"
    for each in (young, lake):
        load(each, scratch, "study", people, [f"b{number}" for number in range(BASE_FIELDS)])
    base = parquet_bytes(lake / "tables")
    most = 0
    first, last = Taken(), Taken()
    for number in range(count):
        if number >= count - COMPARED:
            early = number - (count - COMPARED)
            first += extend(young, scratch, "study", people, [f"x{early}"], seed=early + 1)
            last += extend(lake, scratch, "study", people, [f"x{number}"], seed=number + 1)
        else:
            extend(lake, scratch, "study", people, [f"x{number}"], seed=number + 1)
        most = max(most, joined_tables(lake, "study"))
        print(f"  extension {number + 1}", file=sys.stderr, flush=True)
    written = parquet_bytes(lake / "tables") - base
    once = _load_together(scratch / "whole", scratch, people, count)
    fields = BASE_FIELDS + count
    return {
        "extensions": count,
        "tables": joined_tables(lake, "study"),
        "most_tables": most,
        "allowed_tables": -(-fields // SETTINGS.max_columns) + 8,
        "first_ten_s": round(first.seconds / COMPARED, 3),
        "last_ten_s": round(last.seconds / COMPARED, 3),
        "cost_ratio": round(last.seconds / first.seconds, 2),
        "processor_ratio": round(last.worked / first.worked, 2),
        "bytes_ratio": round(written / once, 2),
    }


def _load_together(lake: Path, scratch: Path, people: int, count: int) -> int:
    """Return the bytes of the same fields when they come in one extension."""
    load(lake, scratch, "study", people, [f"b{each}" for each in range(BASE_FIELDS)])
    base = parquet_bytes(lake / "tables")
    extend(lake, scratch, "study", people, [f"x{each}" for each in range(count)], seed=1)
    return parquet_bytes(lake / "tables") - base


def hundredth(scratch: Path, people: int) -> dict[str, object]:
    """Add a hundredth of the fields of a wide entity."""
    lake = scratch / "wide"
    loaded = load(lake, scratch, "study", people, [f"b{each}" for each in range(WIDE_FIELDS)])
    size = parquet_bytes(lake / "tables")
    names = [f"x{each}" for each in range(WIDE_FIELDS // 100)]
    extended = extend(lake, scratch, "study", people, names, seed=1).seconds
    return {
        "fields": WIDE_FIELDS,
        "added": len(names),
        "load_s": round(loaded, 2),
        "extension_s": round(extended, 2),
        "seconds_ratio": round(extended / loaded, 3),
        "bytes_ratio": round((parquet_bytes(lake / "tables") - size) / size, 3),
    }


def main(people: int = 20_000, count: int = 300) -> None:
    """Measure and print."""
    scratch = Path(tempfile.mkdtemp(prefix="apollo-bench-"))
    try:
        found = {
            "people": people,
            "many": many(scratch, people, count),
            "hundredth": hundredth(scratch, people),
        }
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main(*(int(each) for each in sys.argv[1:]))
