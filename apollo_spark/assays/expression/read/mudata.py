"""Several assays of one dataset as MuData: an AnnData each, and what is known of all their rows."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from apollo_spark.export.packages import need_package

if TYPE_CHECKING:
    import pandas as pd


def own_columns() -> AbstractContextManager[Any]:
    """Have MuData copy no columns of modalities under other names into its own.

    Raises:
        EnvironmentProblemError: The package mudata is not installed.
    """
    found: AbstractContextManager[Any] = need_package("mudata").set_options(pull_on_update=False)
    return found


def to_mudata(assays: Mapping[str, Any], shared: Collection[str] | None = None) -> Any:
    """Return MuData whose modalities are assays, each an AnnData, by name.

    Its rows are the rows of all of them, each once. Its own `obs` has the columns of all; where
    several have one, a row has its value in the first of them. A feature id that is in several
    assays makes the features of all of them `ASSAY:ID`, with the id in `var["feature_id"]`.

    Args:
        assays: The modalities; rows of one name are one row.
        shared: The entities whose fields all samples of a row share, where rows are no samples.
            Other columns are those of one sample, and are named `ASSAY:COLUMN`.

    Raises:
        EnvironmentProblemError: The package mudata is not installed.
    """
    mudata = need_package("mudata")
    _distinguish_features(assays)
    with own_columns():
        found = mudata.MuData(dict(assays))
        frames = list(_frames(assays, shared))
        found.obs = _joined(frames, list(found.obs_names))
    return found


def _distinguish_features(assays: Mapping[str, Any]) -> None:
    times = Counter(each for data in assays.values() for each in data.var_names)
    if all(each == 1 for each in times.values()):
        return
    for name, data in assays.items():
        data.var["feature_id"] = list(data.var_names)
        data.var_names = [f"{name}:{each}" for each in data.var_names]


def _frames(assays: Mapping[str, Any], shared: Collection[str] | None) -> "Iterator[pd.DataFrame]":
    """Yield what is known of the rows of each assay, with the columns' names in the whole."""
    for name, data in assays.items():
        own = () if shared is None else data.obs.columns
        titles = {each: f"{name}:{each}" for each in own if not _is_of(each, shared or ())}
        yield data.obs.set_axis([titles.get(each, each) for each in data.obs.columns], axis=1)


def _is_of(name: str, entities: Collection[str]) -> bool:
    entity, dot, _ = name.partition(".")
    return bool(dot) and entity in entities


def _joined(frames: Sequence["pd.DataFrame"], rows: Sequence[str]) -> "pd.DataFrame":
    """Return the columns of all frames; a row in several has the values of the first."""
    pd = need_package("pandas")
    columns: dict[str, list[Any]] = {}
    for frame in frames:
        for name, own in frame.items():
            columns.setdefault(str(name), []).append(own)
    joined = {name: _one(pd, its).reindex(rows) for name, its in columns.items()}
    return pd.DataFrame(joined, index=pd.Index(rows, name=frames[0].index.name))


def _one(pd: Any, columns: Sequence[Any]) -> Any:
    """Return one column with the rows of several, each once."""
    first = columns[0]
    seen = set(first.index)
    others = []
    for each in columns[1:]:
        others.append(each[[row not in seen for row in each.index]])
        seen.update(each.index)
    if not any(map(len, others)):
        return first
    if not isinstance(first.dtype, pd.CategoricalDtype):
        return pd.concat([first, *others])
    names = dict.fromkeys(name for each in columns for name in each.cat.categories)
    known = [each.cat.set_categories(list(names)) for each in (first, *others)]
    return pd.concat(known)
