"""What a change was made of, and the same change of other versions."""

from collections.abc import Mapping

from apollo_spark.model.change import AssayMerge, Change, ClinicalMerge, Extension


def parents_of(change: Change) -> tuple[str, ...]:
    """Return the versions that a change was made of, as `name@version`."""
    if isinstance(change, ClinicalMerge | AssayMerge):
        return (change.source, change.target)
    return (change.base,)


def with_parents(change: Change, moved: Mapping[str, str]) -> Change:
    """Return a change of other versions.

    Args:
        change: The change.
        moved: The new `name@version` by the old one; others stay.
    """
    if isinstance(change, ClinicalMerge | AssayMerge):
        return change.model_copy(
            update={
                "source": moved.get(change.source, change.source),
                "target": moved.get(change.target, change.target),
            }
        )
    return change.model_copy(update={"base": moved.get(change.base, change.base)})


def is_root(name: str, change: Change) -> bool:
    """Whether a version of a name was made of other datasets, and not of its own version before."""
    if not isinstance(change, Extension):
        return True
    # A copy under another name.
    return change.base.partition("@")[0].casefold() != name.casefold()
