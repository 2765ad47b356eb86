"""The tests that look at one header each."""

from __future__ import annotations

import re
from collections.abc import Mapping

from . import csp
from .result import Observed, Result

HALF_A_YEAR_S = 15_552_000
PRIVATE = ("no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin")
UNSAFE = ("origin", "origin-when-cross-origin", "unsafe-url", "no-referrer-when-downgrade")

_CORP = {"same-site": 10, "same-origin": 10, "cross-origin": 0}
_COEP = {"require-corp": 10, "credentialless": 10, "unsafe-none": 0}
_COOP = {"same-origin": 10, "same-origin-allow-popups": 10, "noopener-allow-popups": 10, "unsafe-none": 0}


def hsts(observed: Observed) -> Result:
    """The test ``strict-transport-security``; sent twice it is invalid, as browsers join the two by a comma."""
    value = observed.joined("strict-transport-security")
    if not observed.is_https or not observed.is_trusted:
        return Result("strict-transport-security", "no trusted TLS", -20)
    if value is None:
        return Result("strict-transport-security", "none", -20)
    age = max_age_s(value)
    if age is None:
        return Result("strict-transport-security", "invalid", -20)
    short = age < HALF_A_YEAR_S
    return Result("strict-transport-security", "less than six months" if short else "six months or more", -10 * short)


def max_age_s(value: str) -> int | None:
    """The ``max-age`` of Strict-Transport-Security; None where the header is invalid, as one sent twice is."""
    if "," in value:
        return None
    ages = [re.fullmatch(r'max-age="?(\d+)"?', part.strip().lower()) for part in value.split(";")]
    found = [int(match[1]) for match in ages if match]
    return found[0] if found else None


def nosniff(observed: Observed) -> Result:
    """The test ``x-content-type-options``."""
    value = observed.joined("x-content-type-options")
    is_right = value is not None and value.strip().lower() == "nosniff"
    return Result(
        "x-content-type-options",
        "nosniff" if is_right else "none" if value is None else "invalid",
        0 if is_right else -5,
    )


def framing(observed: Observed) -> Result:
    """The test ``x-frame-options``; any ``frame-ancestors`` of a header counts, even one that allows all."""
    test = "x-frame-options"
    try:
        policy = csp.parsed(csp.policies(observed.values("content-security-policy")))
    except csp.PolicyError:
        policy = {}
    if "frame-ancestors" in policy:
        return Result(test, "by frame-ancestors", 5)
    value = (observed.joined(test) or "").strip().lower()
    if value in ("deny", "sameorigin"):
        return Result(test, value, 5)
    if value.startswith("allow-from"):
        return Result(test, "allow-from", 0)
    return Result(test, "invalid" if value else "none", -20)


def referrer(observed: Observed, meta: str = "") -> Result:
    """The test ``referrer-policy``: the last word that is a policy counts, the page's own before the header's."""
    test = "referrer-policy"
    texts = [*observed.values(test), *filter(None, [meta])]
    if not texts:
        return Result(test, "none", 0)
    words = [word.strip().lower() for text in texts for word in text.split(",")]
    known = [word for word in words if word in (*PRIVATE, *UNSAFE)]
    if known and known[-1] in PRIVATE:
        return Result(test, "private", 5)
    return Result(test, "unsafe" if known else "invalid", -5)


def resource(observed: Observed) -> Result:
    """The test ``cross-origin-resource-policy``."""
    return _isolation(observed, "cross-origin-resource-policy", _CORP)


def embedder(observed: Observed) -> Result:
    """The test ``cross-origin-embedder-policy``."""
    return _isolation(observed, "cross-origin-embedder-policy", _COEP)


def opener(observed: Observed) -> Result:
    """The test ``cross-origin-opener-policy``."""
    return _isolation(observed, "cross-origin-opener-policy", _COOP)


def sharing(observed: Observed, origin: str) -> Result:
    """The test ``cross-origin-resource-sharing``; *origin* is the foreign one that was sent."""
    test = "cross-origin-resource-sharing"
    headers = {name.lower(): value.strip() for name, value in observed.origin_headers}
    allowed = headers.get("access-control-allow-origin")
    if allowed is None:
        return Result(test, "none", 0)
    if allowed == "*":
        return Result(test, "public", 0)
    credentials = headers.get("access-control-allow-credentials", "").lower() == "true"
    if allowed.lower() == origin.lower() and credentials:
        return Result(test, "any origin, with credentials", -50)
    return Result(test, "restricted", 0)


def _isolation(observed: Observed, name: str, modifiers: Mapping[str, int]) -> Result:
    value = observed.joined(name)
    if value is None:
        return Result(name, "none", 0)
    word = value.partition(";")[0].strip().lower()
    return Result(name, word, modifiers[word]) if word in modifiers else Result(name, "invalid", -5)
