"""What the files of a folder hold, to see that something is in none of them."""

import gzip
from pathlib import Path

import pyarrow.parquet as pq


def held_by(folder: Path) -> str:
    """Return what the files of a copy hold, unpacked: packed bytes hold any two letters by chance.

    Parquet files are rows, and a footer with the least and greatest value of each column.
    """
    found = []
    for path in (each for each in folder.rglob("*") if each.is_file()):
        if path.suffix == ".parquet":
            found += [str(pq.read_table(path).to_pylist()), str(pq.read_metadata(path).to_dict())]
        elif path.suffix == ".gz":
            found.append(gzip.decompress(path.read_bytes()).decode())
        elif path.name != "spare":
            found.append(path.read_text())
    return "\n".join(found)
