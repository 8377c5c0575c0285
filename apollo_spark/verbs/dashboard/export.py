"""Write a dashboard: as one page that opens without a network, or each tile as Vega-Lite."""

import json
import re
from pathlib import Path

from apollo_spark.errors import UsageError
from apollo_spark.export.charts.page import Page, page_html
from apollo_spark.export.charts.specs import chart_spec
from apollo_spark.export.rows import STANDARD_OUTPUT, completed_file, require_free
from apollo_spark.lake.storage.root import storage_access
from apollo_spark.model.base import Record
from apollo_spark.operations.asker import Asker
from apollo_spark.verbs.dashboard.questions import (
    DashboardData,
    DashboardQuestion,
    answer_dashboard,
)

PAGE = ".html"
LONGEST_NAME = 60


class ExportDashboardRequest(DashboardQuestion):
    """What a person asks for: the options of `apollo dashboard export`.

    Attributes:
        output: `F.html`, or a folder.
        force: Whether to overwrite what is there.
    """

    verb = "dashboard export"

    output: str
    force: bool = False


class ExportedDashboard(Record):
    """What was written: the files, and how many tiles could not be answered."""

    dashboard: str
    files: tuple[str, ...]
    problems: int


def export(asker: Asker, request: ExportDashboardRequest) -> ExportedDashboard:
    """Write a page, or a folder with a file for each tile; a tile without an answer says why.

    Raises:
        NotFoundError: The dashboard or a cohort is not there.
        UsageError: Something is there already.
        StorageRefusedError: It cannot be written.
    """
    if request.output == STANDARD_OUTPUT:
        raise UsageError("A dashboard is written to a page or a folder, not to standard output.")
    is_page = request.output.lower().endswith(PAGE)
    if is_page:
        require_free(request.output, force=request.force)
    found = answer_dashboard(asker, request)
    problems = [each for each in found.tiles if each.problem is not None]
    for each in problems:
        asker.say(f"note: {each.title} is not answered: {each.problem}")
    files = _write_page(found, request) if is_page else _write_folder(found, request)
    return ExportedDashboard(dashboard=found.dashboard, files=files, problems=len(problems))


def _write_page(found: DashboardData, request: ExportDashboardRequest) -> tuple[str, ...]:
    page = Page(
        title=found.title or found.dashboard,
        description=found.description,
        source=found.dashboard,
        dataset=found.dataset,
        about=_about(found),
        answers=found.tiles,
    )
    with completed_file(Path(request.output)) as file:
        file.write(page_html(page).encode())
    return (request.output,)


def _about(found: DashboardData) -> tuple[str, ...]:
    lines = []
    if found.filter is not None:
        named = f"{found.cohort}: " if found.cohort else ""
        lines.append(f"People: {named}{found.filter}")
    if found.compare is not None:
        compared = next((each.compared for each in found.tiles if each.compared), None)
        text = "" if compared is None else f": {compared.filter}"
        lines.append(f"Beside: {found.compare}{text}")
    return tuple(lines)


def _write_folder(found: DashboardData, request: ExportDashboardRequest) -> tuple[str, ...]:
    folder = Path(request.output)
    with storage_access(f"Cannot make the folder {folder}."):
        folder.mkdir(parents=True, exist_ok=True)
    answered = [(n, each) for n, each in enumerate(found.tiles, start=1) if each.problem is None]
    paths = [folder / f"{number:02}-{_plain(each.title)}.json" for number, each in answered]
    for path in paths:
        require_free(str(path), force=request.force)
    for path, (_, answer) in zip(paths, answered, strict=True):
        spec = chart_spec(answer)
        with completed_file(path) as file:
            file.write((json.dumps(spec, indent=2, ensure_ascii=False) + "\n").encode())
    return tuple(map(str, paths))


def _plain(title: str) -> str:
    """Return a title as a part of a file's name: letters and digits, whatever it holds."""
    found = re.sub(r"[^A-Za-z0-9]+", "-", title).strip("-").lower()
    return found[:LONGEST_NAME] or "tile"
