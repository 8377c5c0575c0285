"""Fields of the samples of an assay: a table beside the matrix, loaded as clinical files are."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from apollo_spark.assays.expression.sources.ids.lookalikes import look_like
from apollo_spark.errors import UsageError
from apollo_spark.ingest.check import PLACES, CheckResult, add_faults, check_tables
from apollo_spark.ingest.leaving_out import Checked, LeftOut, count_lines, leave_out
from apollo_spark.ingest.plan import (
    ClinicalLoad,
    ClinicalPlan,
    PlannedRows,
    plan_clinical_load,
)
from apollo_spark.ingest.withdrawn_rows import WITHDRAWN, lines_of
from apollo_spark.ingest.write import (
    Excluded,
    KeySets,
    WrittenEntity,
    quarantined_rows,
    write_entities,
)
from apollo_spark.lake.publishing import Publication
from apollo_spark.lake.tables.draft import TableDraft
from apollo_spark.model.dictionary import DataDictionary, Entity
from apollo_spark.model.field import FieldSpec, FieldType
from apollo_spark.model.findings import Finding, Place, refusing
from apollo_spark.model.pin import TablePin
from apollo_spark.model.policy import Policy
from apollo_spark.model.receipt import EntityReceipt
from apollo_spark.operations.engines import LoadEngines
from apollo_spark.operations.report import RawRows
from apollo_spark.sources.dictionary.read import read_dictionary
from apollo_spark.sources.findings import finding_of
from apollo_spark.tables.keys import KeyCheck
from apollo_spark.tables.layout import arrow_schema
from apollo_spark.workers.values.hashing import hash_table

SAMPLE = "sample"
BARE_DICTIONARY = DataDictionary(
    main_entity=SAMPLE,
    entities=(
        Entity(
            name=SAMPLE,
            primary_key="sample_id",
            title="Samples",
            fields=(FieldSpec(name="sample_id", type=FieldType.STRING, title="Sample"),),
        ),
    ),
    relations=(),
    codings=(),
)
"""The samples of an assay of which nothing but the ids is known."""


def plan_sample_fields(request: ClinicalLoad, *, block_bytes: int) -> PlannedRows[ClinicalPlan]:
    """Plan the table of an assay's samples.

    Args:
        request: Its dictionary, codings and files, as for a clinical load.
        block_bytes: Bytes of an input file that one task reads.

    Raises:
        DictionaryError: The policy file breaks its rules.
    """
    assert request.dictionary is not None, "fields of samples have a dictionary"
    codings = Path(request.codings) if request.codings else None
    reading = read_dictionary(Path(request.dictionary), codings, None)
    wrong = _find_others(reading.dictionary, request.dictionary) if reading.dictionary else ()
    if wrong:
        return PlannedRows(plan=None, policy=Policy(), findings=(*reading.findings, *wrong))
    return plan_clinical_load(request, block_bytes=block_bytes)


def _find_others(dictionary: DataDictionary, file: str) -> tuple[Finding, ...]:
    """Find what the dictionary of samples must not have; a sample's id is text."""
    others = [each.name for each in dictionary.entities if each.name != SAMPLE]
    sample = dictionary.find_entity(SAMPLE)
    key = sample.find_field(sample.primary_key or "") if sample else None
    if others or sample is None:
        text = f"the entities must be '{SAMPLE}' alone, and are {_join(dictionary)}"
    elif key is None or key.type is not FieldType.STRING or key.is_multi_select:
        text = "the key of the samples must be of type string"
    else:
        return ()
    return (finding_of("sample_entity", text, file=Path(file).name),)


def _join(dictionary: DataDictionary) -> str:
    return ", ".join(f"'{each.name}'" for each in dictionary.entities)


def require_both(dictionary: str | None, codings: str | None, data: Sequence[object]) -> None:
    """Require that the options of a sample table are given together.

    Raises:
        UsageError: One of them lacks another.
    """
    if (dictionary is None) != (not data) or (codings is not None and dictionary is None):
        raise UsageError(
            "Fields of samples need a dictionary and a table.",
            fix="Give --dictionary F and --data sample=FILE, or neither.",
        )


