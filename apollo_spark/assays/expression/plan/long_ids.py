"""The ids of long files as the first phase left them, and which file holds the wrong ones."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow.parquet as pq

from apollo_spark.assays.expression.sources.files.reading import IdRule
from apollo_spark.assays.expression.sources.ids.features import (
    DuplicateRule,
    FeatureIds,
    resolve_feature_ids,
)
from apollo_spark.assays.expression.tasks.tiles.spec import LongPart
from apollo_spark.model.findings import Finding
from apollo_spark.sources.findings import finding_of


@dataclass(frozen=True)
class ParsedSource:
    """What the first phase left.

    Attributes:
        parts: (path, label) of each scratch file, in the order of the source.
        features: For each, the number of the text of each feature code.
        samples: For each, the number of the sample of each sample code.
        texts: Feature ids as they are in the source, by first appearance.
        names: Sample ids, by first appearance.
    """

    parts: tuple[tuple[str, str], ...]
    features: tuple[np.ndarray, ...]
    samples: tuple[np.ndarray, ...]
    texts: tuple[str, ...]
    names: tuple[str, ...]

    def tile_parts(self, index_of_text: np.ndarray) -> list[LongPart]:
        """Return the parts as the second phase reads them; (texts,) is index in the assay."""
        return [
            LongPart(path, label, index_of_text[features], samples)
            for (path, label), features, samples in zip(
                self.parts, self.features, self.samples, strict=True
            )
        ]

    def lines_of(self, column: str, numbers: dict[int, None], part: int) -> np.ndarray:
        """Return the first line of some ids in one part, by number; None where it has no value."""
        codes = (self.features if column == "feature" else self.samples)[part]
        table = pq.ParquetFile(self.parts[part][0]).read(columns=[column, "line"])
        first = np.full(len(codes), np.iinfo(np.int64).max)
        np.minimum.at(first, table[column].to_numpy(), table["line"].to_numpy())
        known = dict(zip(codes.tolist(), first.tolist(), strict=True))
        most = np.iinfo(np.int64).max
        found = [known.get(each, most) for each in numbers]
        return np.array([None if each == most else each for each in found], dtype=object)


def find_nameless(parsed: ParsedSource) -> Iterator[Finding]:
    """Find the files with rows that name no sample."""
    nameless = dict.fromkeys(at for at, name in enumerate(parsed.names) if not name.strip())
    seen: dict[str, list[int]] = {}
    for part, ((_, label), codes) in enumerate(zip(parsed.parts, parsed.samples, strict=True)):
        if np.isin(codes, list(nameless)).any():
            lines = parsed.lines_of("sample", nameless, part)
            seen.setdefault(label, []).extend(each for each in lines if each is not None)
    for label, found in seen.items():
        line = min(found, default=None)
        yield finding_of("key_missing", "a sample has no id", file=label, line=line)


def find_wrong_ids(
    parsed: ParsedSource,
    features: FeatureIds,
    *,
    id_rule: IdRule,
    id_map: Mapping[str, tuple[str, ...]] | None,
    on_duplicate: DuplicateRule,
) -> tuple[Finding, ...]:
    """Return what is wrong with the ids of features, by file and with lines.

    Args:
        parsed: The ids of all files.
        features: What was made of them all at once.
        id_rule: As in `resolve_feature_ids`.
        id_map: As in `resolve_feature_ids`.
        on_duplicate: As in `resolve_feature_ids`.
    """
    if not features.findings:
        return ()
    found: list[Finding] = []
    for label in dict.fromkeys(label for _, label in parsed.parts):
        numbers, lines = _ids_of(parsed, label)
        found += resolve_feature_ids(
            [parsed.texts[each] for each in numbers],
            id_rule=id_rule,
            id_map=id_map,
            on_duplicate=on_duplicate,
            lines=lines,
            file=label,
            kind=features.kind,
        ).findings
    rules = {each.rule for each in found}
    return (*found, *(each for each in features.findings if each.rule not in rules))


def _ids_of(parsed: ParsedSource, label: str) -> tuple[list[int], np.ndarray]:
    """Return the numbers of the texts of a file, and their first lines."""
    first: dict[int, int | None] = {}
    for part, (_, own) in enumerate(parsed.parts):
        if own == label:
            numbers = dict.fromkeys(parsed.features[part].tolist())
            lines = parsed.lines_of("feature", numbers, part)
            for number, line in zip(numbers, lines.tolist(), strict=True):
                first.setdefault(number, line)
    return list(first), np.array(list(first.values()), dtype=object)
