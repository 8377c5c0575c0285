"""Read a dashboard file, YAML or JSON: a title and tiles."""

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from apollo_spark.errors import DictionaryError, InputFileError
from apollo_spark.model.base import Record
from apollo_spark.model.dashboard.record import label_of
from apollo_spark.model.dashboard.tile import Tile
from apollo_spark.model.record import InputFile
from apollo_spark.sources.dashboards.tiles import TileFault, read_tile
from apollo_spark.sources.regular_files import say_unreadable
from apollo_spark.sources.suggest import did_you_mean

KEYS = ("title", "description", "tiles")
MOST_TILES = 200
FILE = "the file"


class DashboardFile(Record):
    """What a dashboard file says."""

    title: str | None = None
    description: str | None = None
    tiles: tuple[Tile, ...]


class ReadDashboard(NamedTuple):
    """What was read of a dashboard file.

    Attributes:
        file: What it says; None where anything is wrong with it.
        tiles: The tiles that could be read, each with how messages name it.
        faults: What is wrong.
        input: The file that it was read from.
    """

    file: DashboardFile | None
    tiles: tuple[tuple[str, Tile], ...]
    faults: tuple[TileFault, ...]
    input: InputFile | None = None


def read_dashboard_file(path: Path) -> ReadDashboard:
    """Return what a dashboard file says, and what is wrong with it.

    Raises:
        InputFileError: It is not there, or is not text.
        DictionaryError: It is neither YAML nor JSON.
    """
    # Most commands read none, and YAML takes a while to load.
    from apollo_spark.sources.plain_yaml import NotTextError, PlainYamlError, read_plain_yaml

    try:
        content = read_plain_yaml(path)
        raw = path.read_bytes()
    except OSError as error:
        why = say_unreadable(error)
        raise InputFileError(f"The dashboard file {path.name} cannot be read.", why=why) from None
    except NotTextError as error:
        raise InputFileError(f"The dashboard file {path.name} cannot be read: {error}.") from None
    except PlainYamlError as error:
        raise DictionaryError(f"The dashboard file {path.name} cannot be used: {error}.") from None
    digest = sha256(raw).hexdigest()
    given = InputFile(role="tiles", name=path.name, size=len(raw), sha256=digest)
    return read_dashboard(content)._replace(input=given)


def read_dashboard(content: Any) -> ReadDashboard:
    """Return what a dashboard is to be, with the tiles that can be read, and all faults."""
    if not isinstance(content, Mapping):
        fault = TileFault(FILE, "must hold 'tiles' and may hold 'title'")
        return ReadDashboard(None, (), (fault,))
    faults = [
        TileFault(FILE, f"there is no key {each!r}{_hint(each)}; there are {', '.join(KEYS)}")
        for each in content
        if each not in KEYS
    ]
    texts = {name: content[name] for name in KEYS[:2] if content.get(name) is not None}
    faults += [
        TileFault(FILE, f"{name} must be text; put it into quotes")
        for name, text in texts.items()
        if not isinstance(text, str)
    ]
    listed = content.get("tiles")
    if not isinstance(listed, list) or not listed:
        return ReadDashboard(
            None, (), (*faults, TileFault(FILE, "'tiles' must be a list of tiles"))
        )
    if len(listed) > MOST_TILES:
        faults.append(TileFault(FILE, f"there are more than {MOST_TILES} tiles"))
    tiles: list[tuple[str, Tile]] = []
    for number, each in enumerate(listed, start=1):
        title = each.get("title") if isinstance(each, Mapping) else None
        label = label_of(number, title if isinstance(title, str) else None)
        tile, wrong = read_tile(each, label)
        faults += wrong
        tiles += [] if tile is None else [(label, tile)]
    file = None
    if not faults:
        file = DashboardFile(tiles=tuple(each for _, each in tiles), **texts)
    return ReadDashboard(file, tuple(tiles), tuple(faults))


def _hint(word: Any) -> str:
    return did_you_mean(word, KEYS) if isinstance(word, str) else ""
