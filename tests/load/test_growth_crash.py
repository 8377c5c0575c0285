"""Extensions and compactions that end anywhere, or meet somebody else, and what comes after."""

from collections.abc import Callable
from pathlib import Path

import pytest
from deltalake import DeltaTable

from apollo_spark.errors import CommitRaceError, LeaseHeldError
from apollo_spark.lake.lake import open_lake
from apollo_spark.lake.publishing import OnStep, no_step
from tests.support.growing import (
    copy_lake,
    extend,
    fold,
    gene,
    load,
    random_matrix,
    read_rows,
    rows_of,
    write_matrix,
)
from tests.support.killing import die_in
from tests.support.loading import (
    StopError,
    as_seen,
    do_at,
    is_seen_whole,
    published,
    raise_at,
    require_equal,
    require_sound,
    versions,
)

GENES = [gene(each) for each in range(1, 6)]
PARTS = [random_matrix(each, [f"S{each}A", f"S{each}B"], GENES) for each in range(3)]
FINER = {"X": dict.fromkeys(GENES, 0.123456)}

Deed = Callable[[Path, OnStep], object]


class Story:
    """A lake with two versions, the files that may come, and what each deed leaves undisturbed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.base = folder / "base"
        self.sources = {
            "extend": write_matrix(folder / "new.csv", PARTS[2]),
            "widen": write_matrix(folder / "finer.csv", FINER),
        }
        load(self.base, write_matrix(folder / "0.csv", PARTS[0]))
        extend(self.base, write_matrix(folder / "1.csv", PARTS[1]))
        self.deeds: dict[str, Deed] = {
            "extend": lambda root, on_step: self._extend(root, "extend", on_step),
            "widen": lambda root, on_step: self._extend(root, "widen", on_step),
            "compact": lambda root, on_step: fold(root, on_step=on_step),
        }
        self.steps: dict[str, list[str]] = {each: [] for each in self.deeds}
        self.wanted = {}
        for name, deed in self.deeds.items():
            deed(self.lake(f"undisturbed {name}"), self.steps[name].append)
            self.wanted[name] = published(self.folder / f"undisturbed {name}")

    def _extend(self, root: Path, source: str, on_step: OnStep) -> object:
        return extend(root, self.sources[source], on_step=on_step)

    def lake(self, name: str) -> Path:
        return copy_lake(self.base, self.folder / name)


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    return Story(tmp_path_factory.mktemp("story"))


NAMES = ["extend", "widen", "compact"]


def test_the_story_has_the_steps_that_count(story: Story) -> None:
    for name in NAMES:
        assert "commit rna_tiles_tpm" in story.steps[name]
        assert story.steps[name].index("publish study@3") > story.steps[name].index("store parts")
        assert list(story.wanted[name]) == ["study@1", "study@2", "study@3"]


@pytest.mark.parametrize("name", NAMES)
def test_a_stop_at_any_step_changes_nothing_for_the_next_run(story: Story, name: str) -> None:
    last = story.steps[name].index("publish study@3")
    before = {key: each for key, each in story.wanted[name].items() if key != "study@3"}
    steps = story.steps[name][: last + 1]
    for number, step in enumerate(steps):
        root = story.lake(f"{name} {number}")
        whole = is_seen_whole(number, steps)
        with pytest.raises(StopError):
            story.deeds[name](root, raise_at(number, StopError))
        seen = as_seen(before, whole=whole)
        require_equal((step, published(root, whole=whole)), (step, seen))

        story.deeds[name](root, no_step)

        seen = as_seen(story.wanted[name], whole=whole)
        require_equal((step, published(root, whole=whole)), (step, seen))
        require_sound(root)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("step", ["commit rna_tiles_tpm", "commit rna_samples", "publish study@3"])
def test_a_process_that_is_killed_changes_nothing_for_the_next_run(
    story: Story, name: str, step: str
) -> None:
    root = story.lake(f"{name} killed before {step.replace(' ', '_')}")

    code = die_in(root, story.steps[name].index(step), story.sources.get(name))

    assert code == -9
    assert versions(root) == ["study@1", "study@2"]
    require_equal(read_rows(root, "study"), rows_of({**PARTS[0], **PARTS[1]}))
    story.deeds[name](root, no_step)
    require_equal(published(root), story.wanted[name])
    require_sound(root)


@pytest.mark.parametrize("first", NAMES)
@pytest.mark.parametrize("second", NAMES)
def test_what_another_deed_left_does_not_disturb(story: Story, first: str, second: str) -> None:
    root = story.lake(f"{first} then {second}")
    with pytest.raises(StopError):
        story.deeds[first](root, raise_at(story.steps[first].index("store parts"), StopError))

    story.deeds[second](root, no_step)

    require_equal(published(root), story.wanted[second])


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("table", ["rna_tiles_tpm", "rna_samples"])
def test_a_commit_of_somebody_else_makes_it_begin_again(
    story: Story, name: str, table: str
) -> None:
    root = story.lake(f"{name} disturbed at {table}")
    head = root / "tables" / "study" / table

    def disturb() -> None:
        DeltaTable(head).delete("true")

    story.deeds[name](root, do_at(f"commit {table}", disturb))

    require_equal(published(root), story.wanted[name])
    require_sound(root)


@pytest.mark.parametrize("name", NAMES)
def test_somebody_who_commits_again_and_again_is_told_of(story: Story, name: str) -> None:
    root = story.lake(f"{name} never left alone")
    head = root / "tables" / "study" / "rna_tiles_tpm"

    def disturb(step: str) -> None:
        if step == "pin rna_tiles_tpm":
            DeltaTable(head).delete("true")

    with pytest.raises(CommitRaceError):
        story.deeds[name](root, disturb)
    assert versions(root) == ["study@1", "study@2"]
    require_equal(read_rows(root, "study"), rows_of({**PARTS[0], **PARTS[1]}))


@pytest.mark.parametrize("name", NAMES)
def test_two_writers_of_one_dataset_do_not_meet(story: Story, name: str) -> None:
    root = story.lake(f"{name} held")

    with (
        open_lake(str(root)).publication("study", holder="ann"),
        pytest.raises(LeaseHeldError, match="ann"),
    ):
        story.deeds[name](root, no_step)
    assert versions(root) == ["study@1", "study@2"]


def test_the_same_extension_beside_another_publishes_once(story: Story) -> None:
    root = story.lake("twice at once")

    outcome = extend(
        root,
        story.sources["extend"],
        on_step=do_at("open engines", lambda: extend(root, story.sources["extend"])),
    )

    assert (outcome.published, outcome.current) == ((), ("study@3",))
    assert versions(root) == ["study@1", "study@2", "study@3"]


def test_an_extension_that_comes_in_between_is_built_upon(story: Story) -> None:
    root = story.lake("another in between")

    extend(
        root,
        story.sources["extend"],
        on_step=do_at("open engines", lambda: extend(root, story.sources["widen"])),
    )

    assert versions(root) == ["study@1", "study@2", "study@3", "study@4"]
    together = {**PARTS[0], **PARTS[1], **FINER, **PARTS[2]}
    assert read_rows(root, "study@4") == rows_of(together)
    require_sound(root)
