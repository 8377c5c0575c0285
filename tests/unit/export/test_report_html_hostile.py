"""Whatever is in a name or a value, the HTML report shows it and stays what it is."""

from datetime import datetime, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from apollo_spark.export.html_text import show_value
from apollo_spark.export.printable import UNSEEN
from apollo_spark.export.report import report_html
from apollo_spark.model.findings import Finding, Place
from apollo_spark.model.policy import Policy
from apollo_spark.model.record import InputFile
from apollo_spark.model.report import EntityRows, ValidationReport, Verdict
from apollo_spark.model.rules import Severity
from tests.support.pages import Element, read_page

HOSTILE = (
    "<script>alert(1)</script>",
    "</script></style></title><img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)" x=\'',
    "<!-- ]]> -->",
    "&lt;b&gt; &amp;lt; &#0; &notanentity",
    "\u202egnp.exe \u2066 \u200f \u061c",
    "\x00\x07\x1b[31m\x7f\x85\x9f\r\n\t\ufeff\u2028\u2029\ufffe",
    " 12\u00a0 ",
    "אבג مرحبا 漢字 e\u0301 \U0001f9ec",
    "{}%s$`\\",
)
# Shown for what it is, where a text needs it: isolation, a label, a length.
MARKS = {"bdi", "i", "small"}


def report_of(text: str) -> ValidationReport:
    """A report with the text in every place where a text may be."""
    return ValidationReport(
        dataset=text,
        made_at=datetime(2026, 3, 1, tzinfo=timezone.utc),
        verdict=Verdict.PUBLISHED,
        version=text,
        tools=((text, text),),
        inputs=(InputFile(role=text, name=text, size=1, sha256=text),),
        entities=(EntityRows(entity=text, fields=1), EntityRows(entity="other", fields=1)),
        policy=Policy(severities=((f"no_rule {text}", Severity.WARN),)),
        findings=tuple(
            Finding(
                rule=rule,
                severity=Severity.REFUSE,
                message=text,
                file=text,
                entity=text,
                column=text,
                count=9,
                places=(Place(line=3, value=text),),
            )
            for rule in (f"no_rule {text}", "cell_date")
        ),
    )


def tags_of(page: Element) -> list[tuple[str, tuple[str, ...]]]:
    """Every element with the names of its attributes, less the marks."""
    return [
        (each.tag, tuple(sorted(each.attributes))) for each in page.walk() if each.tag not in MARKS
    ]


def read_text(element: Element) -> str:
    """What a reader sees, with every label as the character it stands for."""
    return "".join(
        each
        if isinstance(each, str)
        else chr(int(each.attributes["title"][2:], 16))
        if each.tag == "i"
        else read_text(each)
        for each in element.content
    )


PLAIN_PAGE = tags_of(read_page(report_html(report_of("x"))))


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_name_or_value_adds_no_element_and_no_attribute(text: str) -> None:
    page = read_page(report_html(report_of(text)))

    assert tags_of(page) == PLAIN_PAGE
    assert page.one("script").text == read_page(report_html(report_of("x"))).one("script").text


@given(st.text(min_size=1, max_size=120))
@example(HOSTILE[6])
def test_any_value_comes_back_from_the_page_and_adds_no_element(text: str) -> None:
    page = read_page(report_html(report_of(text)))

    values = [read_text(each) for each in page.all("bdi", "v")]

    assert values == [text, text]
    assert tags_of(page) == PLAIN_PAGE


@given(st.text(min_size=1, max_size=120))
def test_any_name_and_message_comes_back_from_the_page(text: str) -> None:
    page = read_page(report_html(report_of(text)))

    article = page.all("article")[1]
    row = article.all("tbody")[0].all("td")

    assert read_text(article.one("h3")) == f"no_rule {text}"
    assert read_text(row[0].one("b")) == f"{text}.{text}"
    assert read_text(row[0].one("span", "file")) == text
    assert read_text(page.one("h1")) == f"Published {text}"
    assert read_text(page.one("table", "entities").all("tbody")[0].all("th")[0]) == text


@given(st.text(max_size=600))
def test_no_character_without_a_glyph_of_its_own_stands_raw_on_the_page(text: str) -> None:
    shown = report_html(report_of(text)).replace("\n", "")

    assert [each for each in shown if not each.isprintable()] == []


@given(st.text(min_size=1, max_size=60))
@example("\u115f")
def test_the_title_of_a_long_value_holds_all_of_it(part: str) -> None:
    text = (part * 390)[:390]

    value = read_page(report_html(report_of(text))).all("bdi", "v")[0]

    assert read_text(value) == text[:120]
    assert value.attributes["title"] == "".join(
        each if each.isprintable() and each not in UNSEEN else f"⟨U+{ord(each):04X}⟩"
        for each in text
    )


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("P1 ", 'P1<i title="U+0020">blank</i>'),
        ("  P1", '<i title="U+0020">blank</i><i title="U+0020">blank</i>P1'),
        ("a b", "a b"),
        ("P1\u00a0", 'P1<i title="U+00A0">NBSP</i>'),
        ("P\u00ad1", 'P<i title="U+00AD">U+00AD</i>1'),
        ("\u2800", '<i title="U+2800">U+2800</i>'),
        ("u\u0308", 'u<i title="U+0308">U+0308</i>'),
        ("\u00fc", "\u00fc"),
    ],
)
def test_a_value_shows_what_nobody_would_see(value: str, shown: str) -> None:
    assert show_value(value) == f'<bdi class="v">{shown}</bdi>'
