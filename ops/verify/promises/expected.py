"""What an answer has to carry: the headers, compression and redirect of every nginx that it passes through."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from ....lint.nginx import Effective, ResponseHeader
from ....lint.nginx import proxy_pass as read_pass
from .running import Running

HIDDEN = {"date", "server", "x-pad", "x-accel-redirect", "x-accel-expires", "x-accel-limit-rate", "x-accel-buffering"}
HIDDEN |= {"x-accel-charset"}
"""What nginx never hands on from another server; Date and Server are its own then."""

COMPRESSED_STATUSES = (200, 403, 404)


@dataclass(frozen=True)
class Promised:
    """One header, and ``file:line`` of what promises it."""

    header: ResponseHeader
    place: str


@dataclass(frozen=True)
class Hop:
    """One nginx on the way of a request: what it answers, by its configuration."""

    nginx: Running
    answer: Any

    @property
    def settings(self) -> Effective:
        """The settings of the block that answers."""
        found: Effective = self.answer.effective
        return found


@dataclass(frozen=True)
class Expected:
    """
    Attributes:
        hops: The edge first.
        is_whole: Whether the last hop makes the answer itself, so that no other program can add to it.
        status: None where only the answer itself tells.
    """

    hops: tuple[Hop, ...]
    is_whole: bool
    status: int | None = None
    redirect: str = ""
    _places: Mapping[int, str] = field(default_factory=dict, repr=False)

    def headers(self, status: int) -> list[Promised]:
        """Every header that an answer with *status* has to have, those of the edge first."""
        found: list[Promised] = []
        for depth, hop in enumerate(self.hops):
            hidden = self._hidden(depth)
            found += [
                Promised(each, hop.nginx.place(each.place))
                for each in hop.settings.headers_for(status)
                if each.key not in hidden
            ]
        return found

    def _hidden(self, depth: int) -> set[str]:
        """What the hops before the one at *depth* do not hand on."""
        if depth == 0:
            return set()
        before = [hop.settings for hop in self.hops[:depth]]
        hides = {each.value.lower() for settings in before for each in settings.settings("proxy_hide_header")}
        return hides | HIDDEN

    def compresses(self, kind: str, length: int, status: int, path: str) -> bool | None:
        """Whether an answer of that type and length is compressed; None where another program may decide."""
        if status not in COMPRESSED_STATUSES:
            return None
        for hop in self.hops:
            compression = hop.settings.compression
            least = compression.min_length_bytes
            if compression.uses_files and self._has_twin(hop, path):
                return True
            if least is None:
                return None
            if compression.covers(kind) and length >= least:
                return True
        return False if self.is_whole else None

    def _has_twin(self, hop: Hop, path: str) -> bool:
        root = hop.settings.root
        if root is None or hop.answer.handler != "files":
            return False
        name = root.value.rstrip("/") + path if root.name == "root" else ""
        return bool(name) and hop.nginx.folder(f"{name}.gz") == "file"

    def varies(self) -> bool:
        """Whether the last nginx that may compress says so with Vary."""
        return any(hop.settings.compression.sends_vary for hop in self.hops)


def expected(nginxes: Sequence[Running], edge: Running, inside: str, path: str, **request: Any) -> Expected | None:
    """
    What a request for *path* meets, from *edge* on; None where the configuration cannot tell.

    Args:
        nginxes: Every nginx of the stack, since one may pass on to another.
        inside: The address without path, as the edge's configuration sees it.
    """
    hops = list(_hops(nginxes, edge, inside, path, request))
    if not hops or any(hop.answer.unknown or hop.answer.effective is None for hop in hops):
        return None
    last = hops[-1].answer
    whole = last.handler in ("files", "return", "error", "rewrite", "stub_status")
    return Expected(tuple(hops), whole, last.status, hops[0].answer.redirect)


def _hops(
    nginxes: Sequence[Running], edge: Running, inside: str, path: str, request: Mapping[str, Any]
) -> Iterator[Hop]:
    nginx, url = edge, inside + path
    for _ in nginxes:
        disk = nginx.folder if nginx.folder.is_known else None
        answer = nginx.config.answer(url, disk=disk, **request)
        yield Hop(nginx, answer)
        following = passed_to(nginxes, nginx, answer, inside, path)
        if following is None:
            return
        nginx, url = following


def passed_to(
    nginxes: Sequence[Running], nginx: Running, answer: Any, inside: str, path: str
) -> tuple[Running, str] | None:
    """The nginx of this stack that makes the answer, and the address it is asked for; None where it is no nginx."""
    if answer.handler != "proxy_pass" or answer.effective is None or answer.effective.handler is None:
        return None
    target = read_pass(answer.effective.handler)
    if target.uri or "$" in target.host or not target.host:
        return None
    upstream = nginx.config.upstreams.get(target.host)
    own = f"{target.host}:{target.port}" if target.port else target.host
    members = [each.value for each in upstream.find("server")] if upstream else [own]
    if len(members) != 1:
        return None
    service, _, port = members[0].partition(":")
    found = next((each for each in nginxes if service in each.names), None)
    name = urlsplit(inside).hostname or ""
    return (found, f"http://{name}:{port or 80}{path}") if found else None
