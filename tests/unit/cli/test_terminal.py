"""One place writes to a terminal, and what it writes can do nothing there."""

import ast
import contextlib
import io
import json
from pathlib import Path

from apollo_spark.cli.terminal import print_json, put_data, say, show

PACKAGE = Path(__file__).parents[3] / "apollo_spark"
WRITERS = {
    "cli/terminal.py": "the one place",
    "export/rows.py": "rows are data",
    "assays/expression/read/rows.py": "values are data",
    "runtime/prepare.py": "a step of the setup, without the command line",
}


def test_nothing_else_writes_to_a_terminal() -> None:
    found = {
        str(path.relative_to(PACKAGE)): sorted(_writes(path)) for path in PACKAGE.rglob("*.py")
    }
    assert {name for name, calls in found.items() if calls} == set(WRITERS)


def _writes(path: Path) -> set[str]:
    """Return the calls of a module that write to a terminal."""
    found = {
        ast.unparse(each.func)
        for each in ast.walk(ast.parse(path.read_text()))
        if isinstance(each, ast.Call)
    }
    direct = {"print", "click.echo", "click.secho", "traceback.print_exc", "wrong.show"}
    writing = ("sys.stdout.write", "sys.stdout.buffer", "sys.stderr.write", "sys.stderr.buffer")
    return {each for each in found if each in direct or each.startswith(writing)}


def test_lines_stay_lines_and_what_acts_is_written_out() -> None:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        show("a\x1b[2J\nb\u2028c\r")
        say("d\te\ufeff\ud800")
    assert out.getvalue() == "a\\x1b[2J\nb\\u2028c\\r\n"
    assert err.getvalue() == "d\\te\\ufeff\\ud800\n"


def test_a_terminal_without_the_letters_gets_their_escapes() -> None:
    raw = io.BytesIO()
    with contextlib.redirect_stdout(io.TextIOWrapper(raw, "ascii")) as out:
        show("é and 東")
        out.flush()
    assert raw.getvalue() == b"\\xe9 and \\u6771\n"


def test_json_reads_back_as_it_was_and_is_plain_on_the_way() -> None:
    value = {"é": "\x1b\x9b\u202e\u200b\U000e0041東\U0001f600\ud800"}
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        print_json(value)
    assert json.loads(out.getvalue()) == value
    assert out.getvalue() == (
        '{"é": "\\u001b\\u009b\\u202e\\u200b\\udb40\\udc41東\U0001f600\\ud800"}\n'
    )


def test_data_are_exact() -> None:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        put_data("SELECT '\x1b\u202e'")
    assert out.getvalue() == "SELECT '\x1b\u202e'\n"
