"""Three questions about the lung study, answered from extracted rows."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

NO_VALUE = "(no value)"


def count_by(rows: Iterable[Mapping[str, str]], first: str, second: str) -> str:
    """Count rows by two columns.

    Returns:
        A table as text: one line per value of the first column, one column per value of the
        second, in alphabetical order.
    """
    counts = Counter((row[first] or NO_VALUE, row[second] or NO_VALUE) for row in rows)
    lefts = sorted({left for left, _ in counts})
    tops = sorted({top for _, top in counts})
    lines = [[left, *(str(counts[left, top]) for top in tops)] for left in lefts]
    return to_table(["", *tops], lines)


def mean_by(rows: Iterable[Mapping[str, str]], group: str, value: str) -> str:
    """Count and average the numbers of one column by a column of whole numbers.

    Returns:
        A table as text: group, how many numbers, their mean with two decimals.
    """
    numbers: dict[int, list[float]] = defaultdict(list)
    for row in rows:
        if row[group] and row[value]:
            numbers[int(row[group])].append(float(row[value]))
    lines = [
        [str(key), str(len(found)), f"{sum(found) / len(found):.2f}"]
        for key, found in sorted(numbers.items())
    ]
    return to_table([group, "rows", "mean"], lines)


def codes_under(parents: Mapping[str, Sequence[str]], branch: str) -> frozenset[str]:
    """Return a code and all codes below it; a code may have several parents."""
    found = {branch}
    while True:
        below = {code for code, above in parents.items() if not found.isdisjoint(above)}
        if below <= found:
            return frozenset(found)
        found |= below


def to_table(header: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """Return lines of cells as text: the first column to the left, the others to the right."""
    table = [header, *lines]
    widths = [max(len(cell) for cell in column) for column in zip(*table, strict=True)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if place == 0 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        for line in table
    )
