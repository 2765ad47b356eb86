"""A request on its way through a server: what nginx knows about it at each moment."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from ..place import Place
from ..record import dataclass, field
from ..regex import regex
from .blocks import Location, server_names
from .config import NginxConfig
from .directive import Directive
from .patterns import UnknownPatternError, matched
from .uri import Target

Disk = Callable[[str], Literal["file", "folder"] | None]
"""Says what is at a path; relative paths start in nginx's prefix."""

MOST_CHANGES = 11
"""How often the URI may change before nginx gives up with 500."""

_VARIABLE = regex(r"\$(?:\{(\w+)\}|(\w+))")


class UndecidedError(Exception):
    """What happens depends on something that the configuration alone does not tell."""


class BrokenAliasError(Exception):
    """An ``alias`` after the URI was rewritten in place: nginx answers 500."""


@dataclass(frozen=True)
class Step:
    """One thing that happened, and the directive that made it happen."""

    text: str
    place: Place | None = None


@dataclass
class Request:
    """
    The state of one request.

    Attributes:
        uri: Normalised, one character for each byte.
        block: The block whose settings hold at the moment: the server, a location, an ``if``.
        location: The location found last.
        captures: Of the expression that matched last, the whole match first.
        fits_location: Whether the URI is still the one by which the location was found.
        leads_to: The target of a redirect; it stays with the answer even where an error page makes another of it.
        error_status: What the answer's status will be, whatever the handler says; 0 lets it decide.
        is_told: Whether the steps are kept.
    """

    config: NginxConfig
    target: Target
    server: Directive
    method: str
    headers: Mapping[str, str]
    client: str | None
    disk: Disk
    uri: str
    args: str
    block: Directive
    location: Location | None = None
    captures: Sequence[str] = ()
    variables: dict[str, str] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    changes: int = MOST_CHANGES
    uri_changed: bool = False
    is_internal: bool = False
    has_error_page: bool = False
    fits_location: bool = True
    leads_to: str = ""
    error_status: int = 0
    is_told: bool = True

    def note(self, text: str, directive: Directive | None = None) -> None:
        """Adds a step, where anybody wants to know."""
        if self.is_told:
            self.steps.append(Step(text, directive.place if directive else None))

    def doubt(self, reason: str) -> None:
        """Notes something that is not known and was taken to make no difference."""
        if reason not in self.doubts:
            self.doubts.append(reason)

    def captured(self, match: re.Match[str]) -> None:
        """Keeps the captures of an expression, by number and by name."""
        self.captures = [match[0], *(group or "" for group in match.groups())]
        self.variables.update((name.lower(), value or "") for name, value in match.groupdict().items())

    def expanded(self, text: str) -> str:
        """
        *text* with its variables filled in.

        Raises:
            UndecidedError: for a variable whose value is not known.
        """
        if self.config.is_unknown(text):
            raise UndecidedError(f'"{text}" is filled in by a template')
        return _VARIABLE.sub(lambda found: self.variable(found[1] or found[2]), text) if "$" in text else text

    def variable(self, name: str) -> str:
        """
        The value of ``$name``.

        Raises:
            UndecidedError: where it is not known.
        """
        if name.isdigit():
            return self.captures[int(name)] if int(name) < len(self.captures) else ""
        key = name.lower()
        if key in self.variables:
            return self.variables[key]
        if key in _KNOWN:
            return _KNOWN[key](self)
        if key.startswith(("http_", "arg_", "cookie_")):
            return self._of_request(key)
        return self._mapped(key)

    def _of_request(self, key: str) -> str:
        kind, _, name = key.partition("_")
        if kind == "http":
            return self.headers.get(name.replace("_", "-"), "")
        if kind == "cookie":
            return ""
        pairs = (pair.partition("=") for pair in self.args.split("&"))
        return next((value for found, _, value in pairs if found.lower() == name), "")

    def _mapped(self, key: str) -> str:
        for directive in self.config.find("map"):
            if len(directive.args) == 2 and directive.args[1].lower() == f"${key}":  # noqa: PLR2004 - source and name
                return self._map_value(directive)
        raise UndecidedError(f"the value of ${key} is not known")

    def _map_value(self, directive: Directive) -> str:
        source = self.expanded(directive.value)
        entries = directive.children
        if any(entry.name in ("hostnames", "include") for entry in entries):
            raise UndecidedError(f"the map {directive.args[1]} holds more than can be read here")
        exact = next((entry for entry in entries if _key(entry.name) == source.lower()), None)
        if exact:
            return self.expanded(exact.value)
        for entry in entries:
            if entry.name.startswith("~") and (match := self._matches(entry.name, source)):
                self.captured(match)
                return self.expanded(entry.value)
        default = next((entry for entry in entries if entry.name == "default"), None)
        return self.expanded(default.value) if default else ""

    def _matches(self, name: str, source: str) -> re.Match[str] | None:
        try:
            return matched(name.lstrip("~*"), source, name.startswith("~*"))
        except UnknownPatternError as error:
            raise UndecidedError(str(error)) from None

    def file(self, uri: str) -> str:
        """
        The path of the file that *uri* names here, by ``root`` or ``alias``.

        Raises:
            UndecidedError: where it is made up of something unknown.
            BrokenAliasError: where there is none.
        """
        root = self.config.effective(self.block).root
        if root is None:
            return f"html{uri}"
        base = self.expanded(root.value)
        if root.name == "root":
            return base.removesuffix("/") + uri
        if not self.fits_location:
            raise BrokenAliasError
        holder = root.parent
        owner = self.config.effective(holder).location if holder else None
        if owner is None or owner.is_regex:
            return base
        return base + uri[len(owner.pattern) :]


def _key(name: str) -> str | None:
    return None if name.startswith("~") or name == "default" else name.removeprefix("\\").lower()


def _host(request: Request) -> str:
    return request.target.host.lower().removesuffix(".")


def _http_host(request: Request) -> str:
    target = request.target
    is_usual = target.port == (443 if target.scheme == "https" else 80)
    return target.host if is_usual else f"{target.host}:{target.port}"


def _client(request: Request) -> str:
    if request.client is None:
        raise UndecidedError("the client's address is not known")
    return request.client


def _file(request: Request) -> str:
    try:
        return request.file(request.uri)
    except BrokenAliasError:
        return ""


_KNOWN: Mapping[str, Callable[[Request], str]] = {
    "uri": lambda request: request.uri,
    "document_uri": lambda request: request.uri,
    "args": lambda request: request.args,
    "query_string": lambda request: request.args,
    "is_args": lambda request: "?" if request.args else "",
    "request_uri": lambda request: request.target.raw,
    "request_method": lambda request: request.method,
    "host": _host,
    "http_host": _http_host,
    "scheme": lambda request: request.target.scheme,
    "https": lambda request: "on" if request.target.scheme == "https" else "",
    "server_name": lambda request: server_names(request.server)[0],
    "server_port": lambda request: str(request.target.port),
    "remote_addr": _client,
    "remote_user": lambda _: "",
    "content_type": lambda request: request.headers.get("content-type", ""),
    "content_length": lambda request: request.headers.get("content-length", ""),
    "request_filename": _file,
    "document_root": lambda request: request.file("").removesuffix("/"),
}
