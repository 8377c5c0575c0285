"""The HTML report keeps its size, and says what it leaves out."""

from datetime import datetime, timezone

from hypothesis import given
from hypothesis import strategies as st

from apollo_spark.export.report import report_html
from apollo_spark.export.report_findings import share_out
from apollo_spark.model.findings import Finding, Place
from apollo_spark.model.report import EntityRows, ValidationReport, Verdict
from apollo_spark.model.rules import Severity
from tests.support.pages import read_page

TWO_MEGABYTES = 2_000_000
PLACES = tuple(Place(line=2 + k, value=f"value {k}") for k in range(1_500))


def report_of(findings: tuple[Finding, ...], entities: int = 0) -> ValidationReport:
    return ValidationReport(
        dataset="study",
        made_at=datetime(2026, 3, 1, tzinfo=timezone.utc),
        verdict=Verdict.REFUSED,
        entities=tuple(
            EntityRows(entity=f"entity_{i}", fields=500, rows_read=9, rows_stored=0)
            for i in range(entities)
        ),
        findings=findings,
    )


def finding(entity: int, field: int, kept: int, rule: str = "cell_code") -> Finding:
    return Finding(
        rule=rule,
        severity=Severity.REFUSE,
        message=f"not a code of coding 'coding_{field}'",
        file=f"entity_{entity}.csv",
        line=2,
        entity=f"entity_{entity}",
        column=f"field_{field}",
        count=100_000,
        places=PLACES[:kept],
    )


def test_ten_thousand_places_are_all_on_the_page() -> None:
    text = report_html(report_of(tuple(finding(0, field, 1_000) for field in range(10))))

    page = read_page(text)

    assert [each.text for each in page.one("article").all("summary")] == [
        "Lines and values: first 1,000 of 100,000 places"
    ] * 10
    assert len(page.all("bdi", "v")) == 10_000
    assert len(text.encode()) < TWO_MEGABYTES


def test_more_places_than_a_page_holds_are_cut_and_the_page_says_so() -> None:
    page = read_page(report_html(report_of((finding(0, 0, 1_500),))))

    assert page.one("article").one("summary").text == (
        "Lines and values: first 1,000 of 100,000 places"
    )
    assert len(page.all("bdi", "v")) == 1_000


def test_thirty_thousand_findings_stay_small_and_leave_no_entity_and_no_rule_out() -> None:
    findings = tuple(finding(entity, field, 20) for entity in range(60) for field in range(500))
    rare = (finding(7, 1, 1, rule="key_unique"), finding(8, 1, 1, rule="field_name"))

    text = report_html(report_of((*findings, *rare), entities=60))

    page = read_page(text)
    assert len(text.encode()) < TWO_MEGABYTES
    assert [each.one("code").text for each in page.all("article")] == [
        "field_name",
        "cell_code",
        "key_unique",
    ]
    assert {each.attributes.get("data-entity") for each in page.all("tr")} == {
        None,
        *map(str, range(60)),
    }
    assert page.one("p", "note").text == (
        "2,498 of 30,000 findings of this rule are shown, the first of each entity; "
        "the JSON report has all of them."
    )


@given(st.lists(st.integers(0, 500), max_size=20), st.integers(0, 2_000))
def test_a_budget_is_shared_fairly(wants: list[int], budget: int) -> None:
    shares = share_out(wants, budget)

    assert sum(shares) == min(sum(wants), budget)
    assert all(share <= want for share, want in zip(shares, wants, strict=True))
    # Who gets less than asked gets at most one less than anybody else.
    cut = [share for share, want in zip(shares, wants, strict=True) if share < want]
    assert all(share + 1 >= max(shares) for share in cut)
