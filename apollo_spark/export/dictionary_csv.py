"""Write a data dictionary back as the three csv files that describe it."""

import re
from collections.abc import Iterable, Iterator, Sequence

from apollo_spark.model.dictionary import DataDictionary, Entity, Relation
from apollo_spark.model.field import FieldSpec
from apollo_spark.sources.dictionary.columns import (
    CODE_OPTIONAL,
    CODE_REQUIRED,
    ENTITY_OPTIONAL,
    ENTITY_REQUIRED,
    FIELD_OPTIONAL,
    FIELD_OWN,
    FIELD_REQUIRED,
    FOLDER_SEPARATOR,
    FORMAT,
    OPEN_CODING,
    PARENT_CODE,
    SOURCE_COLUMN,
    YES,
)

DATA_DICTIONARY = "data_dictionary"
CODINGS = "codings"
ENTITY_DICTIONARY = "entity_dictionary"


def write_dictionary(dictionary: DataDictionary, *, delimiter: str = ",") -> dict[str, str]:
    """Return the text of each file by its kind; a file that would hold no row is left out.

    Kinds: `data_dictionary`, `codings`, `entity_dictionary`. Reading the files again gives an
    equal dictionary. Lines end with a line feed, and only cells that need quotes have them.
    """
    tables = {
        DATA_DICTIONARY: (_field_columns(dictionary), _field_rows(dictionary)),
        CODINGS: (_code_columns(dictionary), _code_rows(dictionary)),
        ENTITY_DICTIONARY: ((*ENTITY_REQUIRED, *ENTITY_OPTIONAL), _entity_rows(dictionary)),
    }
    texts = {kind: _to_text(*table, delimiter) for kind, table in tables.items()}
    return {kind: text for kind, text in texts.items() if text}


def _field_columns(dictionary: DataDictionary) -> tuple[str, ...]:
    described = [_describe(spec) for _, spec in dictionary.paths()]
    own = (each for each in FIELD_OWN if any(cells[each] for cells in described))
    return (*FIELD_REQUIRED, *sorted((*FIELD_OPTIONAL, *own)))


def _field_rows(dictionary: DataDictionary) -> Iterator[dict[str, str | None]]:
    relations = {(each.from_entity, each.from_field): each for each in dictionary.relations}
    for entity, spec in dictionary.paths():
        role = "global" if entity.name == dictionary.main_entity else "local"
        yield {
            "entity": entity.name,
            "name": spec.name,
            "type": str(spec.type),
            "primary_key_type": role if spec.name == entity.primary_key else None,
            **_describe(spec),
            **_refer(relations.get((entity.name, spec.name))),
        }


def _describe(spec: FieldSpec) -> dict[str, str | None]:
    return {
        "coding_name": spec.coding_name,
        "concept": spec.concept,
        "description": spec.description,
        FORMAT: spec.format,
        "folder_path": FOLDER_SEPARATOR.join(spec.folder_path),
        "is_multi_select": YES if spec.is_multi_select else None,
        OPEN_CODING: YES if spec.is_open_coding else None,
        "is_sparse_coding": YES if spec.is_sparse else None,
        "linkout": spec.linkout,
        "longitudinal_axis_type": spec.longitudinal_axis_type,
        SOURCE_COLUMN: spec.source_column,
        "title": spec.title,
        "units": spec.units,
    }


def _refer(relation: Relation | None) -> dict[str, str | None]:
    if relation is None:
        return {}
    return {
        "referenced_entity_field": f"{relation.to_entity}:{relation.to_field}",
        "relationship": str(relation.relationship),
    }


def _code_columns(dictionary: DataDictionary) -> tuple[str, ...]:
    is_hierarchical = any(each.is_hierarchical for each in dictionary.codings)
    return (*CODE_REQUIRED, *CODE_OPTIONAL, *((PARENT_CODE,) if is_hierarchical else ()))


def _code_rows(dictionary: DataDictionary) -> Iterator[dict[str, str | None]]:
    for coding in dictionary.codings:
        for place in coding.rows:
            yield {
                "coding_name": coding.name,
                "code": place.code,
                "meaning": place.meaning,
                "concept": place.concept,
                "display_order": str(place.display_order),
                PARENT_CODE: place.parent_code,
            }


def _entity_rows(dictionary: DataDictionary) -> Iterator[dict[str, str | None]]:
    return (_title(each) for each in dictionary.entities)


def _title(entity: Entity) -> dict[str, str | None]:
    return {
        "entity": entity.name,
        "entity_title": entity.title,
        "entity_description": entity.description,
        "entity_label_plural": entity.label_plural,
        "entity_label_singular": entity.label_singular,
    }


def _to_text(columns: Sequence[str], rows: Iterable[dict[str, str | None]], delimiter: str) -> str:
    # The csv module leaves a lone carriage return unquoted in some versions of Python, and the
    # cell could not be read again.
    needs_quotes = re.compile(f'[{re.escape(delimiter)}"\r\n]')

    def quote(cell: str) -> str:
        return '"' + cell.replace('"', '""') + '"' if needs_quotes.search(cell) else cell

    lines = [delimiter.join(quote(row.get(each) or "") for each in columns) for row in rows]
    return "\n".join([delimiter.join(columns), *lines, ""]) if lines else ""
