"""A study whose every key and text is a secret, and what may be seen of it after a refusal."""

import gzip
import re
import shutil
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

from tests.support.loading import Published, published, require_equal, require_sound
from tests.support.study import CommandResult, Study

SECRET = "Zxq-Secret-77"
"""Is in every key and text of the study: no message, log or record may show it."""
KEEPS_VALUES = {"reports", "tables"}
TRACES = ("Traceback", 'File "', "Py4J", "java.", "\tat ", "Exception in")


class SecretStudy(Study):
    """The small study with the secret in the keys of its patients and in its texts."""

    def __init__(self, folder: Path, *, lake: Path | None = None) -> None:
        super().__init__(folder)
        self.lake = lake or folder / "lake"
        for name in ("patient.csv", "visit.csv", "passport.csv", "site.csv"):
            text = re.sub(r"\bP(\d)", rf"{SECRET}-\1", self.read(name))
            for plain in ("Uppsala", "plain", "first"):
                text = text.replace(plain, f"{SECRET} {plain}")
            self.write(name, text)

    def add(self, name: str, row: str) -> None:
        """Add a row to the end of a file."""
        self.write(name, f"{self.read(name)}{row}\n")

    def next_version(self) -> None:
        """Make a sound change, so that the next load has something to publish."""
        self.add("site.csv", f"9,{SECRET} Malmö")


@dataclass(frozen=True)
class Prepared:
    """A lake that holds the first version of the secret study."""

    lake: Path
    before: Published

    def study(self, folder: Path) -> SecretStudy:
        """Return sound files for a second version, with a lake that holds the first."""
        shutil.copytree(self.lake, folder / "lake")
        study = SecretStudy(folder)
        study.next_version()
        return study


def prepare(folder: Path) -> Prepared:
    """Load the first version of the secret study."""
    study = SecretStudy(folder)
    loaded = study.load()
    assert loaded.code == 0, loaded.err
    return Prepared(study.lake, published(study.lake))


def texts_of(path: Path) -> Iterator[bytes]:
    """Yield what a file holds, as it lies there and unpacked."""
    content = path.read_bytes()
    yield content
    if content[:2] == b"\x1f\x8b":
        yield gzip.decompress(content)
    if path.suffix == ".parquet":
        yield repr(pq.read_table(path).to_pylist()).encode()


def leaks(lake: Path) -> list[str]:
    """Name the files of a lake that hold the secret and may not."""
    return [
        str(path.relative_to(lake))
        for path in sorted(lake.rglob("*"))
        if path.is_file()
        and path.relative_to(lake).parts[0] not in KEEPS_VALUES
        and any(SECRET.encode() in text for text in texts_of(path))
    ]


def require_refused(result: CommandResult, code: int, *words: str) -> None:
    """Require an exit code and a message without trace or value, which holds these words."""
    assert (result.code, result.out) == (code, ""), result.err
    for word in words:
        assert word in result.err
    for trace in TRACES:
        assert trace not in result.err
    assert SECRET not in result.err


def require_untouched(prepared: Prepared, study: Study) -> None:
    """Require that readers notice nothing of a refused load."""
    require_equal(published(study.lake), prepared.before)
    assert leaks(study.lake) == []
    require_sound(study.lake)


def require_next_load_works(study: Study) -> None:
    """Mend all files and load again, without cleaning up."""
    mended = SecretStudy(study.folder, lake=study.lake)
    mended.next_version()
    loaded = mended.load()
    assert (loaded.code, loaded.last_line) == (0, "study@2"), loaded.err
    assert SECRET not in loaded.err + loaded.out
    assert leaks(study.lake) == []


def pack(study: Study, name: str, *, cut: int = 0, break_at: int | None = None) -> None:
    packed = bytearray(gzip.compress(study.read(name).encode(), mtime=0))
    if break_at is not None:
        packed[break_at] ^= 0xFF
    study.write(name, bytes(packed[: len(packed) - cut]))


def picture() -> bytes:
    """A small picture in the PNG format, as somebody attaches the wrong file."""
    pixels = zlib.compress(bytes(range(256)) * 40)
    return b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x10" + pixels + SECRET.encode()


@dataclass(frozen=True)
class Wrong:
    """One thing that is wrong, the code and the words of the message."""

    code: int
    words: tuple[str, ...]
    make: Callable[[SecretStudy], object]


def file(make: Callable[[SecretStudy], object], *words: str, code: int = 10) -> Wrong:
    return Wrong(code, words, make)
