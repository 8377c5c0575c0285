"""Integers and decimal numbers: what is accepted, one text at a time."""

import math
import re
from dataclasses import dataclass

INTEGER = re.compile(r"[+-]?0*[0-9]{1,19}")
# Digits in a row are one part of it: with two, a long cell that is not a number would take hours.
FLOAT = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
SMALLEST, LARGEST = -(2**63), 2**63 - 1
EXACT = 2**53
"""Below it a float holds every whole number."""


ALL_DIGITS = re.compile(r"([+-]?[0-9]{16,400})(?:\.0*)?")
WHOLE = re.compile(r"([+-]?0*[0-9]{1,19})\.0*")


@dataclass(frozen=True)
class ParsedWhole:
    """A whole number, and whether it was written with decimals."""

    value: int
    has_decimals: bool = False


def parse_whole(text: str) -> ParsedWhole | None:
    """Read a whole number of 64 bits, also one written with decimals of zero, as `1.0`.

    One with an exponent is none: whoever wrote it may have rounded it.
    """
    match = WHOLE.fullmatch(text)
    value = parse_integer(match[1] if match else text)
    return None if value is None else ParsedWhole(value, match is not None)


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


@dataclass(frozen=True)
class ParsedDecimal:
    """A decimal number, and whether it is another one than the whole number that was written."""

    value: float
    is_inexact: bool = False


def parse_decimal(text: str) -> ParsedDecimal | None:
    """Read a finite decimal number; one written with an exponent was rounded before."""
    value = parse_float(text)
    if value is None:
        return None
    match = ALL_DIGITS.fullmatch(text) if abs(value) >= EXACT else None
    return ParsedDecimal(value, match is not None and int(match[1]) != int(value))
