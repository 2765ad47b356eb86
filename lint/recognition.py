"""Which family a file belongs to, by its name and by what it holds; and where files of a stack are looked for."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from .files import Files, ReadError
from .regex import regex

FAMILIES = ("nginx", "compose", "dockerfile", "env")

_YAML = (".yml", ".yaml")
_COMPOSE_NAME = regex(r"(docker-)?compose([._-].*)?\.ya?ml|.*[._-]compose\.ya?ml|.*stack\.ya?ml", re.I)
_DOCKERFILE_NAME = regex(r"(Dockerfile|Containerfile)([._-].+)?|.+\.(Dockerfile|Containerfile)", re.I)
_ENV_NAME = regex(r"\.env([._-].+)?|.+\.env|([\w-]+\.)?env\.(example|sample|template|dist)|.+\.env\.[\w-]+", re.I)
_TEMPLATES = ("template", "tmpl", "tpl", "j2", "jinja", "jinja2", "erb", "ejs", "envsubst")
_NGINX_NAME = regex(rf".*\.(nginx|vhost)|.*\.conf(\.({'|'.join(_TEMPLATES)}))?", re.I)
_NGINX_SURE = regex(r"nginx.*\.conf(\..+)?|nginx.*\.vhost|nginx", re.I)
_NGINX_FOLDERS = {"nginx", "sites-available", "sites-enabled", "snippets"}

_NGINX_TEXT = regex(
    r"^\s*(?:"
    r"(?:http|events|stream|mail|server|geo|types)\s*\{"
    r"|(?:upstream|map|location|split_clients|limit_except)\s[^;{}\n]*\{"
    r"|(?:add_header|proxy_\w+|fastcgi_\w+|server_name|ssl_\w+|gzip\w*|listen|root|expires|try_files|return|rewrite"
    r"|worker_processes|client_\w+|access_log|error_log|limit_\w+|include|deny|allow|keepalive_\w+|server_tokens"
    r"|resolver|set|default_type|log_format|sendfile|tcp_\w+|auth_\w+|alias|index|error_page|map_\w+|pid|user"
    r"|load_module|server|zone)\s[^{}\n]*;"
    r")",
    re.M,
)
_OTHER_CONF = regex(r"^\s*(?:\[[\w .:-]+\]|<\w+|\w[\w.-]*\s*=\s)", re.M)
_SECTION = regex(r"\[[\w .:-]+\]\s*$", re.M)
_COMPOSE_TEXT = regex(r"^(?:services|\"services\"|'services')\s*:", re.M)
_DOCKERFILE_TEXT = regex(r"^\s*(?:FROM|ARG)\s+\S", re.M | re.I)

_SKIPPED_FOLDERS = {"node_modules", "__pycache__", "venv", "site-packages", "dist", "build", "target", "vendor"}
_DEEPEST = 8
_MOST_FOLDERS = 5000


def family_of(path: str, files: Files) -> str | None:
    """
    The family of the file at *path*, or None when it is none of ours.

    Raises:
        ReadError: when the name does not decide and the file cannot be read.
    """
    name = os.path.basename(path)  # noqa: PTH119 - a Path for each of thousands of names costs
    by_name = family_by_name(path)
    if by_name == "nginx":
        text = files.read(path)
        if _NGINX_SURE.fullmatch(name):
            is_ours = not _SECTION.match(_without_comments(text))
        else:
            is_ours = _is_nginx(text) and (_NGINX_NAME.fullmatch(name) is not None or not _is_prose(text))
        return "nginx" if is_ours else None
    return by_name or _by_content(name, files.read(path))


def family_by_name(path: str) -> str | None:
    """What the name alone says; a ``*.conf`` may be nginx's or another program's."""
    name = os.path.basename(path)  # noqa: PTH119
    if name.endswith((".dockerignore", ".py", ".md", ".sh", "~", ".bak", ".swp")):
        return None
    if _COMPOSE_NAME.fullmatch(name):
        return "compose"
    if _DOCKERFILE_NAME.fullmatch(name):
        return "dockerfile"
    if _ENV_NAME.fullmatch(name):
        return "env"
    is_nginx = _NGINX_NAME.fullmatch(name) or os.path.basename(os.path.dirname(path)) in _NGINX_FOLDERS  # noqa: PTH119, PTH120
    return "nginx" if is_nginx else None


def by_family(paths: Iterable[str], files: Files) -> dict[str, list[str]]:
    """The *paths* by family; those of no family are left out."""
    grouped: dict[str, list[str]] = {name: [] for name in FAMILIES}
    for path in paths:
        name = family_of(path, files)
        if name is not None:
            grouped[name].append(path)
    return grouped


def found_below(folder: str) -> Iterator[str]:
    """
    The files below *folder* whose names may be ours, sorted within each folder.

    Hidden folders, dependencies and build results are not entered, nor links to folders. Of a file and a link to it
    the file is meant, but in a folder such as ``sites-enabled``, where nginx reads the link.
    """
    names = list(_found(folder))
    links = {path: os.path.realpath(path) for path in names if os.path.islink(path)}  # noqa: PTH114 - as below
    found = {os.path.realpath(path) for path in names if path not in links}
    meant = {target for path, target in links.items() if os.path.dirname(path).endswith("enabled")}  # noqa: PTH120
    for path in names:
        target = links.get(path)
        is_shadow = os.path.realpath(path) in meant if target is None else target in found - meant
        if not is_shadow:
            yield path


def _found(folder: str) -> Iterator[str]:
    left = _MOST_FOLDERS
    for parent, folders, names in os.walk(folder):
        left -= 1
        depth = parent[len(folder) :].count(os.sep)
        is_end = left <= 0 or depth >= _DEEPEST
        folders[:] = () if is_end else sorted(name for name in folders if _is_entered(name))
        for name in sorted(names):
            path = os.path.join(parent, name)  # noqa: PTH118 - as above
            if family_by_name(path) and Path(path).is_file():
                yield os.path.normpath(path)


def _is_entered(name: str) -> bool:
    return not name.startswith(".") and name not in _SKIPPED_FOLDERS


def _by_content(name: str, text: str) -> str | None:
    if name.lower().endswith(_YAML):
        return "compose" if _COMPOSE_TEXT.search(text) else None
    if "." in name and not name.lower().endswith((".conf", ".inc", ".txt", *(f".{end}" for end in _TEMPLATES))):
        return None
    if _is_nginx(text) and not _is_prose(text):
        return "nginx"
    return "dockerfile" if _DOCKERFILE_TEXT.match(_without_comments(text)) else None


def _is_nginx(text: str) -> bool:
    return bool(_NGINX_TEXT.search(text)) and not _OTHER_CONF.match(_without_comments(text))


def _is_prose(text: str) -> bool:
    """Whether most lines end as no statement does: a README or a licence in a folder called nginx."""
    lines = [line.partition(" #")[0].rstrip() for line in _without_comments(text).splitlines() if line.strip()]
    ended = sum(line.endswith((";", "{", "}")) for line in lines)
    return ended * 2 < len(lines)


def _without_comments(text: str) -> str:
    lines = (line for line in text.lstrip("\ufeff").splitlines() if not line.lstrip().startswith(("#", ";")))
    return "\n".join(lines).lstrip()


__all__ = ["FAMILIES", "ReadError", "by_family", "family_by_name", "family_of", "found_below"]