@dataclass(frozen=True)
class SampleRows:
    """The table of samples that was written.

    Attributes:
        pin: What was written; None where the findings refuse it.
        findings: All that was found in its files.
        receipt: What became of the rows.
        without_row: Samples of the assay that the table lacks; all their fields are missing.
        left_out: Rows that the policy left out.
        withdrawn: Lines of withdrawn samples.
    """

    pin: TablePin | None
    findings: tuple[Finding, ...]
    receipt: EntityReceipt
    without_row: int = 0
    left_out: RawRows = field(default_factory=dict)
    withdrawn: Excluded = field(default_factory=dict)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know of the withdrawn: their number."""
        return LeftOut({}, self.withdrawn).notes


@dataclass(frozen=True)
class _Written:
    """The table as it was written, before it is checked.

    Attributes:
        rows: What was written of the files.
        keys: The ids in them.
        lacking: Samples of the assay that have no row.
        pin: The table.
    """

    rows: WrittenEntity
    keys: pa.Array
    lacking: pa.Array
    pin: TablePin


@dataclass(frozen=True)
class SampleTable:
    """Writes the table of samples.

    Attributes:
        plan: Its files, as a clinical load plans them.
        publication: The load.
        engines: Who runs its tasks and checks.
        samples: The ids of the assay's samples.
        gone: Ids of samples that are withdrawn.
    """

    plan: ClinicalPlan
    publication: Publication
    engines: LoadEngines
    samples: Sequence[str]
    gone: pa.Array

    @property
    def entity(self) -> Entity:
        """The samples with their fields."""
        return self.plan.dictionary.entities[0]

    @property
    def _key(self) -> str:
        return str(self.entity.primary_key)

    def write(self) -> SampleRows:
        """Write and check rows, again without those that the policy leaves out."""
        draft = self.publication.table(SAMPLE)
        withdrawn = self._find_withdrawn(draft)

        def check(written: _Written, excluded: Excluded) -> CheckResult:
            return check_tables(
                self.plan,
                {SAMPLE: written.rows},
                {SAMPLE: written.pin},
                runner=self.engines.runner,
                engine=self.engines.engine,
                excluded=excluded,
                also=self._unknown(written.keys),
                withdrawn=withdrawn,
            )

        checked = leave_out(
            self._write_table(draft, {}),
            withdrawn=withdrawn,
            write=lambda lines, _: self._write_table(draft, lines),
            check=check,
            found=(),
            require=lambda _: None,
        )
        return self._result(checked)

    def _write_table(self, draft: TableDraft, excluded: Excluded) -> "_Written":
        rows, keys = self._write_rows(draft, excluded)
        lacking = pc.filter(pa.array(self.samples), _is_not_in(self.samples, keys))
        return _Written(rows, keys, lacking, self._commit(draft, rows, lacking))

    def _find_withdrawn(self, draft: TableDraft) -> Excluded:
        """Return the lines of samples that the assay lacks, and that are or look withdrawn."""
        if not len(self.gone):
            return {}
        _, keys = self._write_rows(draft, {})
        unknown = pc.filter(keys, _is_not_in(keys, self.samples)).drop_null().unique()
        hidden = look_like(unknown, self.gone)
        keys_hidden: KeySets = {(WITHDRAWN, self._key): hidden} if len(hidden) else {}
        return lines_of(self.engines.runner, self.plan.entities[0], keys_hidden, {})

    def _write_rows(self, draft: TableDraft, excluded: Excluded) -> tuple[WrittenEntity, pa.Array]:
        """Write the rows of the files, and return the ids in them."""
        self.publication.step("write sample fields")
        entities = write_entities(
            self.engines.runner,
            self.plan.entities,
            folder_of=lambda _: draft.folder,
            excluded=excluded,
        )
        ids = draft.read(entities[SAMPLE].files, pa.schema([(self._key, pa.string())]))
        return entities[SAMPLE], ids.column(0).combine_chunks()

    def _commit(self, draft: TableDraft, written: WrittenEntity, lacking: pa.Array) -> TablePin:
        """Commit the rows, and one without values for each sample that has none."""
        schema, files, content = arrow_schema(self.entity), list(written.files), written.content
        if len(lacking):
            columns = [
                lacking if each.name == self._key else pa.nulls(len(lacking), each.type)
                for each in schema
            ]
            table = pa.table(columns, schema=schema)
            files.append(draft.add(table))
            content += hash_table(table)
        draft.commit(files, schema)
        return draft.pin(content_hash=content.hex())

    def _unknown(self, keys: pa.Array) -> dict[str, dict[tuple[str, str], pa.Array]]:
        unknown = pc.filter(keys, _is_not_in(keys, self.samples)).drop_null().unique()
        alike = look_like(unknown, pa.array(self.samples, pa.string()))
        check = KeyCheck(
            rule="sample_unknown", entity=SAMPLE, column=self._key, target_entity=SAMPLE, message=""
        )
        found: KeySets = {}
        add_faults(found, check, unknown, alike, self.plan.policy)
        return {SAMPLE: found} if found else {}

    def _describe_lacking(self, lacking: pa.Array) -> tuple[Finding, ...]:
        if not len(lacking):
            return ()
        text = "samples have no row: their fields are missing"
        found = finding_of("sample_without_row", text, entity=SAMPLE, column=self._key)
        places = tuple(Place(line=None, value=each) for each in lacking[:PLACES].to_pylist())
        severity = self.plan.policy.severity_of(found.rule)
        changes = {"count": len(lacking), "places": places, "severity": severity}
        return (found.model_copy(update=changes),)

    def _result(self, checked: "Checked[_Written]") -> SampleRows:
        written, lines = checked.written, checked.left_out
        findings = (*checked.findings, *self._describe_lacking(written.lacking))
        stored = written.rows.content.rows
        gone = count_lines(lines.quarantined)
        is_refused = bool(refusing(findings))
        rows = {} if is_refused else self._read_left_out(lines.quarantined)
        return SampleRows(
            pin=None if is_refused else written.pin,
            findings=findings,
            receipt=EntityReceipt(
                entity=SAMPLE,
                files=len(self.plan.entities[0].files),
                rows_read=stored + gone + count_lines(lines.withdrawn),
                rows_stored=stored,
                rows_quarantined=gone,
            ),
            without_row=len(written.lacking),
            left_out=rows,
            withdrawn=lines.withdrawn,
        )

    def _read_left_out(self, excluded: Excluded) -> RawRows:
        return quarantined_rows(self.engines.runner, self.plan.entities, excluded)


def _is_not_in(ids: Sequence[str] | pa.Array, others: Sequence[str] | pa.Array) -> pa.Array:
    wanted = pa.array(others, pa.string())
    return pc.invert(pc.is_in(pa.array(ids, pa.string()), wanted))
