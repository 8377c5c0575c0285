"""Feature ids: the rows of the sources become features by stated rules.

Summary rows of STAR and htseq-count and rows without id are left out. With an id map every id is
replaced, and one without or with several replacements is left out. Of Ensembl ids the version is
taken away, while `_PAR_Y`, which tells the copy on Y from that on X, stays. What is equal then is
one feature.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from apollo_spark.assays.expression.assay import FeatureIdKind
from apollo_spark.assays.expression.sources.files.quantifiers import SUMMARY_ROWS
from apollo_spark.assays.expression.sources.files.reading import IdRule
from apollo_spark.assays.expression.sources.ids.likeness import are_mangled, describe_likeness
from apollo_spark.model.findings import Finding, Place
from apollo_spark.sources.findings import NAMES_LIMIT, PLACES_LIMIT, finding_of
from apollo_spark.sources.id_hints import find_hints

DuplicateRule = Literal["refuse", "sum", "mean", "first"]

# The R marks copies on Y in GENCODE before release 25.
ENSEMBL_ID = r"^(?P<stem>ENS(?P<letter>[GT])R?[0-9]+)(?P<version>\.[0-9]+)?(?P<par>_PAR_Y)?$"
LEFT_OUT = -1


@dataclass(frozen=True)
class FeatureIds:
    """The features of a list of source ids.

    Attributes:
        ids: Feature ids (strings), each once, in the order of first appearance.
        feature_of_row: Index into `ids` for every source id (int32), -1 where it is left out.
        kind: ENSG, ENST, or any.
        repeated: How many features have more than one source id.
        versions_stripped: How many source ids lost a version.
        par_y: How many features are copies on Y.
        summary_rows: How many source ids are summary rows.
        unmapped: How many source ids the id map does not name.
        ambiguous: How many source ids the id map gives several names.
        findings: What is wrong with the ids.
        mapped: How many source ids the id map gives one name.
        hints: Of the unmapped ones, how many the map would name if they were read otherwise, by
            how; see `map_hints`.
    """

    ids: pa.Array
    feature_of_row: np.ndarray
    kind: FeatureIdKind
    repeated: int
    versions_stripped: int
    par_y: int
    summary_rows: int
    unmapped: int
    ambiguous: int
    findings: tuple[Finding, ...] = ()
    mapped: int = 0
    hints: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class IdPlaces:
    """Where ids are: in a file, each on a line or, in a header, in a column from 1."""

    file: str | None = None
    lines: np.ndarray | None = None
    columns: np.ndarray | None = None

    def take(self, rows: np.ndarray) -> "IdPlaces":
        """Return the places of some of the ids."""
        return IdPlaces(
            self.file,
            None if self.lines is None else self.lines[rows],
            None if self.columns is None else self.columns[rows],
        )

    def find(
        self, rule: str, text: str, ids: pa.Array, rows: np.ndarray, *, how: str = ""
    ) -> Finding:
        """Describe some of the ids by where they are; what they are is for the report alone.

        An id may be a person's, where a matrix was taken for turned.
        """
        if self.columns is not None:
            numbers = ", ".join(map(str, self.columns[rows[:NAMES_LIMIT]].tolist()))
            more = len(rows) - NAMES_LIMIT
            text += f", in column {numbers}" + (f" and {more:,} more" if more > 0 else "")
        shown = rows[:PLACES_LIMIT]
        values = ids.take(pa.array(shown)).to_pylist()
        lines = [None] * len(shown) if self.lines is None else self.lines[shown].tolist()
        places = tuple(
            Place(line=line, value=value) for line, value in zip(lines, values, strict=True)
        )
        text = f"{text}; {how}" if how else text
        found = finding_of(rule, text, file=self.file, line=places[0].line)
        return found.model_copy(update={"count": len(rows), "places": places})


@dataclass(frozen=True)
class _Mapped:
    """Source ids after the id map; null where left out."""

    ids: pa.Array
    unmapped: int = 0
    ambiguous: int = 0
    mapped: int = 0
    hints: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class _Named:
    """Ids as they are stored, and what was seen on the way."""

    ids: pa.Array
    kind: FeatureIdKind
    versions: int
    par_y: np.ndarray
    findings: tuple[Finding, ...]


def resolve_feature_ids(
    ids: pa.Array | Sequence[str],
    *,
    id_rule: IdRule = "ensembl",
    id_map: Mapping[str, tuple[str, ...]] | None = None,
    on_duplicate: DuplicateRule = "refuse",
    lines: np.ndarray | None = None,
    columns: np.ndarray | None = None,
    file: str | None = None,
    kind: FeatureIdKind | None = None,
) -> FeatureIds:
    """Make features of source ids.

    Args:
        ids: Source ids in the order of the rows, or of the columns of a turned matrix.
        id_rule: `ensembl` wants ENSG or ENST ids, of one kind; `any` takes ids as they are.
        id_map: New names by source id, as `read_id_map` gives them.
        on_duplicate: Only `refuse` makes a finding of repeated features.
        lines: The physical line of every id, for the places of findings.
        columns: Or the number of the column of every id, from 1, where they are in a header.
        file: The name that findings give.
        kind: Of the files before; None takes the more frequent one.
    """
    where = IdPlaces(file, lines, columns)
    given = pa.array(ids, pa.string())
    is_summary = pc.is_in(given, pa.array(SUMMARY_ROWS, pa.string()))
    kept = pc.if_else(is_summary, pa.scalar(None, pa.string()), given)
    mapped = _Mapped(kept) if id_map is None else _map_ids(kept, id_map)
    filled = pc.if_else(pc.equal(mapped.ids, ""), pa.scalar(None, pa.string()), mapped.ids)
    named = (
        _name_any(filled, where) if id_rule == "any" else _name_ensembl(filled, where, stated=kind)
    )
    encoded = named.ids.dictionary_encode()
    rows = encoded.indices.fill_null(LEFT_OUT).to_numpy(zero_copy_only=False).astype(np.int32)
    times = np.bincount(rows[rows != LEFT_OUT], minlength=len(encoded.dictionary))
    findings = [*_find_empty(mapped.ids, where), *named.findings]
    if on_duplicate == "refuse" and (times > 1).any():
        findings.append(describe_repeated(encoded.dictionary, rows, where))
    return FeatureIds(
        ids=encoded.dictionary,
        feature_of_row=rows,
        kind=named.kind,
        repeated=int(np.count_nonzero(times > 1)),
        versions_stripped=named.versions,
        par_y=len(np.unique(rows[named.par_y])),
        summary_rows=pc.sum(is_summary).as_py() or 0,
        unmapped=mapped.unmapped,
        ambiguous=mapped.ambiguous,
        findings=tuple(findings),
        mapped=mapped.mapped,
        hints=mapped.hints,
    )


def is_ensembl(ids: pa.Array | Sequence[str]) -> np.ndarray:
    """Say of each id whether it is an Ensembl gene or transcript id."""
    matches = pc.match_substring_regex(pa.array(ids, pa.string()), ENSEMBL_ID)
    return np.asarray(matches.fill_null(False).to_numpy(zero_copy_only=False), bool)


def strip_versions(ids: pa.Array) -> pa.Array:
    """Return Ensembl ids without version, and all others as they are."""
    return _without_version(ids, pc.extract_regex(ids, ENSEMBL_ID))


def _without_version(ids: pa.Array, parts: pa.Array) -> pa.Array:
    bare = pc.binary_join_element_wise(_part(parts, "stem"), _part(parts, "par"), "")
    return pc.coalesce(bare, ids)


def _part(parts: pa.Array, name: str) -> pa.Array:
    # Not `field`: it would give the text of rows that do not match.
    return pc.struct_field(parts, name)


def _name_any(ids: pa.Array, where: IdPlaces) -> _Named:
    mangled = np.flatnonzero(are_mangled(ids))
    findings = []
    if len(mangled):
        text = "ids look like dates or numbers that a spreadsheet made of symbols; they were taken"
        how = "--id-map gives them their names, and a policy may refuse them"
        findings.append(where.find("feature_mangled", f"{text} as they are", ids, mangled, how=how))
    return _Named(ids, "any", 0, np.zeros(len(ids), bool), tuple(findings))


def _name_ensembl(ids: pa.Array, where: IdPlaces, *, stated: FeatureIdKind | None) -> _Named:
    parts = pc.extract_regex(ids, ENSEMBL_ID)
    letters = _part(parts, "letter")
    genes, transcripts = (pc.sum(pc.equal(letters, each)).as_py() or 0 for each in ("G", "T"))
    usual: FeatureIdKind = "ENST" if transcripts > genes else "ENSG"
    kind = stated or usual
    return _Named(
        ids=_without_version(ids, parts),
        kind=kind,
        versions=_count(_part(parts, "version")),
        par_y=_is_filled(_part(parts, "par")),
        findings=tuple(_find_kinds(ids, letters, kind, where)),
    )


def _is_filled(texts: pa.Array) -> np.ndarray:
    filled = pc.not_equal(texts, "").fill_null(False)
    return np.asarray(filled.to_numpy(zero_copy_only=False), bool)


def _count(texts: pa.Array) -> int:
    return int(np.count_nonzero(_is_filled(texts)))


def _map_ids(ids: pa.Array, id_map: Mapping[str, tuple[str, ...]]) -> _Mapped:
    """Replace ids; an id that the map lacks is looked up again without its version."""
    unique = ids.dictionary_encode()
    names = unique.dictionary.to_pylist()
    bare = strip_versions(unique.dictionary).to_pylist()
    pairs = zip(names, bare, strict=True)
    found = [id_map.get(name) or id_map.get(short) or () for name, short in pairs]
    targets = pa.array([each[0] if len(each) == 1 else None for each in found], pa.string())
    times = np.bincount(unique.indices.drop_null().to_numpy(), minlength=len(names))
    choices = np.array([len(each) for each in found], int)
    return _Mapped(
        ids=targets.take(unique.indices),
        unmapped=int(times[choices == 0].sum()),
        ambiguous=int(times[choices > 1].sum()),
        mapped=int(times[choices == 1].sum()),
        hints=find_hints([x for x, to in zip(names, found, strict=True) if not to], id_map),
    )


def _find_kinds(
    ids: pa.Array, letters: pa.Array, kind: FeatureIdKind, where: IdPlaces
) -> Iterator[Finding]:
    """Find ids that are not Ensembl ids, and those of the less frequent kind."""
    is_unknown = pc.and_(letters.is_null(), ids.is_valid())
    unknown = np.flatnonzero(is_unknown.to_numpy(zero_copy_only=False))
    if len(unknown):
        likeness = describe_likeness(ids.take(pa.array(unknown)).unique().to_pylist())
        text = f"ids are neither ENSG nor ENST{': ' if likeness else ''}{likeness}"
        how = "map them with --id-map, or allow them with --feature-ids any"
        yield where.find("feature_kind", text, ids, unknown, how=how)
    is_other = pc.not_equal(letters, kind[-1]).fill_null(False)
    other = np.flatnonzero(is_other.to_numpy(zero_copy_only=False))
    if len(other):
        text = f"ids are not {kind} as most are; an assay has one kind"
        yield where.find("feature_kind", text, ids, other)


def _find_empty(ids: pa.Array, where: IdPlaces) -> Iterator[Finding]:
    rows = np.flatnonzero(pc.equal(ids, "").fill_null(False).to_numpy(zero_copy_only=False))
    if len(rows):
        yield where.find("feature_kind", "a feature has no id", ids, rows)


def describe_repeated(features: pa.Array, rows: np.ndarray, where: IdPlaces) -> Finding:
    """Describe the rows whose feature occurred before.

    Args:
        features: Feature ids.
        rows: The place of each row's feature among these, or LEFT_OUT.
        where: The place of every row.
    """
    first = np.full(len(features), len(rows))
    kept = np.flatnonzero(rows != LEFT_OUT)
    np.minimum.at(first, rows[kept], kept)
    again = kept[first[rows[kept]] != kept]
    ids = features.take(pa.array(np.maximum(rows, 0)))
    how = "--on-duplicate sum, mean or first would join them"
    return where.find("feature_repeated", "features occur more than once", ids, again, how=how)
