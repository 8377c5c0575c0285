"""Read from the registry what a version was made from."""

import json
from pathlib import Path
from typing import Any

from apollo_spark.errors import NotFoundError
from apollo_spark.export.lineage_svg import lineage_svg
from apollo_spark.export.rows import completed_file, require_free
from apollo_spark.lake.lake import Lake
from apollo_spark.lake.registry.snapshot import RecordEntry, RegistrySnapshot
from apollo_spark.model.names import parse_reference
from apollo_spark.model.record import Lineage
from apollo_spark.model.request import VerbRequest
from apollo_spark.operations.asker import Asker
from apollo_spark.records.lineage import LineageNode, LineageTree


class LineageRequest(VerbRequest):
    """What a person asks for: the options of `apollo lineage`.

    Attributes:
        name: The version.
        svg: The file of a picture.
        force: Whether to overwrite it.
        full: Whether to show what views keep to themselves.
    """

    verb = "lineage"

    name: str
    svg: str | None = None
    force: bool = False
    full: bool = False


def show_lineage(asker: Asker, request: LineageRequest) -> LineageTree:
    """Return what a version was made from, and draw it where that is asked for.

    Raises:
        NotFoundError: There is no such version, or it is retired.
        UsageError: The picture is there already.
        BrokenPinError: A record is not as it was published.
    """
    if request.svg is not None:
        require_free(request.svg, force=request.force)
    tree = _read(asker.lake, request)
    if request.svg is not None:
        with completed_file(Path(request.svg)) as file:
            file.write(lineage_svg(tree).encode())
    return tree


def _read(lake: Lake, request: LineageRequest) -> LineageTree:
    """Return what a version was made from, and those in turn, retired ones too."""
    snapshot = lake.registry.snapshot()
    waiting = [str(snapshot.get(parse_reference(request.name)))]
    found: dict[str, LineageNode] = {}
    while waiting:
        known = {each: entry for each in waiting if (entry := _entry(snapshot, each)) is not None}
        texts = {str(e): text for e, text in lake.registry.read_texts(list(known.values()))}
        for each in waiting:
            found[each] = (
                _node(known[each], json.loads(texts[each]), full=request.full)
                if each in known
                else LineageNode(version=each)
            )
        parents = (parent for each in waiting for parent in found[each].parents)
        waiting = [each for each in dict.fromkeys(parents) if each not in found]
    return LineageTree(nodes=tuple(found.values()))


def _entry(snapshot: RegistrySnapshot, version: str) -> RecordEntry | None:
    try:
        return snapshot.find(parse_reference(version))
    except NotFoundError:
        # A sealed copy names parents that lie in another lake.
        return None


def _node(entry: RecordEntry, record: dict[str, Any], *, full: bool) -> LineageNode:
    lineage = Lineage.model_validate_json(json.dumps(record.get("lineage")))
    is_view = (record.get("change") or {}).get("kind") == "view"
    is_kept = is_view and not full
    return LineageNode(
        version=str(entry),
        kind=entry.kind,
        operation=lineage.operation,
        time=lineage.time,
        actor=lineage.actor,
        inputs=lineage.inputs,
        parents=() if is_kept else lineage.parents,
        is_retired=entry.retired is not None,
        keeps_parents=is_kept,
    )
