"""Which family a file belongs to, by its name and by what it holds; and where files of a stack are looked for."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator

from .files import Files, ReadError
from .regex import regex

FAMILIES = ("nginx", "compose", "dockerfile", "env")

_YAML = (".yml", ".yaml")
_COMPOSE_NAME = regex(r"(docker-)?compose([._-].*)?\.ya?ml|.*[._-]compose\.ya?ml|.*stack\.ya?ml", re.I)
_COMPOSE_SURE = regex(r"(docker-)?compose([._-].*)?\.ya?ml", re.I)
_DOCKERFILE_NAME = regex(r"(Dockerfile|Containerfile)([._-].+)?|.+\.(Dockerfile|Containerfile)", re.I)
_ENV_NAME = regex(r"\.env([._-].+)?|.+\.env|([\w-]+\.)?env\.(example|sample|template|dist)|.+\.env\.[\w-]+", re.I)
_TEMPLATES = ("template", "tmpl", "tpl", "tftpl", "j2", "jinja", "jinja2", "erb", "ejs", "envsubst")
_COPIED = ("sample", "example", "dist")
_NGINX_NAME = regex(
    rf".*\.(nginx|vhost)|nginx\.({'|'.join(_TEMPLATES)})|.*\.conf(\.({'|'.join((*_TEMPLATES, *_COPIED))}))?", re.I
)
_NGINX_SURE = regex(rf"nginx.*\.conf(\..+)?|nginx.*\.vhost|nginx(\.({'|'.join(_TEMPLATES)}))?", re.I)
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
_STATEMENT = regex(r"\s*([A-Za-z][\w.-]*)([^;{}]*)([;{}])|[^;{}]*[;{}]")
_NGINX_WORD = regex(
    r"http|events|stream|mail|server|geo|types|upstream|map|location|split_clients|limit_except|if|rtmp|application|match"
    r"|charset_map|(?:add|proxy|fastcgi|uwsgi|scgi|grpc|ssl|gzip|brotli|client|limit|keepalive|tcp|auth|log|error|access|more"
    r"|js|lua|sub|perl|geoip2?|real|set|open|map|server|large|worker|send|reset|variables|default|underscores)_\w+|server_name"
    r"|listen|root|expires|try_files|return|rewrite|gzip|include|deny|allow|resolver|set|sendfile|alias|index|internal|break"
    r"|pid|user|load_module|satisfy|etag|charset|autoindex|aio|daemon|env|otel_\w+|acme_\w+|mgmt|hash|ip_hash|least_conn|zone"
)
_JUDGED = 20_000
"""How many characters of a file tell whether it is nginx's."""

_OTHER_CONF = regex(r"^\s*(?:\[[\w .:-]+\]|<\w+|\w[\w.-]*\s*=\s)", re.M)
_SECTION = regex(r"\[[\w .:-]+\]\s*$", re.M)
_COMPOSE_TEXT = regex(r"^(?:services|\"services\"|'services')\s*:", re.M)
_OVERLAY_TEXT = regex(r"^(?:services|include|networks|volumes|configs|secrets|\"services\"|'services')\s*:", re.M)
_WORKFLOW_TEXT = regex(r"^(?:jobs|apiVersion)\s*:", re.M)
_TEMPLATE_LINE = regex(r"^\s*(?:<%|\{%|\{\{-?\s*(?:if|range|define|end)\b)", re.M)
_DOCKERFILE_TEXT = regex(r"^\s*(?:FROM|ARG)\s+\S", re.M | re.I)
_INSTRUCTION = regex(
    r"(?:FROM|ARG|RUN|COPY|ADD|ENV|CMD|ENTRYPOINT|WORKDIR|USER|EXPOSE|VOLUME|LABEL|MAINTAINER|SHELL|HEALTHCHECK|ONBUILD"
    r"|STOPSIGNAL)\s|$",
    re.I,
)

_SKIPPED_FOLDERS = {"node_modules", "__pycache__", "venv", "site-packages", "vendor"}
_BUILT_FOLDERS = {"dist", "build", "target"}
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
            is_ours = not _SECTION.match(_beginning(text))
        else:
            is_ours = _is_nginx(text) and (_NGINX_NAME.fullmatch(name) is not None or not _is_prose(text))
        return "nginx" if is_ours else None
    if by_name == "compose":
        return "compose" if _is_compose(name, files.read(path)) else None
    if by_name == "dockerfile":
        return "dockerfile" if _is_dockerfile(name, files.read(path)) else None
    return by_name or _by_content(name, files.read(path))


