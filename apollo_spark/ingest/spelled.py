"""Look once more at numbers that files spell in several ways, side by side."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from apollo_spark.engines.tasks import LocalTaskRunner
from apollo_spark.sources.inference.infer import ColumnFacts, SpellingTask, run_spellings
from apollo_spark.sources.inference.spelling import NO_SPELLINGS
from apollo_spark.workers.values.spec import Block


def look_at_spellings(
    facts: Mapping[str, ColumnFacts], blocks: Iterable[Block], missing: tuple[str, ...]
) -> dict[str, ColumnFacts]:
    """Return the facts of the columns that may spell one number in several ways, with spellings.

    Args:
        facts: What is known of each column.
        blocks: The blocks of the files of these columns.
        missing: Texts that mean missing.
    """
    doubtful = {name: str(each.type) for name, each in facts.items() if each.is_doubtful}
    if not doubtful:
        return {}
    tasks = [
        SpellingTask(
            each,
            tuple((name, doubtful[name]) for name in each.file.header if name in doubtful),
            missing,
        )
        for each in blocks
    ]
    found = dict.fromkeys(doubtful, NO_SPELLINGS)
    for spellings in LocalTaskRunner().run(run_spellings, tasks):
        for name, each in spellings.items():
            found[name] += each
    return {name: replace(facts[name], spellings=each) for name, each in found.items()}
