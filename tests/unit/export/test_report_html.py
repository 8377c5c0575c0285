"""The HTML report: what is on the page."""

import re
from base64 import b64encode
from datetime import datetime, timedelta, timezone
from hashlib import sha256

import pytest

from apollo_spark.export.report import report_html
from apollo_spark.model.findings import Finding, Place
from apollo_spark.model.policy import Policy
from apollo_spark.model.record import InputFile
from apollo_spark.model.report import EntityRows, ValidationReport, Verdict
from apollo_spark.model.rules import Severity
from tests.support.pages import Element, read_page

DASH = "\u2013"
REFUSE, QUARANTINE, WARN = Severity.REFUSE, Severity.QUARANTINE, Severity.WARN


def finding(rule: str = "cell_date", **changes: object) -> Finding:
    values = {"rule": rule, "severity": REFUSE, "message": "not right", **changes}
    return Finding.model_validate(values)


def places(*pairs: tuple[int | None, str | None]) -> tuple[Place, ...]:
    return tuple(Place(line=line, value=value) for line, value in pairs)


def report(**changes: object) -> ValidationReport:
    values = {
        "dataset": "study",
        "made_at": datetime(2026, 3, 1, 15, 5, tzinfo=timezone(timedelta(hours=1))),
        "verdict": Verdict.REFUSED,
        **changes,
    }
    return ValidationReport.model_validate(values)


def page(**changes: object) -> Element:
    return read_page(report_html(report(**changes)))


PATIENT = EntityRows(
    entity="patient", fields=20, rows_read=1_000, rows_stored=1_000, rows_quarantined=0
)
VISIT = EntityRows(
    entity="visit", fields=10, rows_read=5_001, rows_stored=5_000, rows_quarantined=1
)
UNREAD = EntityRows(entity="lab", fields=3)
BAD_DATES = finding("cell_date", entity="visit", column="date", file="visit.csv", count=312)


@pytest.mark.parametrize(
    ("changes", "look", "title", "sentence"),
    [
        (
            {"verdict": Verdict.REFUSED, "findings": (BAD_DATES,)},
            "bad",
            "Refused",
            "Nothing was published: 312 errors against 1 rule.",
        ),
        (
            {"verdict": Verdict.PUBLISHED, "version": "study@3"},
            "good",
            "Published study@3",
            "6,000 rows of 2 entities, 1 row set aside in quarantine, and every check passed.",
        ),
        (
            {"verdict": Verdict.ALREADY_THERE, "version": "study@3"},
            "calm",
            "Already there: study@3",
            "The same inputs made it; nothing was written.",
        ),
        (
            {"verdict": Verdict.DRY_RUN, "findings": (BAD_DATES,)},
            "bad",
            "Dry run: it would be refused",
            "Nothing was written; 312 errors against 1 rule.",
        ),
        (
            {"verdict": Verdict.DRY_RUN, "entities": (PATIENT,)},
            "good",
            "Dry run: it would be published",
            "Nothing was written. 1,000 rows of 1 entity, and every check passed.",
        ),
    ],
)
def test_the_verdict_stands_on_top(
    changes: dict[str, object], look: str, title: str, sentence: str
) -> None:
    banner = page(**{"entities": (PATIENT, VISIT), **changes}).one("section", "verdict")

    assert banner.attributes["class"] == f"verdict {look}"
    assert (banner.one("h1").text, banner.one("p").text) == (title, sentence)


def test_the_tiles_sum_rows_and_findings() -> None:
    unused = finding("coding_unused", severity=WARN, count=2)
    shown = page(entities=(PATIENT, VISIT, UNREAD), findings=(BAD_DATES, unused))

    tiles = shown.one("dl", "tiles")
    names, numbers = tiles.all("dt"), tiles.all("dd")

    assert [(a.text, b.text) for a, b in zip(names, numbers, strict=True)] == [
        ("Rows read", "6,001"),
        ("Rows stored", "6,000"),
        ("Rows quarantined", "1"),
        ("Errors", "312"),
        ("Warnings", "2"),
    ]


