"""What made a version out of others, as a value: it can be shown, planned and done again.

Loads are not among them: what they read are files, which the lineage names.
"""

import operator
from typing import Annotated, Literal

from pydantic import Field

from apollo_spark.model.base import Record
from apollo_spark.model.cohort import CohortStep
from apollo_spark.model.names import MemberName


class FieldLink(Record):
    """A field of a source that holds the values of a field of a target."""

    source_entity: MemberName
    source_field: MemberName
    target_entity: MemberName
    target_field: MemberName

    def __str__(self) -> str:
        """Return the link as the option `--link` writes it."""
        source = f"{self.source_entity}.{self.source_field}"
        return f"{source}={self.target_entity}.{self.target_field}"


class ClashRule(Record):
    """What happens to names that both datasets have: refused, joined, prefixed, or the last two.

    Entities of one name become one entity where they are joined; a prefix renames what is left.
    """

    is_joined: bool = False
    prefix: MemberName | None = None


class ClinicalMerge(Record):
    """The entities of a source joined to those of a target, whose main entity stays main."""

    kind: Literal["merge clinical"] = "merge clinical"
    source: str
    target: str
    link: FieldLink
    relationship: Literal["one_to_one", "many_to_one", "one_to_many"]
    on_clash: ClashRule = ClashRule()


class AssayMerge(Record):
    """An assay of a source joined to an entity of a target, under `name` where it is given.

    The samples' own fields come along as an entity where `brings_samples` says so, all of them or
    `sample_fields`; merges published before there was that did not bring them.
    """

    kind: Literal["merge assay"] = "merge assay"
    source: str
    target: str
    assay: MemberName
    name: MemberName | None = None
    entity: MemberName
    field: MemberName
    is_linked_by_file: bool = False
    brings_samples: bool = False
    sample_fields: tuple[MemberName, ...] | None = None


class ViewChange(Record):
    """Fewer entities, fields, assays or rows of one dataset; None keeps all of a kind.

    Rows are those that fulfil a filter or, where there are `members`, those of a cohort: how that
    is made is kept here by value, and `rows` says it to people.
    """

    kind: Literal["view"] = "view"
    base: str
    entities: tuple[MemberName, ...] | None = None
    fields: tuple[str, ...] | None = None
    assays: tuple[MemberName, ...] | None = None
    rows: str | None = None
    members: Annotated[tuple[CohortStep, ...], Field(exclude_if=operator.not_)] = ()


class Extension(Record):
    """Something added to the version before, in tables of the dataset's own.

    `member` is the entity or the assay that was extended; a compaction has none, because it
    leaves the content of all of them as it was.
    """

    kind: Literal["extend"] = "extend"
    base: str
    mode: Literal["fields", "rows", "entity", "assay", "compact"]
    member: MemberName | None = None


Change = Annotated[ClinicalMerge | AssayMerge | ViewChange | Extension, Field(discriminator="kind")]
