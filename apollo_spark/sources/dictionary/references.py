"""References between entities: which field refers to which, and the tree that they make."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from apollo_spark.model.dictionary import Relationship
from apollo_spark.model.findings import Finding
from apollo_spark.model.policy import STRICT, Policy
from apollo_spark.model.rules import Severity
from apollo_spark.sources.dictionary.field_rows import TYPES, FieldRow, FieldTable
from apollo_spark.sources.dictionary.graph import find_cycles, find_path, find_reachable
from apollo_spark.sources.findings import finding_of, list_names
from apollo_spark.sources.suggest import did_you_mean

UNREACHABLE = "entity_unreachable"
REFERENCE = "referenced_entity_field"
RELATIONSHIP = "relationship"
RELATIONSHIPS = tuple(str(each) for each in Relationship)


@dataclass(frozen=True)
class Reference:
    """A field that refers to another one, both found in the dictionary."""

    field: FieldRow
    target: FieldRow

    @property
    def is_self_reference(self) -> bool:
        """Whether a field refers to itself."""
        return self.field is self.target

    @property
    def link(self) -> tuple[str, str]:
        """The two entities."""
        return self.field.entity, self.target.entity

    def __str__(self) -> str:
        return f"{self.field.path} -> {self.target.path} (line {self.field.line})"


@dataclass(frozen=True)
class References:
    """The references of a dictionary; `is_whole` is false when some could not be followed."""

    items: tuple[Reference, ...]
    findings: tuple[Finding, ...]
    is_whole: bool


def collect_references(table: FieldTable) -> References:
    """Follow every reference of the dictionary and check each by itself."""
    items: list[Reference] = []
    findings: list[Finding] = []
    lost = 0
    for field in table.fields:
        problem = _check_form(table, field)
        if problem is not None:
            findings.append(problem)
            lost += 1
        elif field.word(REFERENCE):
            entity, _, name = field.word(REFERENCE).partition(":")
            items.append(Reference(field, table.by_entity[entity][name]))
            findings += _check_reference(table.file, items[-1])
    return References(tuple(items), tuple(findings), is_whole=not lost)


def _check_form(table: FieldTable, field: FieldRow) -> Finding | None:
    text = field.word(REFERENCE)
    entity, colon, name = text.partition(":")
    if not text and field.word(RELATIONSHIP):
        message = f"there is a relationship, and {REFERENCE} is empty"
        return field.finding(table.file, "reference_form", message, REFERENCE)
    if not text:
        return None
    if not (entity and colon and name) or ":" in name:
        message = f"'{text}' is not written entity:field"
        return field.finding(table.file, "reference_form", message, REFERENCE)
    fields = table.by_entity.get(entity)
    if fields is None:
        message = f"there is no entity '{entity}'{did_you_mean(entity, table.by_entity)}"
    elif name not in fields:
        message = f"entity '{entity}' has no field '{name}'{did_you_mean(name, fields)}"
    else:
        return None
    return field.finding(
        table.file, "reference_target", f"it refers to '{text}', and {message}", REFERENCE
    )


def _check_reference(file: str, reference: Reference) -> Iterator[Finding]:
    field, target = reference.field, reference.target
    relationship = field.word(RELATIONSHIP)
    if relationship not in RELATIONSHIPS:
        hint = did_you_mean(relationship, RELATIONSHIPS)
        message = f"'{relationship}'{hint} is not one of {', '.join(RELATIONSHIPS)}"
        yield field.finding(file, "reference_relationship", message, RELATIONSHIP)
    if reference.is_self_reference:
        message = "the field refers to itself, which joins nothing"
        yield field.finding(file, "reference_to_itself", message, REFERENCE)
    elif {field.word("type"), target.word("type")} - set(TYPES):
        return
    elif field.word("type") != target.word("type"):
        message = f"it is {field.word('type')}, and '{target.path}' is {target.word('type')}"
        yield field.finding(file, "reference_type", message, REFERENCE)
    elif field.is_multi_select or target.is_multi_select:
        several = field if field.is_multi_select else target
        message = f"'{several.path}' holds several values in a cell, and cannot join entities"
        yield field.finding(file, "reference_type", message, REFERENCE)


def check_tree(
    table: FieldTable,
    references: References,
    *,
    policy: Policy = STRICT,
    checked: Collection[str] = (),
) -> Iterator[Finding]:
    """Check that exactly one path leads from the main entity to every other one.

    Rules: a directed cycle is `entity_cycle`; references that join two entities a second time
    without such a cycle are `entity_paths`; an entity that nothing joins to the main one is
    `entity_unreachable`, which is asked only when every reference could be followed.

    Args:
        table: The fields.
        references: What they refer to.
        policy: Decides whether an entity that is joined to nothing may be loaded.
        checked: Entities that were checked before, and may be joined to nothing.
    """
    joins = [each for each in references.items if not each.is_self_reference]
    graph: dict[str, list[str]] = {each: [] for each in table.by_entity}
    for each in joins:
        graph[each.field.entity].append(each.target.entity)
    closing = set()
    for cycle in dict.fromkeys(find_cycles(graph)):
        closing.add((cycle[-1], cycle[0]))
        yield _cycle_finding(table.file, cycle, joins)
    open_joins = [each for each in joins if each.link not in closing]
    yield from _check_paths(table.file, open_joins)
    if references.is_whole and len(table.global_keys) == 1:
        yield from _check_reach(table, joins, policy, checked)


def _check_paths(file: str, joins: list[Reference]) -> Iterator[Finding]:
    links: list[tuple[str, str]] = []
    for each in joins:
        path = find_path(links, *each.link)
        if path:
            message = f"{each} joins '{path[0]}' and '{path[-1]}' a second time; they are joined by"
            message += f" {' - '.join(path)} already"
            yield _reference_finding(file, "entity_paths", message, each)
        else:
            links.append(each.link)


def _check_reach(
    table: FieldTable, joins: list[Reference], policy: Policy, checked: Collection[str]
) -> Iterator[Finding]:
    """Yield one finding of all entities that hang together and not from the main one."""
    main = table.global_keys[0].entity
    links = [each.link for each in joins]
    reached = find_reachable(links, main)
    left = [each for each in table.by_entity if each not in reached]
    while left:
        group = find_reachable(links, left[0])
        together = [each for each in left if each in group]
        left = [each for each in left if each not in group]
        if set(together) <= set(checked):
            continue
        # The cause is an entity that refers to no other; what refers to it only hangs from it.
        entity = next((each for each in together if _refers_to_none(each, links)), together[0])
        message = f"no path of references joins entity '{entity}' to the main entity '{main}'"
        if others := [each for each in together if each != entity]:
            message += f"; from it hang {list_names(others)}"
        fields = table.by_entity[entity]
        found = finding_of(
            UNREACHABLE,
            message,
            file=table.file,
            line=next(iter(fields.values())).line,
            entity=entity,
            column=REFERENCE,
        )
        yield _under_policy(policy, found, is_alone=not others)


def _under_policy(policy: Policy, finding: Finding, *, is_alone: bool) -> Finding:
    """Return a finding of what no path reaches, with what a policy makes of it.

    Only an entity that is joined to nothing at all may be loaded: of what hangs together, rows
    would have to follow each other where some of them are hidden or taken out.
    """
    severity = policy.severity_of(finding.rule)
    told = ""
    if not is_alone and severity is not Severity.REFUSE:
        severity, told = Severity.REFUSE, "; a policy may load only what has no references at all"
    elif severity is not Severity.REFUSE:
        told = "; it can be asked by itself, and not together with others"
    elif is_alone:
        told = "; a policy that warns of this rule loads it, to be asked by itself"
    return finding.model_copy(update={"severity": severity, "message": finding.message + told})


def _refers_to_none(entity: str, links: list[tuple[str, str]]) -> bool:
    return all(start != entity for start, _ in links)


def _cycle_finding(file: str, cycle: tuple[str, ...], joins: list[Reference]) -> Finding:
    last = next(each for each in joins if each.link == (cycle[-1], cycle[0]))
    if len(cycle) == 1:
        message = f"{last} refers to another field of its own entity"
    else:
        message = f"references make a cycle: {' -> '.join((*cycle, cycle[0]))}; {last} closes it"
    return _reference_finding(file, "entity_cycle", message, last)


def _reference_finding(file: str, rule: str, message: str, reference: Reference) -> Finding:
    field = reference.field
    return finding_of(
        rule, message, file=file, line=field.line, entity=field.entity, column=REFERENCE
    )
