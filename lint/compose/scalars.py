"""How Compose's YAML library resolves plain scalars: neither YAML 1.1 nor quite 1.2."""

from __future__ import annotations

import math
import re
from functools import lru_cache

from ..regex import regex
from .nodes import Plain

_FIXED: dict[str, Plain] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), math.inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
}
_FLOAT = regex(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_INTEGER = regex(r"[-+]?(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|0|[1-9][0-9]*)")
_DATE = regex(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?:[Tt ]([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})Z?)?", re.ASCII)
_SHORTEST_DATE = 7
_STARTS = frozenset("0123456789+-.")
_LIMIT = 2**64
_LEAST_POWER, _EXPONENT_FROM = -4, 6  # outside of these powers of ten Go writes an exponent


@lru_cache(maxsize=8192)  # most scalars are keys, and services repeat them
def resolve(text: str) -> Plain:
    """
    The value of the plain scalar *text* without a tag.

    ``0440`` is octal; ``22:22`` and ``yes`` stay texts; ``2024-01-01`` becomes ``2024-01-01 00:00:00 +0000 UTC``.

    Source: resolve.go of go-yaml 3.
    """
    if text in _FIXED:
        return _FIXED[text]
    if text[0] not in _STARTS:
        return text
    date = _DATE.fullmatch(text) if len(text) > _SHORTEST_DATE else None
    return _spelled_date(date, text) if date else _number(text.replace("_", ""), text)


def tagged(tag: str, text: str) -> Plain:
    """The value of *text* under the explicit *tag*; a tag nobody knows means a string."""
    kind = tag.removeprefix("tag:yaml.org,2002:").removeprefix("!!")
    if kind in ("int", "float", "bool", "null"):
        return resolve(text)
    return _decoded(text) if kind == "binary" else text


def _decoded(text: str) -> str:
    import base64  # noqa: PLC0415 - hardly any file needs it

    try:
        return base64.b64decode(text, validate=False).decode()
    except ValueError:
        return text


def _spelled_date(date: re.Match[str], text: str) -> str:
    from datetime import datetime  # noqa: PLC0415 - 20 ms, and dates are rare

    try:
        moment = datetime(*(int(each or 0) for each in date.groups()[:6]))  # type: ignore[arg-type]
    except ValueError:
        return text
    return f"{moment:%Y-%m-%d %H:%M:%S} +0000 UTC"


def _number(digits: str, text: str) -> Plain:
    if _INTEGER.fullmatch(digits):
        value = _integer(digits)
        return value if -(2**63) <= value < _LIMIT else float(value)
    if _FLOAT.fullmatch(digits):
        return float(digits)
    return text


def _integer(digits: str) -> int:
    sign = -1 if digits.startswith("-") else 1
    body = digits.lstrip("+-")
    if len(body) > 1 and body[0] == "0" and body[1] in "01234567":
        return sign * int(body, 8)
    return sign * int(body, 0)


def spelled(value: Plain) -> str:
    """
    How Compose turns a scalar into text, as in ``KEY=VALUE`` or a label.

    Source: the verb %v of Go's fmt.
    """
    if value is None:
        return "<nil>"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _spelled_float(value)
    return str(value)


def _spelled_float(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    from decimal import Decimal  # noqa: PLC0415 - 10 ms, and fractions are rare

    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    power = len(digits) + int(exponent) - 1
    minus = "-" if sign else ""
    if value and not _LEAST_POWER <= power < _EXPONENT_FROM:
        fraction = "".join(map(str, digits[1:]))
        return f"{minus}{digits[0]}{'.' if fraction else ''}{fraction}e{power:+03d}"
    return format(Decimal(repr(value)).normalize(), "f")
