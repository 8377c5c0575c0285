"""Ids of samples and features that differ by what nobody sees."""

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from apollo_spark.model.findings import Finding, Place
from apollo_spark.sources.findings import PLACES_LIMIT, finding_of
from apollo_spark.workers.values.unseen import MAYBE_ODD, without_unseen

RULE = "key_lookalike"


def find_lookalike_ids(
    ids: pa.Array, thing: str, known: pa.Array | None = None
) -> Iterator[Finding]:
    """Find ids that look like another one, or like a known one, and ids of which nobody sees any.

    Args:
        ids: Ids of a source.
        thing: What they name: samples or features.
        known: Ids that are in the assay already; those of the source may be among them.
    """
    own = pa.array(ids, pa.string()).unique()
    others = own if known is None else pa.array(known, pa.string())
    if not _maybe_odd(own) and not (known is not None and _maybe_odd(others)):
        return
    looks = without_unseen(own)
    # Ids of plain blanks are found, with their lines, where files are read.
    is_told = pc.equal(pc.utf8_trim_whitespace(own), "")
    blank = own.filter(pc.and_(pc.equal(looks, ""), pc.invert(is_told)))
    if len(blank):
        yield _finding("key_missing", f"{thing} have an id in which nobody sees anything", blank)
    alike = own.filter(pc.is_in(looks, value_set=_several(own, looks)))
    if known is not None:
        new = pc.invert(pc.is_in(own, value_set=others))
        alike = own.filter(pc.and_(new, pc.is_in(looks, value_set=without_unseen(others))))
    if len(alike):
        text = f"ids of {thing} look like others, and differ by blanks or characters not seen"
        yield _finding(RULE, text, alike)


def look_like(values: pa.Array, known: pa.Array) -> pa.Array:
    """Return those of some values, none of them known, that look like a known one."""
    if len(values) == 0:
        return values
    return values.filter(pc.is_in(without_unseen(values), value_set=without_unseen(known)))


def _several(ids: pa.Array, looks: pa.Array) -> pa.Array:
    """Return the looks that several ids have."""
    times = pc.value_counts(looks.filter(ids.is_valid()))
    several = times.field("values").filter(pc.greater(times.field("counts"), 1))
    return several.filter(pc.not_equal(several, ""))


def _maybe_odd(ids: pa.Array) -> bool:
    return bool(pc.any(pc.match_substring_regex(ids, MAYBE_ODD)).as_py())


def _finding(rule: str, text: str, ids: pa.Array) -> Finding:
    # An id may name a person: it is in the report alone.
    places = tuple(Place(line=None, value=each) for each in ids[:PLACES_LIMIT].to_pylist())
    return finding_of(rule, text).model_copy(update={"count": len(ids), "places": places})
