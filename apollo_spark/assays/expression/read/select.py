"""Which features and samples of an assay a person means."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from sqlglot import exp

from apollo_spark.assays.expression.assay import (
    ExpressionAssay,
    LayerRecord,
    expression_assays,
)
from apollo_spark.assays.expression.query import (
    ALL_FEATURES,
    ANNOTATION,
    FeatureChoice,
    PairChoice,
    features_tree,
)
from apollo_spark.assays.expression.read.reader import AssayFiles
from apollo_spark.assays.expression.read.tile_index import NOT_WANTED
from apollo_spark.engines.base import Engine, TableFiles
from apollo_spark.engines.embedded import EmbeddedEngine
from apollo_spark.errors import NotFoundError
from apollo_spark.lake.opened import OpenDataset
from apollo_spark.model.assay import AssayRecord
from apollo_spark.model.pin import TablePin
from apollo_spark.query.assay_scope import shown_samples

NAMES_SHOWN = 10
"""Names of unknown features that a message shows; all are counted."""
MOST_INDEXES = 1_000
"""Features that a statement names by number; more are chosen by what they are."""


@dataclass(frozen=True)
class PairSelection:
    """Features and samples by their places in an assay, in the order of the answer.

    `notes` say what a person should know about the choice.
    """

    features: np.ndarray
    samples: np.ndarray
    notes: tuple[str, ...] = ()

    def sorted_by(self, feature_ids: pa.Array, sample_ids: pa.Array) -> "PairSelection":
        """Return the same in the order of the ids."""
        pairs = (feature_ids, self.features), (sample_ids, self.samples)
        orders = (pc.sort_indices(ids.take(pa.array(places))) for ids, places in pairs)
        features, samples = (
            places[order.to_numpy()] for order, (_, places) in zip(orders, pairs, strict=True)
        )
        return PairSelection(features, samples, self.notes)


@dataclass(frozen=True)
class OpenAssay:
    """An assay that is open for reading.

    `shown` asks for the ids of the samples that are shown; None where all of them are.
    """

    files: AssayFiles
    engine: Engine
    pins: Mapping[str, TablePin]
    shown: exp.Select | None


def open_assay(tables: TableFiles, opened: OpenDataset, assay: ExpressionAssay) -> OpenAssay:
    """Open an assay of an open dataset, with the samples that are shown."""
    engine = EmbeddedEngine(tables)
    tree = shown_samples(opened.scope, assay.as_record())

    def ids() -> pa.Array:
        assert tree is not None, "asked only where samples are hidden"
        return engine.run(tree, opened.pins).read_all().column(0).combine_chunks()

    files = AssayFiles(tables, opened.pins, assay, shown=None if tree is None else ids)
    return OpenAssay(files, engine, opened.pins, tree)


def find_assay(assays: Sequence[AssayRecord], name: str | None, dataset: str) -> ExpressionAssay:
    """Return the expression assay of a name, or the first one.

    Raises:
        NotFoundError: There is none.
    """
    own = expression_assays(assays)
    if not own:
        raise NotFoundError(f"{dataset} has no expression assay.")
    if name is None:
        return own[0]
    found = next((each for each in own if each.name == name), None)
    if found is None:
        known = ", ".join(each.name for each in own)
        raise NotFoundError(f"{dataset} has no assay {name!r}.", fix=f"It has {known}.")
    return found


def note_of_assay(
    assays: Sequence[AssayRecord], name: str | None, unit: str | None
) -> tuple[str, ...]:
    """Return which of several assays, and which of several units, answers where none is named."""
    own = expression_assays(assays)
    if not own:
        return ()
    chosen = find_assay(assays, name, "")
    notes = []
    if name is None and len(own) > 1:
        others = ", ".join(each.name for each in own[1:])
        notes.append(f"the assay {chosen.name} answers, of {len(own)}: --assay names another "
                     f"({others})")  # fmt: skip
    if unit is None and len(chosen.layers) > 1:
        others = ", ".join(each.unit for each in chosen.layers if each != chosen.default_layer)
        notes.append(f"the unit {chosen.default_layer.unit} answers, of {len(chosen.layers)}: "
                     f"--unit names another ({others})")  # fmt: skip
    return tuple(notes)


def find_layer(assay: ExpressionAssay, unit: str | None) -> LayerRecord:
    """Return the layer of a unit, or the one that answers when no unit is named.

    Raises:
        NotFoundError: The assay has no such unit.
    """
    if unit is None:
        return assay.default_layer
    found = assay.find_layer(unit)
    if found is None:
        known = ", ".join(each.unit for each in assay.layers)
        raise NotFoundError(f"The assay {assay.name} has no unit {unit!r}.", fix=f"It has {known}.")
    return found


def find_annotation(assay: OpenAssay, choice: FeatureChoice) -> pa.Table:
    """Return what is known about the chosen features, in the order of the assay."""
    reader = assay.engine.run(features_tree(assay.files.assay, choice), assay.pins)
    found = reader.read_all().rename_columns(list(ANNOTATION))
    if assay.shown is None:
        return found
    # What only hidden samples have is not there.
    ids = found.column("feature_id").cast(pa.string())
    return found.filter(pc.is_in(ids, value_set=assay.files.feature_ids))


def select_pairs(
    assay: OpenAssay,
    choice: FeatureChoice,
    samples: Sequence[str] | None,
    *,
    strict: bool,
) -> PairSelection:
    """Return the features and samples that are meant.

    Features and samples named by id come in the order of their names, each once; others in the
    order of the assay.

    Args:
        assay: The assay.
        choice: The features.
        samples: The samples; None is all of them.
        strict: Whether a name that is not in the assay is an error; else it is noted.

    Raises:
        NotFoundError: A name is not in the assay.
    """
    files = assay.files
    lost: list[str] = []
    notes: list[str] = []
    if choice == ALL_FEATURES:
        features = np.arange(len(files.feature_ids))
    elif choice.symbols is None and choice.locations is None:
        features = _known(files.find_features(_once(choice.ids or ())), choice.ids or (), lost)
    else:
        found = find_annotation(assay, choice)
        features = files.find_features(found.column("feature_id").to_pylist())
        notes += _notes_of_symbols(found, choice, lost)
    places = np.arange(len(files.sample_ids))
    if samples is not None:
        places = _known_samples(files, _once(samples), lost)
    if lost and strict:
        raise NotFoundError(
            f"The assay {files.assay.name} lacks what is asked for.\n" + "\n".join(lost)
        )
    return PairSelection(features, places, (*notes, *lost))


def as_pairs(
    assay: OpenAssay,
    selection: PairSelection,
    choice: FeatureChoice,
    samples: Sequence[str] | None,
    *,
    minimum: int | float | None = None,
    maximum: int | float | None = None,
) -> PairChoice:
    """Return a selection as a statement chooses, with the numbers by which it skips tiles."""
    files = assay.files
    few = choice != ALL_FEATURES and len(selection.features) <= MOST_INDEXES
    numbers = files.feature_numbers(selection.features) if few else None
    blocks = None if samples is None else files.blocks_of(selection.samples)
    return PairChoice(
        features=choice,
        feature_indexes=None if numbers is None else tuple(sorted(numbers.tolist())),
        samples=None if samples is None else tuple(_once(samples)),
        blocks=None if blocks is None else tuple(blocks.tolist()),
        minimum=minimum,
        maximum=maximum,
        shown=assay.shown,
    )


def _once(names: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(names))


def _known(places: np.ndarray, ids: Sequence[str], lost: list[str]) -> np.ndarray:
    unknown = [each for each, place in zip(_once(ids), places, strict=True) if place == NOT_WANTED]
    if unknown:
        lost.append(f"{len(unknown)} of {len(places)} feature ids are not there: {_some(unknown)}.")
    return _there(places)


def _known_samples(files: AssayFiles, ids: Sequence[str], lost: list[str]) -> np.ndarray:
    places = files.find_samples(ids)
    unknown = int((places == NOT_WANTED).sum())
    if unknown:
        # A sample id may name a person, so it is counted and not shown.
        lost.append(f"{unknown} of {len(ids)} sample ids are not there.")
    return _there(places)


def _there(places: np.ndarray) -> np.ndarray:
    found: np.ndarray = places[places != NOT_WANTED]
    return found


def _notes_of_symbols(found: pa.Table, choice: FeatureChoice, lost: list[str]) -> list[str]:
    if choice.symbols is None:
        return []
    times = Counter(found.column("symbol").to_pylist())
    unknown = [each for each in _once(choice.symbols) if each not in times]
    if unknown:
        lost.append(f"{len(unknown)} of {len(_once(choice.symbols))} symbols have no feature: "
                    f"{_some(unknown)}.")  # fmt: skip
    several = [f"{symbol} ({count})" for symbol, count in sorted(times.items()) if count > 1]
    if not several:
        return []
    return [f"{len(several)} symbols stand for several features, all returned: {_some(several)}."]


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMES_SHOWN} more" if len(names) > NAMES_SHOWN else ""
    return ", ".join(names[:NAMES_SHOWN]) + more
