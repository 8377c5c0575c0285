"""Files of a growth in which something is wrong: all of it is said at once, and nothing begins."""

from collections.abc import Sequence

from tests.cases.dry_runs import FILES, LOAD
from tests.support.cases import Case

COHORT = ("cohort", "create", "old", "--from", "s@1", "--filter", "p.x > 1")


def _wrong(
    name: str,
    text: str,
    *says: str,
    code: int = 2,
    before: Sequence[Sequence[str]] = (LOAD, COHORT),
    dry_run: bool = False,
) -> Case:
    return Case(
        name=name,
        files={**FILES, "g.yaml": text},
        before=before,
        command=("grow", "--config", "g.yaml", *(("--dry-run",) if dry_run else ())),
        code=code,
        says=says,
        hides=("MRN-", "secret"),
    )


def _steps(*steps: str) -> str:
    return "\n".join(("steps:", *(f"  - {each}" for each in steps)))


EXTEND = "{extend: s, data: {p: r.csv}}"
REBASE = '{rebase: "*", onto: s, limits: {lost: 0}}'

CASES = (
    _wrong(
        "everything that is wrong with every step",
        "limit: 3\nlimits: {lost: -1}\n"
        + _steps(
            "{extnd: s}",
            "{extend: s, data: {p: nowhere.csv}, policy: none.yaml, polcy: x}",
            "{extend: s, gc: }",
            "{extend: s}",
            "just words",
            '{rebase: "*", onto: s, limits: {lots: 3}}',
            "{retire: s, keep: {last: 0, monthly: 1}}",
            "{retire: s}",
            "{gc: s, grace: week}",
            "{verify: s, deep: 1}",
            "{extend: s, data: [p]}",
            "{extend: 7, data: {p: r.csv}, missing: [no]}",
            "{merge clinical: m, source: s}",
            "{load clinical: s, dictionary: d.csv, data: {p: p.csv}, dry_run: true}",
            "{extend: s, data: {p: r.csv}, encoding: none-such}",
        ),
        "Nothing was begun: g.yaml cannot be done.",
        "limit: unknown key (did you mean 'limits'?)",
        "limits: lost: must be at least 0",
        "step 1: names none of load clinical",
        "(did you mean 'extend'?)",
        "step 2 (extend): data: there is no file or folder nowhere.csv",
        "step 2 (extend): policy: there is no file or folder none.yaml",
        "step 2 (extend): polcy: unknown key (did you mean 'policy'?)",
        "step 3: names extend and gc: a step is one verb",
        "step 4 (extend): data: what is added is not said",
        "step 5: must be a verb with its keys",
        "step 6 (rebase): limits: lots: unknown key (did you mean 'lost'?)",
        "step 7 (retire): keep.last: must be at least 1",
        "step 7 (retire): keep.monthly: must be true or false",
        "step 8 (retire): keep: is missing",
        "step 9 (gc): gc: takes no name: it sweeps the lake",
        "step 9 (gc): grace: must be a number",
        "step 10 (verify): deep: must be true or false",
        "step 11 (extend): data: must hold entities, each with its files",
        "step 12 (extend): name: must be text; put it into quotes",
        "step 12 (extend): missing: must be text; put it into quotes",
        "step 13 (merge clinical): target: is missing",
        "step 14 (load clinical): dry_run: unknown key",
        "step 15 (extend): 'none-such' is not a known encoding.",
    ),
    _wrong("no steps", "steps: []", "steps: there are none"),
    _wrong("a key without steps", "step: []", "does not say what a growth does", "Write 'steps:'"),
    _wrong("no YAML", "steps: [", "g.yaml cannot be read: the file is not YAML"),
    _wrong(
        "limits that are not keys",
        "limits: 5\n" + _steps(EXTEND),
        "limits: must hold keys with values",
    ),
    _wrong(
        "a rebase without a limit of people",
        _steps(EXTEND, '{rebase: "*"}'),
        "step 2 (rebase): limits: say how many people a record may lose: lost or lost_share",
    ),
    _wrong(
        "a rebase onto nothing",
        _steps('{rebase: "*", limits: {lost: 1}}', "{compact: }"),
        "step 1 (rebase): onto: no step before it loads, extends or merges: name what grew",
        "step 2 (compact): compact: no step before it loads or extends: name a dataset",
    ),
    _wrong(
        "steps in an order that no second run would keep",
        _steps(REBASE, EXTEND, "{compact: s}"),
        "step 2 (extend): s changes after step 1 (rebase) was made of it: put it before",
        "step 3 (compact): s changes after step 1 (rebase) was made of it: put it before",
    ),
    _wrong(
        "names that are not there",
        _steps(
            "{extend: t, data: {p: r.csv}}",
            "{compact: u}",
            "{verify: [s, w]}",
            '{retire: [x, "y*"], keep: {last: 1}}',
            "{rebase: [old, z], onto: q, limits: {lost: 0}}",
            "{merge clinical: m, source: a, target: s}",
        ),
        "step 1 (extend t): There is no 't' in the lake.",
        "step 2 (compact u): There is no 'u' in the lake.",
        "step 3 (verify s, w): There is no 'w' in the lake.",
        "step 4 (retire x, y*): There is no 'x' in the lake.",
        "step 5 (rebase old, z): There is no 'q' in the lake.",
        "There is no 'z' in the lake.",
        "step 6 (merge clinical m): There is no 'a' in the lake.",
        code=13,
    ),
    _wrong(
        "headers of two steps",
        _steps("{extend: s, data: {p: p.csv, v: y.csv}}", "{extend: s, data: {v: m.csv}}"),
        "step 1 (extend s)",
        "step 2 (extend s)",
        code=10,
    ),
    _wrong(
        "rows that are refused, in a dry run",
        _steps("{extend: s, data: {p: bad.csv}}"),
        "step 1 (extend s)",
        code=12,
        dry_run=True,
    ),
    _wrong(
        "a load of other files than what was extended",
        _steps("{load clinical: s, dictionary: d.csv, data: {p: r.csv, v: v.csv}}"),
        "Other files than s@2 was loaded from would lose what it was extended by.",
        "Load them once with apollo load clinical",
        code=14,
        before=(LOAD, ("extend", "s", "--data", "p=r.csv")),
    ),
    _wrong(
        "a load of no file",
        _steps('{load clinical: s, dictionary: d.csv, data: {p: "none*.csv"}}'),
        "No file or folder is like none*.csv.",
        code=10,
    ),
    _wrong(
        "a dataset that is made by no step, in a lake that is not there",
        _steps(EXTEND),
        "step 1 (extend s): There is no",
        code=13,
        before=(),
    ),
)
