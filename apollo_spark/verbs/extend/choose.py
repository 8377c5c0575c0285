"""Extend a dataset with clinical files: new fields of an entity, new rows, or a new entity.

Nothing stored is written again but small tables of earlier extensions: see `column_groups`.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from apollo_spark.errors import NotFoundError, UsageError
from apollo_spark.lake.lake import Lake
from apollo_spark.model.base import Record
from apollo_spark.model.dataset import DatasetRecord
from apollo_spark.model.dictionary import DataDictionary, Entity
from apollo_spark.model.findings import refusing
from apollo_spark.model.names import parse_reference, require_dataset_name
from apollo_spark.operations.file_operation import FileOperation
from apollo_spark.operations.outcome import Outcome
from apollo_spark.operations.requests.extend import ClinicalExtension, ClinicalMode
from apollo_spark.operations.work import Draft, Planned, Work
from apollo_spark.sources.header_check import list_numbers
from apollo_spark.sources.suggest import did_you_mean
from apollo_spark.verbs.extend.add import AddData
from apollo_spark.verbs.extend.entity import AddedEntity
from apollo_spark.verbs.extend.fields import AddedFields
from apollo_spark.verbs.extend.files import AddedFiles, read_files
from apollo_spark.verbs.extend.plan import plan_extension
from apollo_spark.verbs.extend.repeated import find_repeated_data
from apollo_spark.verbs.extend.rows.extend import ExtendRows

Show = Callable[[str], None]


class ExtendClinical(FileOperation[ClinicalExtension, Any, Record]):
    """Publish the next version of a dataset with what files add, or say that it is there already.

    The entity and the columns of the files say what they add: fields, an entity, or rows.
    """

    verb = "extend"
    _chosen: FileOperation[ClinicalExtension, Any, Any]

    def plan(self, scratch: Path) -> Planned[Any]:
        """Choose what is added, and plan that.

        Raises:
            UsageError: The options contradict each other.
            NotFoundError: There is no such dataset or entity.
            ConflictError: A name is taken.
        """
        context, request = self.context, self.request
        lake = context.lake
        base = _find_base(lake, request)
        dictionary = lake.load_dictionary(base)
        entities = tuple(dict.fromkeys(_spelled(each, dictionary) for each, _ in request.data))
        files = None
        if not request.delete and request.mode != "rows" and len(entities) == 1:
            block_bytes = context.settings.block_bytes
            files = read_files(request, entities[0], str(base), block_bytes=block_bytes)
            found = find_repeated_data(
                lake, request, entities[0], lambda: files.fingerprint, known=base
            )
            if found is not None and not files.findings:
                return Planned(None, repeat=found)
        mode = choose_mode(request, dictionary, files, base, context.say)
        if mode == "rows" or files is None:
            self._chosen = ExtendRows(context, request)
        else:
            _require_entity(files.entity, dictionary, mode, base)
            planned = plan_extension(
                lake,
                base,
                files,
                mode,
                show=context.say,
                max_columns=context.settings.max_columns,
            )
            kind = AddedFields if mode == "fields" else AddedEntity
            self._chosen = AddData(context, request, planned, kind)
        return self._chosen.plan(scratch)

    def find_repeat(self, plan: Any, base: DatasetRecord | None) -> Outcome[Record] | None:
        """Recognise the same extension."""
        return self._chosen.find_repeat(plan, base)

    def renew(self, work: Work[Any]) -> Work[Any]:
        """Return the work on the version that is there now."""
        return self._chosen.renew(work)

    def act(self, work: Work[Any]) -> Draft[Record]:
        """Write and check what is added."""
        return self._chosen.act(work)

    def operation_of(self, plan: Any) -> str:
        """Return what the lineage calls it."""
        return self._chosen.operation_of(plan)

    def coded_cells(self, plan: Any) -> tuple[DataDictionary, str | None] | None:
        """Return the dictionary of the cells that are read."""
        return self._chosen.coded_cells(plan)


def _find_base(lake: Lake, request: ClinicalExtension) -> DatasetRecord:
    """Return the version that is extended."""
    if not request.data and not request.delete:
        raise UsageError("Nothing is given to extend with.", fix="Add --data ENTITY=FILE.")
    if request.codings is not None and request.dictionary is None:
        raise UsageError(
            "Codings without a dictionary describe nothing.", fix="Add --dictionary F."
        )
    _require_inference(request)
    require_dataset_name(request.published_name)
    reference = parse_reference(request.name)
    base = lake.load_record(reference)
    is_named = reference.version is not None or reference.before is not None
    if is_named and not request.is_copy and not _is_newest(lake, base):
        raise UsageError(
            f"{base} is not the newest version of {base.name!r}.",
            fix="Extend the newest version, or publish the result under another name with --as.",
        )
    return base


def _require_inference(request: ClinicalExtension) -> None:
    """Refuse words about inferred codings where nothing is inferred, or that contradict."""
    if request.no_codings and request.codings_of is not None:
        raise UsageError("--no-codings and --codings-of do not go together.")
    if request.categories.asked is None:
        return
    option = "--no-codings" if request.no_codings else "--codings-of"
    if request.dictionary is not None:
        raise UsageError(
            f"{option} and --dictionary do not go together.",
            why="The dictionary says which fields have codings.",
        )
    if request.delete or request.mode == "rows":
        raise UsageError(
            f"{option} says nothing about rows of an entity that is there.",
            why="Their fields are known.",
        )


def _is_newest(lake: Lake, record: DatasetRecord) -> bool:
    newest = lake.registry.snapshot().newest_of(record.name)
    return newest is not None and newest.id == record.id


def choose_mode(
    request: ClinicalExtension,
    dictionary: DataDictionary,
    files: AddedFiles | None,
    base: DatasetRecord,
    show: Show,
) -> ClinicalMode:
    """Return what the files add, by their entity and columns.

    Args:
        request: The options.
        dictionary: The dictionary of the base.
        files: The files of one entity; None for those of several, or for keys to delete.
        base: The version that is extended.
        show: Shows what was chosen, and why.

    Raises:
        UsageError: The mode that is asked for does not go with the other options.
    """
    if files is None and request.mode not in (None, "rows"):
        raise UsageError(
            f"Mode {request.mode} takes the files of one entity, and no keys to delete.",
            fix="Extend one entity after the other.",
        )
    if request.mode is not None or files is None:
        return request.mode or "rows"
    entity = dictionary.find_entity(files.entity)
    new = _new_columns(entity, files) if entity else ()
    mode: ClinicalMode
    if entity is None:
        mode, why = "entity", f"{base} has no entity '{files.entity}'"
    elif entity.primary_key is not None and not files.has_key_of(entity):
        # What comes first may be a row, whose values must not be shown.
        mode, why = "fields", f"the files have no column '{entity.primary_key}'"
    elif new:
        mode, why = "fields", f"{_no_fields(new)} of entity '{entity.name}'"
    elif not files.headers:
        mode, why = "fields", "no file can be read"
    else:
        mode, why = "rows", f"every column is a field of entity '{entity.name}'"
    if not refusing(files.findings):
        # What cannot be read has no columns to go by.
        show(f"mode {mode}: {why}")
    return mode


def _new_columns(entity: Entity, files: AddedFiles) -> tuple[int, ...]:
    """Return the numbers of the columns that are not fields; their names may be a row's values."""
    known = {name.lower() for each in entity.fields for name in (each.name, each.header)}
    numbers = (
        number
        for header in files.headers.values()
        for number, name in enumerate(header.names, start=1)
        if name.lower() not in known
    )
    return tuple(sorted(set(numbers)))


def _no_fields(numbers: tuple[int, ...]) -> str:
    return f"{list_numbers(numbers)} {'is not a field' if len(numbers) == 1 else 'are not fields'}"


def _spelled(name: str, dictionary: DataDictionary) -> str:
    """Return the name of an entity as the dictionary spells it: case makes no other name."""
    known = {each.name.lower(): each.name for each in dictionary.entities}
    return known.get(name.lower(), name)


def _require_entity(
    name: str, dictionary: DataDictionary, mode: ClinicalMode, base: DatasetRecord
) -> None:
    """Require an entity with a key for new fields."""
    entity = dictionary.find_entity(name)
    if mode != "fields":
        return
    if entity is None:
        names = () if base.hides else tuple(each.name for each in dictionary.entities)
        raise NotFoundError(f"{base} has no entity {name!r}{did_you_mean(name, names)}.")
    if entity.primary_key is None:
        raise UsageError(
            f"The rows of entity {name!r} have no key.",
            why="Fields are added to a row by its key.",
            fix="Load the entity with a key, or add the rows as an entity of their own.",
        )
