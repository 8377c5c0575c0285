"""Text of unknown origin as HTML that shows it and cannot do anything.

A character that has no glyph of its own (a control, a direction override, a blank that is not
the plain one) becomes a small label: it is often the very reason why a value is refused, and
raw it could turn the page's text around. In a value of a row, so do blanks at its ends and
accents that are beside their letters. The head of a page lets nothing act but what it holds itself.
"""

import html
import re
from base64 import b64encode
from hashlib import sha256
from importlib.resources import files

from apollo_spark.export.printable import is_accent, is_shown

LABELS = {"\0": "NUL", "\t": "TAB", "\n": "LF", "\r": "CR", "\u00a0": "NBSP", "\ufeff": "BOM"}
PLAIN_LIMIT = 400
LABEL_OF_BLANK = '<i title="U+0020">blank</i>'


def show_text(text: str, *, limit: int = 200) -> str:
    """Return a name or a message as isolated text, shortened beyond `limit` characters."""
    if text.isascii() and text.isprintable() and len(text) <= limit:
        # Nothing here has a direction of its own: a page of many findings stays small.
        return html.escape(text)
    return _isolate(text, limit=limit, css_class=None)


def show_value(value: str, *, limit: int = 120) -> str:
    """Return a value of a row as boxed, isolated text; the empty one is said in words."""
    return _isolate(value, limit=limit, css_class="v") if value else "<em>empty</em>"


def _mark_ends(shown: str) -> str:
    """Label the blanks at the ends of a value, which a page does not show."""
    return re.sub(r"\A +| +\Z", lambda found: LABEL_OF_BLANK * len(found[0]), shown)


def plain_text(text: str, *, limit: int = PLAIN_LIMIT) -> str:
    """Return text for an attribute, an option or a title, where no element may be.

    What has no glyph is written as ⟨U+XXXX⟩.
    """
    shown = "".join(each if is_shown(each) else f"⟨{_point(each)}⟩" for each in text[:limit])
    return html.escape(shown + ("…" if len(text) > limit else ""))


def _isolate(text: str, *, limit: int, css_class: str | None) -> str:
    # An attribute begins with its blank, so that none leaves no blank behind.
    attributes = f' class="{css_class}"' if css_class else ""
    if len(text) <= limit and css_class is not None:
        return f"<bdi{attributes}>{_mark_ends(_escape_value(text))}</bdi>"
    if len(text) <= limit:
        return f"<bdi{attributes}>{_escape(text)}</bdi>"
    attributes += f' title="{plain_text(text)}"'
    more = f"<small>… {len(text):,} characters</small>"
    return f"<bdi{attributes}>{_escape(text[:limit])}</bdi>{more}"


def _escape(text: str) -> str:
    if text.isascii() and text.isprintable():
        return html.escape(text)
    return "".join(html.escape(each) if is_shown(each) else _label(each) for each in text)


def _escape_value(text: str) -> str:
    if text.isascii() and text.isprintable():
        return html.escape(text)
    return "".join(
        html.escape(each) if is_shown(each) and not is_accent(each) else _label(each)
        for each in text
    )


def _label(character: str) -> str:
    point = _point(character)
    return f'<i title="{point}">{LABELS.get(character, point)}</i>'


def _point(character: str) -> str:
    return f"U+{ord(character):04X}"


def page_head(title: str, *, style: str, script: str | None = None) -> str:
    """Return what is in the head of a page.

    Args:
        title: The title, as text.
        style: Its style.
        script: Its script. Its content policy lets this one and this style alone work, so that
            even a mistake in escaping could not make a value act.
    """
    scripts = "" if script is None else f"script-src '{_digest(script)}'; "
    policy = (
        f"default-src 'none'; img-src data:; style-src '{_digest(style)}'; "
        f"{scripts}base-uri 'none'; form-action 'none'"
    )
    return (
        '<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{plain_text(title)}</title>\n"
        '<link rel="icon" href="data:,">\n'
        f"<style>{style}</style>\n"
    )


def page_resource(name: str) -> str:
    """Return the text of a style or script that lies beside the pages."""
    return (files("apollo_spark.export") / name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"
