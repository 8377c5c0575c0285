"""The head of a page that needs nothing else and can do nothing but what it holds itself."""

from base64 import b64encode
from hashlib import sha256
from importlib.resources import files

from apollo_spark.export.html_text import plain_text


def page_head(title: str, *, style: str, script: str | None = None) -> str:
    """Return what stands in the head of a page.

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
