"""What a command does before anything else, so that it starts at once."""

import gc

import pytest

from apollo_spark.cli import main
from apollo_spark.cli.starting import GARBAGE_AT


def test_a_command_looks_for_garbage_seldom(monkeypatch: pytest.MonkeyPatch) -> None:
    before = gc.get_threshold()
    seen: list[tuple[int, int, int]] = []
    for other in ("leave_pandas_alone", "look_for_no_plugins"):
        monkeypatch.setattr(main, other, lambda: None)
    monkeypatch.setattr(main, "run", lambda: seen.append(gc.get_threshold()))

    try:
        with pytest.raises(SystemExit):
            main.main()
    finally:
        gc.set_threshold(*before)

    assert seen == [(GARBAGE_AT, 20, 20)]
