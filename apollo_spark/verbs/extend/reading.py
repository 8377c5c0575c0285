"""Read or infer what files add to a dictionary, and find what is wrong with it."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from apollo_spark.engines.tasks import LocalTaskRunner
from apollo_spark.ingest.plan import under_policy
from apollo_spark.ingest.spelled import look_at_spellings
from apollo_spark.model.dictionary import DataDictionary, DictionaryExtension, Entity
from apollo_spark.model.findings import Finding, refusing
from apollo_spark.model.names import find_name_problem
from apollo_spark.sources.dictionary.added import read_extension
from apollo_spark.sources.findings import finding_of
from apollo_spark.sources.header_check import check_header, list_numbers
from apollo_spark.sources.inference.fields import (
    infer_entity,
    infer_fields,
    key_field,
    make_names,
)
from apollo_spark.sources.inference.infer import ColumnFacts, InferTask, run_infer
from apollo_spark.sources.inference.notes import notes_of_inference
from apollo_spark.verbs.extend.files import AddedFiles
from apollo_spark.verbs.extend.joins import find_no_rows, find_unjoined


@dataclass(frozen=True)
class ExtensionReading:
    """Reads what files add to a dictionary."""

    base: DataDictionary
    files: AddedFiles
    mode: Literal["fields", "entity"]
    _notes: list[str] = field(default_factory=list)

    @property
    def notes(self) -> tuple[str, ...]:
        """What was decided while reading."""
        return tuple(self._notes)

    def read(self) -> tuple[DictionaryExtension | None, tuple[Finding, ...]]:
        """Return what is added, and all that is wrong with it so far."""
        found = tuple(under_policy(self.files.policy, each) for each in self.files.findings)
        if self.mode == "entity" and self._base_entity is not None:
            message = f"entity '{self.files.entity}' is in the dataset already"
            clash = finding_of("entity_present", message, entity=self.files.entity)
            return None, (*found, clash)
        if self.files.request.dictionary is None:
            if not self.files.headers:
                # Nothing says what is added: no policy does without.
                return None, self.files.findings
            lost = self._find_lost()
            if refusing(lost):
                return None, (*found, *lost)
            found += lost
            extension: DictionaryExtension | None = self._infer()
            described = tuple(self._check_inferred(extension)) if extension else ()
        else:
            extension, described = self._read_dictionary()
        if extension is not None:
            described += tuple(self._check_columns(extension))
            found += tuple(
                under_policy(self.files.policy, finding)
                for file, header in self.files.headers.items()
                for finding in check_header(file, header, extension.entity)
            )
        return extension, (*described, *found)

    @property
    def _base_entity(self) -> Entity | None:
        return self.base.find_entity(self.files.entity)

    def _read_dictionary(self) -> tuple[DictionaryExtension | None, tuple[Finding, ...]]:
        request = self.files.request
        codings = Path(request.codings) if request.codings else None
        reading = read_extension(
            Path(str(request.dictionary)),
            codings,
            self.base,
            self.files.entity,
            policy=self.files.policy,
        )
        extension = reading.extension
        if self.mode == "fields" and extension is not None and self._base_entity is not None:
            key = key_field(self._base_entity, self.files.columns, reading.key_column)
            fields = (key, *extension.entity.fields)
            entity = extension.entity.model_copy(update={"primary_key": key.name, "fields": fields})
            extension = replace(extension, entity=entity)
        return extension, reading.findings

    def _find_lost(self) -> tuple[Finding, ...]:
        """Find that no column joins the rows; where that does not refuse, that there is no row."""
        is_new = self.mode == "entity"
        unjoined = find_unjoined(self.base, self.files, self._base_entity, is_new=is_new)
        if unjoined is not None and refusing([unjoined]):
            return (unjoined,)
        return tuple(filter(None, (unjoined, find_no_rows(self.files))))

    def _infer(self) -> DictionaryExtension:
        facts = self._facts()
        categories = self.files.request.categories
        if self.mode == "fields" and self._base_entity is not None:
            extension = infer_fields(self._base_entity, self.base, facts, categories)
        else:
            extension = infer_entity(self.files.entity, self.base, facts, categories)
        self._notes.extend(notes_of_inference(extension, facts))
        return extension

    def _facts(self) -> dict[str, ColumnFacts]:
        """Read all files once, a block at a time."""
        missing = self.files.request.missing
        names = make_names(self.files.columns, self._taken)
        coded = self.files.request.categories.columns(names)
        tasks = [
            InferTask(each, tuple(dict.fromkeys(each.file.header)), missing, coded)
            for each in self.files.blocks
        ]
        found = dict.fromkeys(self.files.columns, ColumnFacts())
        for facts in LocalTaskRunner().run(run_infer, tasks):
            for name, each in facts.items():
                found[name] += each
        return {**found, **look_at_spellings(found, self.files.blocks, missing)}

    @property
    def _taken(self) -> tuple[str, ...]:
        entity = self._base_entity
        return () if entity is None else tuple(each.name for each in entity.fields)

    def _check_inferred(self, extension: DictionaryExtension) -> Iterator[Finding]:
        """Find names that are taken, and an entity that nothing joins."""
        name = self.files.entity
        if self.mode == "entity":
            problem = find_name_problem(name)
            if problem:
                yield finding_of("entity_name", f"entity '{name}': {problem}", entity=name)
        taken = (
            {each.name.lower() for each in self._base_entity.fields} if self._base_entity else ()
        )
        seen: dict[str, str] = {}
        for spec in extension.fields:
            known = seen.setdefault(spec.name.lower(), spec.name)
            if spec.name.lower() in taken:
                message = f"field '{name}.{spec.name}' is in the dataset already"
                yield finding_of("field_present", message, entity=name, column=spec.header)
            elif known != spec.name:
                numbers = [
                    self.files.columns.index(each) + 1
                    for each in (spec.header, known)
                    if each in self.files.columns
                ]
                message = f"{list_numbers(sorted(numbers))} are one name: case makes no other"
                yield finding_of("field_repeated", message, entity=name)

    def _check_columns(self, extension: DictionaryExtension) -> Iterator[Finding]:
        """Find that nothing is added."""
        if not extension.fields:
            message = "there is no column beside the key"
            yield finding_of("header_missing_column", message, entity=self.files.entity)
