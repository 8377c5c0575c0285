"""The features of all files of a source, gathered file by file."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from apollo_spark.assays.expression.sources.files.reading import IdRule
from apollo_spark.assays.expression.sources.ids.features import (
    LEFT_OUT,
    DuplicateRule,
    FeatureIds,
    IdPlaces,
    describe_repeated,
    resolve_feature_ids,
)
from apollo_spark.model.findings import Finding
from apollo_spark.sources.findings import finding_of

TEXT = pa.large_string()


class FeatureGathering:
    """Makes one list of features of the ids of all files, and finds where the files differ.

    Only ids that no file before had are looked at: files mostly repeat each other's.

    Args:
        id_rule: See `resolve_feature_ids`.
        id_map: See `resolve_feature_ids`.
        on_duplicate: See `resolve_feature_ids`.
        is_union: Whether files may have different features.
    """

    def __init__(
        self,
        *,
        id_rule: IdRule,
        id_map: Mapping[str, tuple[str, ...]] | None,
        on_duplicate: DuplicateRule,
        is_union: bool,
    ) -> None:
        self._id_rule = id_rule
        self._id_map = id_map
        self._on_duplicate = on_duplicate
        self._is_union = is_union
        self._first: np.ndarray | None = None
        self._is_repeated = np.zeros(0, bool)
        self._last: tuple[pa.Array, np.ndarray] | None = None
        self._ids: FeatureIds | None = None
        self.texts = pa.array([], TEXT)
        self.findings: list[Finding] = []

    def add(
        self,
        ids: pa.Array | Sequence[str],
        lines: np.ndarray | None,
        label: str,
        *,
        columns: np.ndarray | None = None,
        is_whole: bool = True,
    ) -> np.ndarray:
        """Take the ids of one file.

        Args:
            ids: Source ids in the order of the rows, or of the columns of a turned matrix.
            lines: The physical line of each; None where they are in the header.
            label: The file, for people.
            columns: The number of the column of each, from 1, where they are in the header.
            is_whole: Whether these are all ids of the file: else what it lacks is not judged.

        Returns:
            (ids,) the place of each one's feature among all (int32), LEFT_OUT where it has none.
        """
        texts = pa.array(ids, TEXT)
        where = IdPlaces(label, lines, columns)
        rows = self._rows_of(texts, where)
        assert self._ids is not None
        size = len(self._ids.ids)
        times = np.bincount(rows[rows != LEFT_OUT], minlength=size)
        self._is_repeated = _lengthened(self._is_repeated, size) | (times > 1)
        if self._on_duplicate == "refuse" and (times > 1).any():
            self.findings.append(describe_repeated(self._ids.ids, rows, where))
        if self._first is None:
            self._first = (times > 0) if is_whole else None
        elif not self._is_union and is_whole:
            self._compare(self._first, times > 0, label)
        return rows

    def features(self) -> FeatureIds:
        """Return the features; `feature_of_row` is that of each of the attribute `texts`."""
        assert self._ids is not None
        return replace(
            self._ids, repeated=int(self._is_repeated.sum()), findings=tuple(self.findings)
        )

    def _rows_of(self, texts: pa.Array, where: IdPlaces) -> np.ndarray:
        """Give the place of each row's feature."""
        if self._last is None or not self._last[0].equals(texts):
            numbers = pc.index_in(texts, self.texts)
            if numbers.null_count or self._ids is None:
                is_new = numbers.is_null()
                marks = np.flatnonzero(is_new.to_numpy(zero_copy_only=False))
                self._resolve(texts.filter(is_new), where.take(marks))
                numbers = pc.index_in(texts, self.texts)
            self._last = (texts, numbers.to_numpy(zero_copy_only=False))
        assert self._ids is not None
        return np.asarray(self._ids.feature_of_row[self._last[1]])

    def _resolve(self, texts: pa.Array, where: IdPlaces) -> None:
        """Make features of ids that are new; each text counts once."""
        encoded = texts.dictionary_encode()
        first = np.unique(encoded.indices.to_numpy(), return_index=True)[1]
        first_places = where.take(first)
        found = resolve_feature_ids(
            encoded.dictionary,
            id_rule=self._id_rule,
            id_map=self._id_map,
            # Two texts of one feature may be in two files: each file is judged by itself.
            on_duplicate="first",
            lines=first_places.lines,
            columns=first_places.columns,
            file=where.file,
            kind=self._ids.kind if self._ids else None,
        )
        self.texts = pa.concat_arrays([self.texts, encoded.dictionary])
        self.findings += found.findings
        self._ids = found if self._ids is None else _joined(self._ids, found)

    def _compare(self, known: np.ndarray, is_there: np.ndarray, label: str) -> None:
        first = _lengthened(known, len(is_there))
        added, missing = int((is_there & ~first).sum()), int((first & ~is_there).sum())
        if added + missing:
            text = (
                f"{added:,} features are not in the first file, and {missing:,} of it are missing; "
                "--features union loads all"
            )
            found = finding_of("features_differ", text, file=label)
            self.findings.append(found.model_copy(update={"count": added + missing}))


def _joined(known: FeatureIds, found: FeatureIds) -> FeatureIds:
    """Join features with those of further source ids."""
    places = pc.index_in(found.ids, known.ids)
    is_new = np.asarray(places.is_null().to_numpy(zero_copy_only=False), bool)
    index = places.fill_null(0).to_numpy(zero_copy_only=False).astype(np.int32)
    index[is_new] = len(known.ids) + np.arange(is_new.sum())
    rows = np.append(index, np.int32(LEFT_OUT))[found.feature_of_row]
    return FeatureIds(
        ids=pa.concat_arrays([known.ids, found.ids.filter(pa.array(is_new))]),
        feature_of_row=np.concatenate([known.feature_of_row, rows]),
        kind=known.kind,
        repeated=0,
        versions_stripped=known.versions_stripped + found.versions_stripped,
        par_y=known.par_y + found.par_y,
        summary_rows=known.summary_rows + found.summary_rows,
        unmapped=known.unmapped + found.unmapped,
        ambiguous=known.ambiguous + found.ambiguous,
        mapped=known.mapped + found.mapped,
        hints=_added(known.hints, found.hints),
    )


def _added(
    known: tuple[tuple[str, int], ...], found: tuple[tuple[str, int], ...]
) -> tuple[tuple[str, int], ...]:
    total = dict(known)
    for how, count in found:
        total[how] = total.get(how, 0) + count
    return tuple(total.items())


def _lengthened(marks: np.ndarray, size: int) -> np.ndarray:
    return np.append(marks, np.zeros(size - len(marks), bool))
