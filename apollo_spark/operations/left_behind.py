"""Say what was added to a dataset, where its name is given to something else."""

from apollo_spark.lake.lake import Lake
from apollo_spark.model.dataset import DatasetRecord
from apollo_spark.model.dictionary import DataDictionary
from apollo_spark.model.receipt import SchemaDiff
from apollo_spark.records.content import Content
from apollo_spark.records.diff import describe_lost


def left_behind(lake: Lake, name: str, after: DataDictionary) -> tuple[str, ...]:
    """Return a note on what the newest version of a name was extended by and the next one lacks.

    What it reads of other datasets is not reported: a view may show less on purpose.

    Args:
        lake: The lake.
        name: The name that is published under.
        after: The data dictionary of the next version.
    """
    base = lake.newest(name, DatasetRecord)
    if base is None:
        return ()
    entities, fields = _own_names(lake.load_content(base), base.name)
    kept = {entity.name: {each.name for each in entity.fields} for entity in after.entities}
    lost = SchemaDiff(
        entities_removed=tuple(each for each in entities if each not in kept),
        fields_removed=tuple(
            f"{entity}.{field}" for entity, field in fields if field not in kept.get(entity, ())
        ),
    )
    note = describe_lost(str(base), lost, ())
    return () if note is None else (note,)


def _own_names(content: Content, dataset: str) -> tuple[list[str], list[tuple[str, str]]]:
    """Return the entities, and the entities and fields, that are in the dataset's own tables."""
    own = {pin.table for pin in content.pins if pin.is_of(dataset)}
    entities, fields = [], []
    for each in content.dictionary.entities:
        first, *others = content.tables_of(each.name)
        if first.table in own:
            entities.append(each.name)
        for part in others:
            if part.table in own:
                fields += [(each.name, field) for field in part.fields or ()]
    return entities, fields
