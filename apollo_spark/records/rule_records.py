"""What the rules of a view read, as records: tables, entities and assays that it may not show."""

from collections.abc import Iterator

from apollo_spark.model.dataset import DatasetRecord, RowRule


def record_of_rule(record: DatasetRecord, rule: RowRule) -> DatasetRecord:
    """Return what a rule of a record reads as a record of its name, without rules."""
    update = {
        "entities": rule.entities,
        "relations": rule.relations,
        "main_entity": rule.main_entity,
        "pins": rule.pins,
        "assays": rule.assays,
        "rules": (),
    }
    return record.model_copy(update=update)


def records_of_rules(record: DatasetRecord) -> Iterator[DatasetRecord]:
    """Yield what the rules read that read other tables than the record: they may know links."""
    for rule in record.rules:
        if not {pin.location for pin in rule.pins} <= {pin.location for pin in record.pins}:
            yield record_of_rule(record, rule)
