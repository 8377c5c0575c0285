"""Whether columns of added files join their rows to the dataset, and whether there are rows."""

from collections.abc import Iterable, Sequence

from apollo_spark.ingest.plan import under_policy
from apollo_spark.model.dictionary import DataDictionary, Entity
from apollo_spark.model.findings import Finding
from apollo_spark.sources.delimited import Header
from apollo_spark.sources.findings import finding_of
from apollo_spark.sources.inference.fields import find_reference
from apollo_spark.sources.text_options import advise, find_other
from apollo_spark.verbs.extend.files import AddedFiles


def find_unjoined(
    base: DataDictionary, files: AddedFiles, base_entity: Entity | None, *, is_new: bool
) -> Finding | None:
    """Find that no column joins the rows: then what comes first may be a row itself.

    Args:
        base: The dictionary of what is there.
        files: The files.
        base_entity: The entity that gets fields, None where there is none of that name.
        is_new: Whether an entity is added.
    """
    name = files.entity
    if is_new:
        if find_reference(base, files.columns) is not None:
            return None
        keys = [each.primary_key for each in base.entities if each.primary_key]
        message = f"no column of '{name}' is called like the key of an entity"
        message += _advise(files.headers.values(), keys)
        return under_policy(files.policy, finding_of("entity_unreachable", message, entity=name))
    if base_entity is None or files.has_key_of(base_entity):
        return None
    key = str(base_entity.primary_key)
    message = f"no column is called like the key '{key}'{_advise(files.headers.values(), [key])}"
    return finding_of("header_missing_column", message, entity=name)


def find_no_rows(files: AddedFiles) -> Finding | None:
    """Find that there is no row: of a header alone it is not known that it is one."""
    if files.has_rows:
        return None
    message = "there is no row below the header, and nothing can be inferred: give --dictionary"
    return finding_of("file_empty", message, entity=files.entity)


def _advise(headers: Iterable[Header], names: Sequence[str]) -> str:
    """Return by what the cells of a header are separated, where that is not what was taken."""
    for header in headers:
        other = find_other(header.text, names, header.delimiter)
        if other is not None:
            return f"; {advise(other)}"
    return ""
