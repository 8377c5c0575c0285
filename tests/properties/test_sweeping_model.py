"""What is swept, against a plain model: a log of files coming and going, and records that pin."""

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from apollo_spark.lake.storage.disk import DiskFile
from apollo_spark.lake.sweep.sweeping import (
    PinnedVersion,
    StoredTable,
    SweepPlan,
    narrow_sweep,
    plan_sweep,
    plan_table,
)

GRACE_ENDS = 100
"""What changed at this moment or later is too young to go."""
DIGESTS = [f"{number:064x}" for number in range(6)]


@dataclass
class Table:
    """A table as a plain list of what each commit adds and takes away."""

    commits: list[tuple[list[str], list[str]]]
    strays: list[str]
    ages: dict[str, int]
    log_age: int
    records: list[tuple[int, bool]]
    """Which version each record pins, and whether it is retired."""
    fault: bool = False

    def live(self, version: int) -> set[str]:
        found: set[str] = set()
        for added, removed in self.commits[: version + 1]:
            found = (found - set(removed)) | set(added)
        return found

    @property
    def everything(self) -> set[str]:
        return {name for added, _ in self.commits for name in added} | set(self.strays)

    @property
    def pinned(self) -> set[int]:
        return {version for version, is_retired in self.records if not is_retired}

    def must_stay(self) -> set[str]:
        """All that a record reads, all that is young, and everything where that is not known."""
        if self.fault:
            return self.everything
        read = {name for version in self.pinned for name in self.live(version)}
        young = {name for name in self.everything if self.ages[name] >= GRACE_ENDS}
        if not self.pinned and (young or self.log_age >= GRACE_ENDS):
            return self.everything
        return read | young


@dataclass
class World:
    """Tables, and parts with their ages and whether a record that is left names them."""

    tables: list[Table] = field(default_factory=list)
    parts: dict[str, tuple[int, bool]] = field(default_factory=dict)


AGES = st.integers(GRACE_ENDS - 2, GRACE_ENDS + 1)


@st.composite
def tables(draw: st.DrawFn) -> Table:
    commits: list[tuple[list[str], list[str]]] = []
    live: list[str] = []
    count = 0
    for _ in range(draw(st.integers(1, 6))):
        added = [f"f{count + number}.parquet" for number in range(draw(st.integers(0, 2)))]
        count += len(added)
        removed = draw(st.lists(st.sampled_from(live), unique=True)) if live else []
        commits.append((added, removed))
        live = [*(name for name in live if name not in removed), *added]
    strays = [f"stray{number}.parquet" for number in range(draw(st.integers(0, 2)))]
    # A RESTORE brings back what was taken away.
    if draw(st.booleans()) and commits:
        gone = sorted({name for added, _ in commits for name in added} - set(live))
        commits.append((gone[:1], []))
    names = [*(name for added, _ in commits for name in added), *strays]
    versions = st.tuples(st.integers(0, len(commits) - 1), st.booleans())
    return Table(
        commits=commits,
        strays=strays,
        ages={name: draw(AGES) for name in names},
        log_age=draw(AGES),
        records=draw(st.lists(versions, max_size=4)),
        fault=draw(st.integers(0, 9)) == 0,
    )


@st.composite
def worlds(draw: st.DrawFn) -> World:
    parts = st.dictionaries(st.sampled_from(DIGESTS), st.tuples(AGES, st.booleans()))
    return World(tables=draw(st.lists(tables(), max_size=3)), parts=draw(parts))


def stored(number: int, table: Table) -> StoredTable:
    """Tell of a table what is listed of it."""
    head = len(table.commits) - 1
    newest = max(table.pinned, default=head)
    return StoredTable(
        location=f"tables/study/t{number}",
        files=tuple(
            DiskFile(name=name, size=len(name), changed_ns=table.ages[name])
            for name in sorted(table.everything)
        ),
        rest=(DiskFile(name="_delta_log/0.json", size=7, changed_ns=table.log_age),),
        changed_ns=max([table.log_age, *table.ages.values()]),
        pinned=tuple(
            PinnedVersion(version=version, names=frozenset(table.live(version)))
            for version in sorted(table.pinned)
        ),
        head_is_pinned=table.live(head) == table.live(newest),
        fault="broken" if table.fault else "",
    )


def plan(world: World) -> SweepPlan:
    return plan_sweep(
        [stored(number, table) for number, table in enumerate(world.tables)],
        [
            DiskFile(name=f"{digest[:2]}/{digest}.gz", size=1, changed_ns=age)
            for digest, (age, _) in world.parts.items()
        ],
        named=frozenset(digest for digest, (_, is_named) in world.parts.items() if is_named),
        older_than_ns=GRACE_ENDS,
    )


@given(worlds())
def test_exactly_what_nobody_needs_goes(world: World) -> None:
    found = plan(world)

    for table, sweep in zip(world.tables, found.tables, strict=True):
        gone = {each.name for each in sweep.remove} - {"_delta_log/0.json"}
        assert gone == table.everything - table.must_stay()
    assert {each.name[3:-3] for each in found.parts} == {
        digest
        for digest, (age, is_named) in world.parts.items()
        if age < GRACE_ENDS and not is_named
    }


@given(worlds())
def test_a_table_goes_as_a_whole_when_nothing_of_it_is_read_or_young(world: World) -> None:
    for table, sweep in zip(world.tables, plan(world).tables, strict=True):
        is_old = max([table.log_age, *table.ages.values()]) < GRACE_ENDS
        assert sweep.is_whole == (not table.fault and not table.pinned and is_old)
        assert sweep.is_whole == ("_delta_log/0.json" in {each.name for each in sweep.remove})


@given(worlds())
def test_the_newest_version_is_brought_to_the_newest_pin(world: World) -> None:
    for table, sweep in zip(world.tables, plan(world).tables, strict=True):
        head = table.live(len(table.commits) - 1)
        if table.fault or not table.pinned or head == table.live(max(table.pinned)):
            assert sweep.back_to is None
        else:
            assert sweep.back_to == max(table.pinned)


@given(worlds())
def test_every_file_is_counted_once(world: World) -> None:
    for table, sweep in zip(world.tables, plan(world).tables, strict=True):
        counted = len(sweep.remove) + sweep.kept.files + sweep.young.files
        assert counted == len(table.everything) + 1


@given(tables(), st.lists(st.tuples(st.integers(0, 5), st.booleans()), max_size=3), st.data())
def test_what_is_planned_and_no_longer_holds_is_left_alone(
    table: Table, published: list[tuple[int, bool]], data: st.DataObject
) -> None:
    planned = plan_table(stored(0, table), older_than_ns=GRACE_ENDS)
    # Meanwhile records were published and retired, and files written or touched.
    last = len(table.commits) - 1
    table.records = [*table.records[1:], *((min(each, last), gone) for each, gone in published)]
    table.strays.append("new.parquet")
    table.ages["new.parquet"] = data.draw(AGES)
    now = plan_table(stored(0, table), older_than_ns=GRACE_ENDS)

    done = narrow_sweep(planned, now)

    assert set(done.remove) <= set(planned.remove) & set(now.remove)
    assert {each.name for each in done.remove} & table.must_stay() == set()
    assert not done.is_whole or set(done.remove) == set(now.remove) == set(planned.remove)
    if not planned.is_whole:
        assert set(done.remove) == set(planned.remove) & set(now.remove)