def _is_compose(name: str, text: str) -> bool:
    if _OVERLAY_TEXT.search(text):
        return True
    return bool(_COMPOSE_SURE.fullmatch(name)) and not _WORKFLOW_TEXT.search(text)


def _is_dockerfile(name: str, text: str) -> bool:
    """Not so is another program's file beside a Dockerfile, and a template of which only the result can be read."""
    is_other = "." in name and not _INSTRUCTION.match(_without_comments(text))
    return not is_other and not _TEMPLATE_LINE.search(text)


def family_by_name(path: str) -> str | None:
    """What the name alone says; a ``*.conf`` may be nginx's or another program's."""
    name = os.path.basename(path)  # noqa: PTH119
    if name.endswith((".dockerignore", ".py", ".md", ".sh", "~", ".bak", ".swp", ".orig", ".rej", ".m4")):
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

    Hidden folders, dependencies and what a build made are not entered, nor links to folders. Of a file and a link to it
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
        folders[:] = () if is_end else sorted(name for name in folders if _is_entered(folder, parent, name))
        for name in sorted(names):
            path = os.path.join(parent, name)  # noqa: PTH118 - as above
            if family_by_name(path) and os.path.isfile(path):  # noqa: PTH113 - as above
                yield os.path.normpath(path)


def _is_entered(root: str, parent: str, name: str) -> bool:
    if name.startswith(".") or name in _SKIPPED_FOLDERS:
        return False
    return name not in _BUILT_FOLDERS or not _is_result(root, parent, name)


def _is_result(root: str, parent: str, name: str) -> bool:
    """Whether a folder of such a name is what a build made, not a place of sources: git ignores it, or it looks so."""
    try:
        from pathlib import Path  # noqa: PLC0415 - few trees have such a folder

        inside = set(os.listdir(os.path.join(parent, name)))  # noqa: PTH118, PTH208 - as above
        ignoring = [
            file.read_text(errors="replace")
            for file in (Path(parent, ".gitignore"), Path(root, ".gitignore"))
            if file.is_file()
        ]
    except OSError:
        return True
    if inside & {"index.html", "lib", "classes", "debug", "release", "CACHEDIR.TAG"}:
        return True
    return any(line.strip().strip("*/") == name for text in ignoring for line in text.splitlines())


def _by_content(name: str, text: str) -> str | None:
    if name.lower().endswith(_YAML):
        return "compose" if _COMPOSE_TEXT.search(text) else None
    if "." in name and not name.lower().endswith((".conf", ".inc", ".txt", *(f".{end}" for end in _TEMPLATES))):
        return None
    if _is_nginx(text) and not _is_prose(text):
        return "nginx"
    return "dockerfile" if _DOCKERFILE_TEXT.match(_without_comments(text)) else None


def _is_nginx(text: str) -> bool:
    if not _NGINX_TEXT.search(text):
        return False
    bare = _beginning(text)
    return not _OTHER_CONF.match(bare) and ("_by_lua" in text or _speaks_nginx(bare[:_JUDGED]))


def _speaks_nginx(text: str) -> bool:
    """Whether more statements begin with a word of nginx than with blocks or lines of another language."""
    known = foreign = 0
    for match in _STATEMENT.finditer(text):
        word, rest, end = match.groups()
        if word is None:
            continue
        if _NGINX_WORD.fullmatch(word) and not rest.lstrip().startswith("="):
            known += 1
        elif end == "{" or "\n" in rest.strip():
            foreign += 1 + rest.strip().count("\n")
    return known > foreign


def _is_prose(text: str) -> bool:
    """Whether most lines end as no statement does: a README or a licence in a folder called nginx."""
    lines = [line.partition(" #")[0].rstrip() for line in _without_comments(text).splitlines() if line.strip()]
    ended = sum(line.endswith((";", "{", "}")) for line in lines)
    return ended * 2 < len(lines)


def _beginning(text: str) -> str:
    """What is left of *text* without comments, or at least the first `_JUDGED` characters of that."""
    start = _without_comments(text[: 4 * _JUDGED])
    return start if len(start) > _JUDGED else _without_comments(text)


def _without_comments(text: str) -> str:
    lines = (line for line in text.lstrip("\ufeff").splitlines() if not line.lstrip().startswith(("#", ";")))
    return "\n".join(lines).lstrip()


__all__ = ["FAMILIES", "ReadError", "by_family", "family_by_name", "family_of", "found_below"]
