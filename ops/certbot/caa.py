"""Which CAs a domain lets issue: CAA records, as a CA reads them (RFC 8659, with the parameters of RFC 8657)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from .records import NO_ERROR, NO_SUCH_NAME, Answer

CRITICAL = 0x80
KNOWN = ("issue", "issuewild", "iodef", "issuemail", "contactemail", "contactphone")
Lookup = Callable[[str], Answer]
"""Takes a name and gives its CAA records."""


@dataclass(frozen=True)
class Property:
    """One CAA record."""

    tag: str
    value: str
    critical: bool = False

    @property
    def issuer(self) -> str:
        """The CA that it allows; empty where it allows none."""
        return self.value.partition(";")[0].strip().lower()

    @property
    def methods(self) -> tuple[str, ...]:
        """The challenges that it allows; empty where it does not say."""
        for parameter in self.value.split(";")[1:]:
            name, _, value = parameter.partition("=")
            if name.strip().lower() == "validationmethods":
                return tuple(each.strip().lower() for each in value.split(","))
        return ()

    def __str__(self) -> str:
        return f'{self.tag} "{self.value}"'


def read_property(data: bytes) -> Property:
    """The record whose data is *data* on the wire; ValueError where it is cut off."""
    if len(data) < 2 or len(data) < 2 + data[1]:  # noqa: PLR2004 - flags and the tag's length
        raise ValueError("a CAA record is cut off")
    tag, value = data[2 : 2 + data[1]], data[2 + data[1] :]
    return Property(tag.decode("ascii", "replace").lower(), value.decode("utf-8", "replace"), bool(data[0] & CRITICAL))


def refusal(name: str, issuers: Sequence[str], method: str, lookup: Lookup) -> str:
    """
    Why the CA may not issue for *name*, in one line; empty where it may.

    Args:
        name: A name, or ``*.NAME``.
        issuers: The names by which the CA goes in CAA records; empty where it does not say.
        method: The challenge that will be used.

    Raises:
        NameServerError: no name server answers.
    """
    wildcard = name.startswith("*.")
    domain = name.removeprefix("*.").rstrip(".")
    while domain:
        answer = lookup(domain)
        if answer.code not in (NO_ERROR, NO_SUCH_NAME):
            return f"{domain}: its CAA records cannot be read ({answer.reason}), and a CA refuses then; see its servers"
        if answer.data:
            properties = [read_property(data) for data in answer.data]
            return _refused(domain, properties, issuers, method, wildcard=wildcard)
        domain = domain.partition(".")[2]
    return ""


def _refused(domain: str, found: Sequence[Property], issuers: Sequence[str], method: str, *, wildcard: bool) -> str:
    unknown = [each for each in found if each.critical and each.tag not in KNOWN]
    if unknown:
        return f"{domain}: CAA has {unknown[0]}, which is critical and which CAs do not know; remove it"
    tags = [each.tag for each in found]
    asked = "issuewild" if wildcard and "issuewild" in tags else "issue"
    allowing = [each for each in found if each.tag == asked]
    if not allowing:
        return ""
    ours = [each for each in allowing if each.issuer in issuers]
    if not ours:
        wanted = issuers[0] if issuers else "the name that your CA goes by"
        return f'{domain}: CAA allows {_listed(allowing)} only; add: {asked} "{wanted}"'
    if not any(not each.methods or method in each.methods for each in ours):
        return f"{domain}: CAA allows {_listed(ours)}, not {method}; add it to validationmethods"
    return ""


def _listed(properties: Iterable[Property]) -> str:
    return ", ".join(str(each) for each in properties)
