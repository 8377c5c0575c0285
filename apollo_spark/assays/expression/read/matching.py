"""Rows of MuData: samples by their ids, or people or visits that samples of all assays share."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from apollo_spark.assays.expression.assay import ExpressionAssay
from apollo_spark.assays.expression.read.mudata import to_mudata
from apollo_spark.assays.expression.read.people_fields import rows_of_samples
from apollo_spark.assays.expression.read.select import find_assay
from apollo_spark.errors import NotFoundError, UsageError
from apollo_spark.lake.lake import Lake
from apollo_spark.lake.opened import OpenDataset
from apollo_spark.model.dictionary import DataDictionary
from apollo_spark.model.join_path import path_to
from apollo_spark.operations.locating import Say
from apollo_spark.sources.suggest import did_you_mean

SAMPLE_ID = "sample_id"


def to_matched_mudata(
    lake: Lake, opened: OpenDataset, assays: Mapping[str, Any], match: str | None, say: Say
) -> Any:
    """Return MuData whose modalities are assays, each an AnnData, by name.

    Args:
        lake: Where the tables are.
        opened: The dataset, or a part of its people.
        assays: The assays, with a row for each sample.
        match: The entity whose rows are those of all: `patient` matches samples of one person in
            all assays. None matches samples by their ids.
        say: Hears how many samples belong to no row.

    Raises:
        NotFoundError: There is no such entity.
        UsageError: Samples do not belong to rows of it, or several of an assay to one row.
        EnvironmentProblemError: The package mudata is not installed.
    """
    if match is None:
        return to_mudata(assays)
    key = _key_of(opened.dictionary, match)
    shared = {opened.dictionary.main_entity, match}
    shared |= {each.entity for each in path_to(opened.dictionary, match)}
    found = {}
    for name in assays:
        assay = find_assay(opened.record.assays, name, str(opened.record))
        _require_above(opened.dictionary, assay, match)
        found[name] = rows_of_samples(lake, opened, assay, f"{match}.{key}")
    _require_once(assays, found, match)
    matched = {name: _by_rows(match, name, data, found[name], say) for name, data in assays.items()}
    return to_mudata(matched, shared=shared)


def _key_of(dictionary: DataDictionary, name: str) -> str:
    entity = dictionary.find_entity(name)
    if entity is None:
        hint = did_you_mean(name, [each.name for each in dictionary.entities])
        raise NotFoundError(f"There is no entity {name!r}{hint}.")
    if entity.primary_key is None:
        raise UsageError(f"{name!r} has no key, by which samples could be matched.")
    return entity.primary_key


def _require_above(dictionary: DataDictionary, assay: ExpressionAssay, match: str) -> None:
    """Refuse an assay whose samples do not belong to a row of the entity each."""
    path = path_to(dictionary, assay.entity)
    above = dict.fromkeys([assay.entity, *(each.parent for each in reversed(path))])
    if match not in above:
        raise UsageError(
            f"Samples of {assay.name!r} do not belong to one row of {match!r} each.",
            why=f"They are linked to {assay.entity!r}.",
            fix=f"Match by one of: {', '.join(above)}.",
        )


def _require_once(
    assays: Mapping[str, Any], rows: Mapping[str, Mapping[str, str]], match: str
) -> None:
    """Refuse assays of which one row has several samples: which of them is meant is not known."""
    several = {name: _repeated(data.obs_names, rows[name]) for name, data in assays.items()}
    if any(several.values()):
        lines = [f"  {name}: {rows:,} rows" for name, rows in several.items() if rows]
        raise UsageError(
            "\n".join([f"Rows of {match!r} have several samples in one assay:", *lines]),
            why="A row of a modality is one sample.",
            fix="Choose one of each (sample_id in --filter-json, samples= in Python), or leave the "
            "match out: then samples are the rows.",
        )


def _repeated(samples: Iterable[str], rows: Mapping[str, str]) -> int:
    times = Counter(rows[each] for each in samples if each in rows)
    return sum(each > 1 for each in times.values())


def _by_rows(match: str, name: str, data: Any, rows: Mapping[str, str], say: Say) -> Any:
    """Return an assay with the rows that its samples belong to; other samples are left out."""
    kept = [each for each in data.obs_names if each in rows]
    if left := data.n_obs - len(kept):
        say(f"note: {left:,} samples of {name!r} are left out: they belong to no row of {match!r}")
    found = data[kept].copy()
    found.obs = found.obs.assign(**{SAMPLE_ID: kept})
    found.obs_names = [rows[each] for each in kept]
    return found
