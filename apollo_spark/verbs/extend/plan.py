"""Plan new fields of an entity or a new entity: what can be refused before anything is written."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from apollo_spark.export.dictionary_csv import CODINGS, DATA_DICTIONARY, write_dictionary
from apollo_spark.ingest.plan import ClinicalPlan, PlannedEntity, PlannedRows
from apollo_spark.lake.lake import Lake
from apollo_spark.model.dataset import DatasetRecord
from apollo_spark.model.dictionary import DataDictionary, DictionaryExtension, Entity
from apollo_spark.model.findings import refusing
from apollo_spark.model.policy import Policy
from apollo_spark.model.record import InputFile
from apollo_spark.model.rules import Severity
from apollo_spark.records.changes.extension import added_dictionary
from apollo_spark.records.content import Content
from apollo_spark.tables.layout import entity_spec
from apollo_spark.verbs.extend.files import AddedFiles
from apollo_spark.verbs.extend.reading import ExtensionReading

KEY_UNMATCHED = "key_unmatched"

Show = Callable[[str], None]


@dataclass(frozen=True)
class ExtensionPlan:
    """An extension that may start: nothing found so far refuses it.

    Attributes:
        base: The version that is extended.
        content: What it says.
        extension: What is added.
        mode: Fields of an entity, or an entity.
        clinical: The rows, as a load plans them: of the added columns alone.
        max_columns: Most columns of a table.
        notes: What was decided about columns, and the option that decides otherwise.
    """

    base: DatasetRecord
    content: Content
    extension: DictionaryExtension
    mode: Literal["fields", "entity"]
    clinical: ClinicalPlan
    max_columns: int
    notes: tuple[str, ...] = ()

    @property
    def entity(self) -> Entity:
        """The added columns."""
        return self.extension.entity

    @property
    def coded_cells(self) -> tuple[DataDictionary, str | None]:
        """The dictionary of the cells that are read, and the entity they are of."""
        return added_dictionary(self.content.dictionary, self.extension), self.entity.name

    @property
    def joined_entity(self) -> Entity:
        """The entity with what it had and what is added."""
        found = added_dictionary(self.content.dictionary, self.extension).find_entity(
            self.entity.name
        )
        assert found is not None, "what is added is of this entity"
        return found

    @property
    def policy(self) -> Policy:
        """What each rule does."""
        return self.clinical.policy

    @property
    def parents(self) -> tuple[str, ...]:
        """The version that is extended."""
        return (str(self.base),)

    @property
    def inputs(self) -> tuple[InputFile, ...]:
        """The files that are read."""
        return self.clinical.inputs

    @property
    def parameters(self) -> tuple[tuple[str, str], ...]:
        """What else decides the result."""
        return self.clinical.parameters

    @property
    def fingerprint(self) -> str:
        """The same for the same extension by the same inputs."""
        return self.clinical.fingerprint


@dataclass(frozen=True)
class PlannedExtension(PlannedRows[ExtensionPlan]):
    """A plan, or None where the findings refuse it; `again` plans the same on another version.

    `readable` are the rows as a load of them, None where it is not known what they should hold.
    `tell` shows what was inferred: names of columns may be cells of people until all is checked.
    """

    again: Callable[[DatasetRecord], "PlannedExtension"] = field(kw_only=True)
    tell: Callable[[], None] = lambda: None


def plan_extension(
    lake: Lake,
    base: DatasetRecord,
    files: AddedFiles,
    mode: Literal["fields", "entity"],
    *,
    show: Show,
    max_columns: int,
) -> PlannedExtension:
    """Read or infer what is added, and check it against what is there.

    Args:
        lake: Where the base is.
        base: The version that is extended.
        files: The files.
        mode: What they add.
        show: Shows an inferred dictionary to people, once its rows are found right.
        max_columns: Most columns of a table.
    """
    content = lake.load_content(base)
    reading = ExtensionReading(content.dictionary, files, mode)
    extension, findings = reading.read()
    policy = _without_warnings(files.policy)

    def again(newer: DatasetRecord) -> PlannedExtension:
        return plan_extension(lake, newer, files, mode, show=show, max_columns=max_columns)

    if extension is None:
        return PlannedExtension(None, policy, findings, again=again)
    clinical = _clinical_plan(content.dictionary, extension, files, policy)
    plan = ExtensionPlan(base, content, extension, mode, clinical, max_columns, reading.notes)
    # Two columns of one name cannot be written, wherever that is.
    is_readable = all(each.rule != "field_repeated" for each in findings)

    def tell() -> None:
        if plan.extension.is_inferred and files.fits_its_rows:
            show(_as_csv(plan.extension, content.dictionary.main_entity))

    return PlannedExtension(
        None if refusing(findings) else plan,
        policy,
        findings,
        again=again,
        readable=clinical if is_readable else None,
        tell=tell,
    )


def _without_warnings(policy: Policy) -> Policy:
    """A row of fields without its row of the entity is refused or left out: it cannot be kept."""
    if policy.severity_of(KEY_UNMATCHED) is not Severity.WARN:
        return policy
    others = tuple(each for each in policy.severities if each[0] != KEY_UNMATCHED)
    return Policy(severities=(*others, (KEY_UNMATCHED, Severity.QUARANTINE)))


def _as_csv(extension: DictionaryExtension, main_entity: str) -> str:
    """Return an inferred dictionary, and its codings, as the csv files that could be given."""
    dictionary = DataDictionary(
        main_entity=main_entity,
        entities=(extension.entity,),
        relations=extension.relations,
        codings=extension.codings,
    )
    files = write_dictionary(dictionary)
    titles = {DATA_DICTIONARY: "inferred dictionary", CODINGS: "inferred codings"}
    shown = [f"{title}:\n{files[name]}" for name, title in titles.items() if name in files]
    return "".join(shown).rstrip("\n")


def _clinical_plan(
    base: DataDictionary, extension: DictionaryExtension, files: AddedFiles, policy: Policy
) -> ClinicalPlan:
    joined = added_dictionary(base, extension)
    spec = entity_spec(joined, extension.entity, missing=files.request.missing)
    own = DataDictionary(
        main_entity=extension.entity.name,
        entities=(extension.entity,),
        # What refers to other entities is asked where their rows are.
        relations=(),
        codings=joined.codings,
    )
    return ClinicalPlan(
        dictionary=own,
        policy=policy,
        entities=(PlannedEntity(spec=spec, files=files.files, blocks=files.blocks),),
        inputs=files.inputs,
        parameters=files.parameters,
        fingerprint=files.fingerprint,
    )
