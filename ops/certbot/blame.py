"""Which location of our nginx answers a challenge, as the linter's model of the running configuration knows."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from ...lint.errors import LintError
from ...lint.files import Files
from ...lint.nginx.answer import Answer, answer
from ...lint.nginx.config import NginxConfig
from ...lint.nginx.reading import read
from ...lint.nginx.request import Disk
from ...lint.nginx.uri import BadUriError
from ..certificates.site import site_of, site_texts, tls_of
from ..edge import generation_files, live_files
from ..settings import EdgeSettings
from ..stack import Stack


def answering(stack: Stack, merged: Mapping[str, Any], url: str) -> str:
    """
    Who answers *url*, which asks for a challenge, with file and line; empty where the model cannot tell.

    Args:
        merged: The compose model, for what is mounted and published where.
    """
    edge = stack.settings.edge
    if edge is None:
        return ""
    try:
        return _words(_answer(stack, edge, merged, url))
    except (LintError, BadUriError):
        return ""


def _answer(stack: Stack, edge: EdgeSettings, merged: Mapping[str, Any], url: str) -> Answer:
    webroot, parts = _mounted_at(edge, merged, tls_of(stack).webroot), urlsplit(url)
    disk = _disk(f"{webroot}{parts.path}") if webroot else None
    port = _port(stack, edge, merged, parts.scheme)
    return answer(_configuration(stack, edge), f"{parts.scheme}://{parts.hostname}:{port}{parts.path}", disk=disk)


def _configuration(stack: Stack, edge: EdgeSettings) -> NginxConfig:
    """What runs, under the names of the files that it was made from."""
    files = live_files(edge) or generation_files(edge, site_texts(stack))
    main = edge.files[0]
    folder = main.parent.relative_to(stack.settings.root)
    texts = {str(folder / name): text for name, text in files.items()}
    texts[str(folder / main.name)] = texts.pop(str(folder / "nginx.conf"))
    return read(str(folder / main.name), Files(texts, only_overlay=True))


def _disk(token: str) -> Disk:
    """A disk with the token, and with the pages that applications fall back to."""

    def kind(path: str) -> Literal["file", "folder"] | None:
        if path.endswith("/"):
            return "folder"
        return "file" if path == token or path.endswith(".html") else None

    return kind


def _words(found: Answer) -> str:
    if found.server is None:
        return "nginx has no server for it"
    if found.location is None:
        where, who = found.server.place, "the server itself"
    else:
        where, who = found.location.directive.place, str(found.location)
    return f"{where}: {who} answers {_outcome(found)}"


def _outcome(found: Answer) -> str:
    if found.redirect:
        return f"{found.status or 'it'} to {found.redirect}"
    if found.status is None:
        return f"by {found.handler}" if found.handler else "it"
    root = found.effective.setting("root") if found.effective and found.handler in ("files", "error") else None
    return f"{found.status}" + (f" from {root.value}" if root else "")


def _port(stack: Stack, edge: EdgeSettings, merged: Mapping[str, Any], scheme: str) -> int:
    """The port inside the container that the world reaches as port 80 or 443."""
    site = site_of(stack)
    wanted, usual = (site.https_port, 443) if scheme == "https" else (site.http_port, 80)
    ports = merged["services"].get(edge.service, {}).get("ports") or ()
    return next((int(each["target"]) for each in ports if str(each.get("published")) == str(wanted)), usual)


def _mounted_at(edge: EdgeSettings, merged: Mapping[str, Any], folder: Path) -> str:
    """Where *folder* stands in the container of nginx; empty where it does not."""
    volumes = merged["services"].get(edge.service, {}).get("volumes") or ()
    return next((each["target"] for each in volumes if each.get("source") == str(folder)), "")
