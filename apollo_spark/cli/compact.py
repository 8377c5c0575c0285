"""`apollo compact`: small blocks and files put together, as the next version."""

import click

from apollo_spark.cli.context import (
    common_options,
    current,
    planned_json,
    print_plan,
    print_published,
    wait_option,
)
from apollo_spark.cli.terminal import print_json, say, show
from apollo_spark.cli.text import render_table


@click.command("compact")
@click.argument("name", required=False)
@click.option("--apply", "is_applied", is_flag=True, help="Do what is planned.")
@wait_option
@common_options
def compact_command(*, name: str | None, is_applied: bool) -> None:
    """Put small blocks and files of NAME, or of all datasets, together; without --apply plan it.

    The next version has the same content. Older versions keep their files.
    """
    from apollo_spark.model.plan import WorkPlan, flat_counts, join_plans
    from apollo_spark.verbs.compact import compact, plan_compaction

    shared = current()
    if is_applied:
        outcome = compact(shared.context(has_steps=True), name)
        for each in outcome.busy:
            say(f"{each} is being written by somebody else and was left alone")
        receipt = outcome.receipt.model_dump(mode="json")
        print_published(list(outcome.published), list(outcome.current), receipt)
        return
    plans = plan_compaction(shared.lake(), name)
    works = [
        WorkPlan(
            does=f"publish {each.name}@{each.version + 1}",
            counts=flat_counts(each.counts.model_dump(mode="json")),
        )
        for each in plans
    ]
    for work in works:
        print_plan(work)
    if shared.as_json:
        own = {"plans": [each.model_dump(mode="json") for each in plans]}
        work = join_plans(works)
        print_json(planned_json(work, work.counts, own))
        return
    if not plans:
        say("nothing to put together")
        return
    rows = [
        (
            f"{each.name}@{each.version}",
            f"{each.counts.blocks_before:,} -> {each.counts.blocks_after:,}",
            f"{each.counts.files_before:,} -> {each.counts.files_after:,}",
            f"{each.counts.bytes_rewritten:,}",
        )
        for each in plans
    ]
    show(render_table(("version", "blocks", "files", "bytes to write"), rows))
    say("add --apply to do it")