def test_every_entity_has_its_rows_and_findings() -> None:
    aside = finding("reference_resolves", severity=QUARANTINE, entity="visit")
    partial = finding("cell_partial_date", severity=WARN, entity="patient", count=7)

    shown = page(entities=(PATIENT, VISIT, UNREAD), findings=(BAD_DATES, aside, partial))

    assert shown.one("table", "entities").rows() == [
        ["Entity", "Fields", "Rows read", "Stored", "Quarantined", "Errors", "Warnings"],
        ["patient", "20", "1,000", "1,000", "0", "0", "7"],
        ["visit", "10", "5,001", "5,000", "1", "312", "0"],
        ["lab", "3", DASH, DASH, DASH, "0", "0"],
        ["All entities", "33", "6,001", "6,000", "1", "312", "7"],
    ]


def test_findings_are_grouped_by_severity_and_rule_in_the_order_of_the_rules() -> None:
    shown = page(
        findings=(
            finding("coding_unused", severity=WARN, file="codings.csv", line=40),
            BAD_DATES,
            finding("field_name", file="data_dictionary.csv", line=9, entity="visit", column="2x"),
            finding("reference_resolves", severity=QUARANTINE, file="visit.csv", count=23),
            finding("cell_date", file="visit.csv", line=3, entity="visit", column="begin"),
        )
    )

    groups = shown.all("section", "group")

    assert [
        (
            group.one("h2").text,
            [
                (each.one("code").text, each.one("span", "total").text, each.one("table").rows())
                for each in group.all("article")
            ],
        )
        for group in groups
    ] == [
        (
            "Errors that refuse the load",
            [
                (
                    "field_name",
                    "once",
                    [
                        ["Where", "What", "Times"],
                        ["visit.2xdata_dictionary.csv, line 9", "not right", "1"],
                    ],
                ),
                (
                    "cell_date",
                    "313 times",
                    [
                        ["Where", "What", "Times"],
                        ["visit.beginvisit.csv, line 3", "not right", "1"],
                        ["visit.datevisit.csv", "not right", "312"],
                    ],
                ),
            ],
        ),
        (
            "Set aside in quarantine",
            [
                (
                    "reference_resolves",
                    "23 times",
                    [["Where", "What", "Times"], ["visit.csv", "not right", "23"]],
                )
            ],
        ),
        (
            "Warnings",
            [
                (
                    "coding_unused",
                    "once",
                    [["Where", "What", "Times"], ["codings.csv, line 40", "not right", "1"]],
                )
            ],
        ),
    ]


def test_a_rule_says_what_must_hold_and_its_original_error_number() -> None:
    article = page(findings=(finding("field_name"),)).one("article")

    assert article.one("p").text == "The rule: a field name is legal."
    assert article.one("span", "tag").text == "original error 25"
    assert page(findings=(BAD_DATES,)).all("span", "tag") == []


def test_places_gather_the_lines_of_equal_values() -> None:
    seen = places((14, "31.02.2019"), (20, ""), (31, "31.02.2019"), (None, "never"), (40, None))
    shown = page(findings=(finding(count=312, places=seen),)).one("article").one("details")

    assert shown.one("summary").text == "Lines and values: first 5 of 312 places"
    assert shown.one("table").rows() == [
        ["Value", "Lines"],
        ["31.02.2019", "14, 31"],
        ["empty", "20"],
        ["never", "unknown"],
        ["not kept", "40"],
    ]


def test_places_without_values_are_lines_only() -> None:
    found = finding("field_repeated", count=2, places=places((3, None), (9, None)))

    shown = page(findings=(found,)).one("article").one("details")

    assert shown.one("summary").text == "Lines: all 2 places"
    assert shown.one("table").rows() == [["Lines"], ["3, 9"]]


