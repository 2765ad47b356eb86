"""Cookies: Secure, HttpOnly and SameSite, for those that look like sessions and for all others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .result import Observed, Result
from .single import hsts

_BEST_FIRST = (
    ("all protected", 5),
    ("without SameSite", 0),
    ("none", 0),
    ("not Secure, but HSTS", -5),
    ("not Secure", -20),
    ("session not Secure, but HSTS", -10),
    ("SameSite invalid", -20),
    ("anti-CSRF token without SameSite", -20),
    ("session not HttpOnly", -30),
    ("session not Secure", -40),
)
"""The order in which the Observatory lets one finding outweigh another; it is not that of the numbers."""

_ORDER = [word for word, _ in _BEST_FIRST]
_MODIFIERS = dict(_BEST_FIRST)
_IGNORED = ("heroku-session-affinity",)


@dataclass(frozen=True)
class Cookie:
    """One Set-Cookie; *same_site* is None where it does not say, in lower case otherwise."""

    name: str
    is_secure: bool
    is_http_only: bool
    same_site: str | None
    path: str = ""
    has_domain: bool = False

    @property
    def is_session(self) -> bool:
        """Whether its name is that of a login or session."""
        return any(part in self.name.lower() for part in ("login", "sess"))


def cookie(text: str) -> Cookie:
    """The cookie of a Set-Cookie header."""
    first, *rest = text.split(";")
    attributes = {name.strip().lower(): value.strip() for name, _, value in (part.partition("=") for part in rest)}
    same_site = attributes.get("samesite")
    return Cookie(
        name=first.partition("=")[0].strip(),
        is_secure="secure" in attributes,
        is_http_only="httponly" in attributes,
        same_site=None if same_site is None else same_site.lower(),
        path=attributes.get("path", ""),
        has_domain=bool(attributes.get("domain")),
    )


def judged(observed: Observed) -> Result:
    """The test ``cookies``: the worst of what is found."""
    found = [cookie(text) for text in observed.values("set-cookie")]
    found = [each for each in found if each.name and each.name not in _IGNORED]
    if not found:
        return _result("none")
    words = [word for each in found for word in _faults(each, has_hsts=hsts(observed).modifier >= 0)]
    if words:
        return _result(max(words, key=_ORDER.index))
    return _result("without SameSite" if any(not each.same_site for each in found) else "all protected")


def _faults(each: Cookie, *, has_hsts: bool) -> Iterator[str]:
    if each.same_site is not None and each.same_site not in ("lax", "strict", "none"):
        yield "SameSite invalid"
    if not each.is_secure and each.same_site == "none":
        yield "SameSite invalid"
    if not each.is_secure:
        what = "session not Secure" if each.is_session else "not Secure"
        yield f"{what}, but HSTS" if has_hsts else what
    if "csrf" in each.name.lower() and not each.same_site:
        yield "anti-CSRF token without SameSite"
    if each.is_session and not each.is_http_only:
        yield "session not HttpOnly"


def _result(word: str) -> Result:
    return Result("cookies", word, _MODIFIERS[word])
