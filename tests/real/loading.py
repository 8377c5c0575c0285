"""Load a real study with its hand-written dictionary, by the command line."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.study import CommandResult, apollo

DICTIONARIES = Path(__file__).parent / "dictionaries"


@dataclass(frozen=True)
class RealStudy:
    """A study in a lake: where its raw files lie, and which file belongs to which entity."""

    name: str
    folder: Path
    files: dict[str, str]
    lake: Path
    options: tuple[str, ...] = ()

    def ask(self, *words: object) -> CommandResult:
        """Run a command on the lake."""
        return apollo("--lake", self.lake, *words)

    def load(self) -> CommandResult:
        """Load the raw files."""
        dictionaries = DICTIONARIES / self.name
        words: list[object] = ["load", "clinical", self.name, *self.options]
        words += ["--dictionary", dictionaries / "data_dictionary.csv"]
        words += ["--codings", dictionaries / "codings.csv"]
        words += ["--entities", dictionaries / "entity_dictionary.csv"]
        for entity, file in self.files.items():
            words += ["--data", f"{entity}={self.folder / file}"]
        return self.ask(*words)

    def pins(self) -> dict[str, dict[str, Any]]:
        """Return the pins of the newest version by the name of their table."""
        shown = self.ask("show", self.name, "--pins", "--json")
        assert shown.code == 0, shown.err
        return {pin["table"]: pin for pin in shown.json["pins"]}