def test_one_line_that_the_row_names_already_is_not_unfolded() -> None:
    found = finding("field_name", line=3, places=places((3, None)))

    assert page(findings=(found,)).one("article").all("details") == []


def test_a_long_value_is_shortened_with_its_length_and_the_rest_in_the_title() -> None:
    value = "ab" * 150
    row = page(findings=(finding(places=places((3, value))),)).one("article").one("details")

    shown = row.one("bdi", "v")

    assert (shown.text, shown.attributes["title"]) == (value[:120], value)
    assert row.one("small").text == "… 300 characters"


def test_how_the_load_was_made_is_told() -> None:
    shown = page(
        inputs=(
            InputFile(role="patient", name="p.csv", size=12_345_678, sha256="ab" * 32),
            InputFile(role="visit", name="v.csv", size=999, sha256="cd" * 32),
        ),
        policy=Policy(severities=(("reference_resolves", QUARANTINE),)),
        tools=(("python", "3.11.9"),),
    )

    inputs, policy, tools = shown.all("details", "fold")

    assert inputs.one("table").rows() == [
        ["Role", "File", "Size", "SHA-256"],
        ["patient", "p.csv", "12.3 MB", "ab" * 32],
        ["visit", "v.csv", "999 bytes", "cd" * 32],
    ]
    assert policy.one("table").rows() == [
        ["Rule", "In force", "By default"],
        ["reference_resolves", "quarantine", "refuse"],
    ]
    assert (tools.one("dt").text, tools.one("dd").text) == ("python", "3.11.9")


def test_the_filter_offers_what_was_found() -> None:
    shown = page(findings=(BAD_DATES, finding("field_name", severity=WARN, entity="lab")))

    options = {
        each.attributes["name"]: [
            (option.attributes["value"], option.text) for option in each.all("option")
        ]
        for each in shown.one("form").all("select")
    }
    entities = {row.attributes.get("data-entity") for row in shown.all("tr")} - {None}

    assert options == {
        "severity": [("", "All"), ("refuse", "Errors"), ("warn", "Warnings")],
        "entity": [("", "All"), ("0", "lab"), ("1", "visit")],
        "rule": [("", "All"), ("cell_date", "cell_date"), ("field_name", "field_name")],
    }
    assert entities == {"0", "1"}


def test_the_page_can_be_read_by_everybody() -> None:
    shown = page(entities=(PATIENT, VISIT), findings=(BAD_DATES, finding("field_name")))

    assert shown.one("html").attributes["lang"] == "en"
    assert shown.one("title").text == "study: validation report"
    assert shown.one("time").attributes["datetime"] == "2026-03-01T14:05:00Z"
    assert len(shown.all("h1")) == 1
    assert all("scope" in each.attributes for each in shown.all("th"))
    labelled = [control for label in shown.all("label") for control in label.all("select")]
    assert len(labelled) == len(shown.all("select"))


def test_the_page_needs_nothing_but_itself_and_runs_nothing_but_its_own_script() -> None:
    text = report_html(report(findings=(BAD_DATES, finding("field_name"))))
    shown = read_page(text)
    hashes = {
        tag: f"'sha256-{b64encode(sha256(shown.one(tag).text.encode()).digest()).decode()}'"
        for tag in ("style", "script")
    }

    policy = next(
        each.attributes["content"] for each in shown.all("meta") if "http-equiv" in each.attributes
    )

    assert policy == (
        f"default-src 'none'; img-src data:; style-src {hashes['style']}; "
        f"script-src {hashes['script']}; base-uri 'none'; form-action 'none'"
    )
    assert re.findall(r"https?:|//[a-z]|url\(|@import", text.replace("///", "")) == []
    assert [
        name for each in shown.walk() for name in each.attributes if name in {"src", "style"}
    ] == []
    assert [each.attributes["href"] for each in shown.walk() if "href" in each.attributes] == [
        "data:,"
    ]
