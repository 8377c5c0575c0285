"""A growth as lines of text."""

from collections.abc import Iterator

from apollo_spark.model.growth import Growth, GrowthStep

FINAL = ("done", "failed", "nothing to do")


def describe_growth(growth: Growth) -> str:
    """Return the steps of a growth: what each came to, and before it began what it would do."""
    return "\n".join(line for each in growth.steps for line in _lines(each))


def _lines(step: GrowthStep) -> Iterator[str]:
    took = "" if step.seconds is None else f" in {step.seconds:.1f} s"
    state = {"waits": "planned as far as the steps before it let it be"}.get(step.state, step.state)
    yield f"{step.number}. {step.does}: {state}{took}"
    if step.state not in FINAL or step.seconds is None:
        yield from (f"   {each}" for each in step.plan)
    yield from (f"   {each}" for each in describe_step(step))


def describe_step(step: GrowthStep) -> Iterator[str]:
    """Yield what a step did: published, retired, left, counts, and why it failed."""
    if step.published:
        yield f"published {', '.join(step.published)}"
    if step.retired:
        yield f"retired {', '.join(step.retired)}"
    if step.seconds is not None:
        yield from (f"left {each.record}: {each.why}" for each in step.left)
    if counts := [f"{name} {count:,}" for name, count in step.counts.items() if count]:
        yield f"counts: {', '.join(counts)}"
    if step.error is not None:
        yield f"failed: {step.error}"
