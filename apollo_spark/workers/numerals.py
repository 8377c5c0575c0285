"""Integers and decimal numbers: what is accepted, one text at a time."""

import math
import re

INTEGER = re.compile(r"[+-]?0*[0-9]{1,19}")
FLOAT = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
SMALLEST, LARGEST = -(2**63), 2**63 - 1


def parse_integer(text: str) -> int | None:
    """Read a decimal integer of 64 bits."""
    if INTEGER.fullmatch(text) is None:
        return None
    # Python refuses texts of thousands of digits, and leading zeros may make one.
    sign, digits = ("-", text[1:]) if text[0] == "-" else ("", text.removeprefix("+"))
    value = int(sign + (digits.lstrip("0") or "0"))
    return value if SMALLEST <= value <= LARGEST else None


def parse_float(text: str) -> float | None:
    """Read a finite decimal number, with or without exponent."""
    if FLOAT.fullmatch(text) is None:
        return None
    value = float(text)
    return value if math.isfinite(value) else None
