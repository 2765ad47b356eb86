"""Files that nobody meant to publish."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence

from ...finding import Edit, Severity
from ...nginx import Directive, Location, NginxConfig, location, server_names
from ...nginx.asking import reply
from ...nginx.locations import locations
from ...nginx.patterns import UnknownPatternError, matched
from ...rule import Report, rule
from .answering import is_site, is_whole, servers
from .insertion import after

_SECRET_FILES = ("auth_basic_user_file", "ssl_certificate_key", "ssl_password_file", "proxy_ssl_certificate_key")
_DOTFILES = ("/.git/config", "/.env")

Served = tuple[Directive, Directive]
"""A server, and its ``root`` or ``alias``."""


@rule(
    "nginx/secret-file-served",
    Severity.ERROR,
    bad=(
        """
        server {
            server_name example.com;
            root /srv/site;
            location / {
                auth_basic "staff only";
                auth_basic_user_file /srv/site/conf/users;  # <-
                satisfy any;
                allow all;
            }
        }
        """,
        """
        server {
            listen 443 ssl;
            ssl_certificate /var/www/tls/site.pem;
            ssl_certificate_key //var/www/tls/site.key;  # <-
            root /var/www;
        }
        """,
    ),
    good=(
        """
        server {
            root /srv/site;
            auth_basic "staff only";
            auth_basic_user_file /srv/users;
        }
        """,
        """
        server {
            root /srv/site;
            location = /status { auth_basic "staff only"; auth_basic_user_file /srv/site/.htpasswd; }
            location ~ /\\.ht { deny all; }
        }
        """,
        "server { ssl_certificate_key /etc/nginx/tls/site.key; root /srv/site; }",
    ),
    source="https://cwe.mitre.org/data/definitions/219.html",
)
def secret_file_served(config: NginxConfig) -> Iterator[Report]:
    """
    A key or a file of passwords inside a folder that is served.

    Whoever guesses the name downloads it. Keep such files outside every `root`. Reported is what this nginx answers
    with the file itself, without asking for a password.
    """
    secrets = [each for each in config.find(*_SECRET_FILES) if each.value.startswith("/") and "$" not in each.value]
    served = _served(config) if secrets else {}
    for directive in secrets:
        path = _plain(directive.value)
        uri = next((uri for uri in _ways_to(config, path, served) if uri), None)
        if uri:
            message = f'"{directive.value}" is served as "{uri}"; move it out of the folder'
            yield directive.arg_place(0), message


def _served(config: NginxConfig) -> Mapping[str, list[Served]]:
    """The folders that are served, each with the servers that do."""
    found: dict[str, list[Served]] = {}
    for directive in config.find("root", "alias"):
        server = directive.enclosing("server")
        holders = [server] if server else config.servers if directive.is_inside("http") else []
        if directive.value.startswith("/") and "$" not in directive.value:
            folder = _plain(directive.value)
            found.setdefault(folder, []).extend((holder, directive) for holder in holders)
    return found


def _ways_to(config: NginxConfig, path: str, served: Mapping[str, list[Served]]) -> Iterator[str]:
    """The address of the file at *path*, for each way in which it is served."""
    folder = path
    while folder != "/":
        folder = posixpath.dirname(folder)
        rest = path[len(folder.rstrip("/")) :]
        for server, directive in served.get(folder, ()):
            yield _way_to(config, server, directive, rest)


def _plain(path: str) -> str:
    """An absolute path without ``..`` and with one slash at its start, where POSIX lets two have a meaning."""
    return f"/{posixpath.normpath(path).lstrip('/')}"


def _way_to(config: NginxConfig, server: Directive, directive: Directive, rest: str) -> str:
    uri = rest
    if directive.name == "alias":
        block = directive.enclosing("location")
        head = location(block) if block else None
        if head is None or not head.is_prefix:
            return ""
        uri = f"{head.pattern.rstrip('/')}{rest}"
    answer = reply(config, server, uri)
    if answer is None or answer.status != 200 or answer.by is not None:  # noqa: PLR2004 - the status of a file
        return ""
    return uri if config.effective(answer.block).root is directive else ""


@rule(
    "nginx/dotfiles-served",
    Severity.WARNING,
    bad="""
        events {}
        http {
            include mime.types;
            server {
                listen 80;
                server_name example.com;
                root /srv/site;  # <-
                location / {
                    try_files $uri $uri/ =404;
                }
            }
        }
    """,
    good=(
        """
        server {
            listen 80;
            root /srv/site;
            location ~ /\\.(?!well-known) { deny all; }
        }
        """,
        """
        server {
            listen 80;
            root /srv/acme;
            location ^~ /.well-known/acme-challenge/ { try_files $uri =404; }
            location / { return 301 https://example.com$request_uri; }
        }
        """,
    ),
    fixed="""
        events {}
        http {
            include mime.types;
            server {
                listen 80;
                server_name example.com;
                root /srv/site;
                location ~ /\\.(?!well-known) { return 404; }
                location / {
                    try_files $uri $uri/ =404;
                }
            }
        }
    """,
    unsafe=True,
    lacks=True,
    source="https://github.com/h5bp/server-configs-nginx/blob/main/h5bp/location/security_file_access.conf",
)
def dotfiles_served(config: NginxConfig) -> Iterator[Report]:
    """
    Hidden files are served like all others.

    `.git` holds the whole source with its history, `.env` the passwords; scanners ask every host for both. It is
    reported for a whole site, once for each `root`, where this nginx answers with such a file if it is there.
    `.well-known` stays open, since certificates are renewed by it.
    """
    seen: set[tuple[str, int]] = set()
    for server in servers(config):
        if config.may_hold(server, "location", "return") or not (is_whole(config) or is_site(server)):
            continue
        found = {uri: root for uri in _reached(config, server) if (root := _root_of(config, server, uri))}
        root = next(iter(found.values()), None)
        if root is None or (root.file.path, root.token) in seen:
            continue
        seen.add((root.file.path, root.token))
        uri, name = next(iter(found)), server_names(server)[0] or "this server"
        message = f'"{uri}" would be served from "{root.value}" by {name}; add "location ~ /\\.(?!well-known)"'
        yield root.place, message, _closed(server, root)


def _reached(config: NginxConfig, server: Directive) -> Sequence[str]:
    """Those of `_DOTFILES` that may be answered with a file; most servers show at a glance that they answer none."""
    if config.has("rewrite", "if"):
        return _DOTFILES
    own = locations(server)
    open_ = [each for each in own if each.directive.first("location") or _may_serve(config, each.directive)]
    if not any(each.is_prefix and each.pattern == "/" for each in own) and _may_serve(config, server):
        return _DOTFILES
    return [uri for uri in _DOTFILES if any(_may_answer(each, uri) for each in open_)]


def _may_serve(config: NginxConfig, block: Directive) -> bool:
    at = config.effective(block)
    return at.handler is None and at.root is not None


def _may_answer(head: Location, uri: str) -> bool:
    if not head.is_regex:
        return uri.startswith(head.pattern)
    try:
        return matched(head.pattern, uri, head.modifier == "~*") is not None
    except UnknownPatternError:
        return True


def _root_of(config: NginxConfig, server: Directive, uri: str) -> Directive | None:
    answer = reply(config, server, uri)
    if answer is None or answer.status != 200 or answer.by is not None:  # noqa: PLR2004 - the status of a file
        return None
    at = config.effective(answer.block)
    root = at.root
    return root if root and at.handler is None and root.name == "root" and root.value.startswith("/") else None


def _closed(server: Directive, root: Directive) -> tuple[Edit, ...]:
    if root.parent is not server or root.via is not server.via:
        return ()
    return (after(root, "location ~ /\\.(?!well-known) { return 404; }", safe=False),)


@rule(
    "nginx/folder-listing",
    Severity.WARNING,
    bad="location /files/ { autoindex on; }  # <-",
    good=(
        "autoindex off;",
        "location /files/ { autoindex on; auth_basic 'staff only'; auth_basic_user_file /etc/nginx/users; }",
        "location /files/ { internal; autoindex on; }",
        "location /files/ { autoindex on; allow 10.0.0.0/8; deny all; }",
    ),
    fixed="location /files/ { autoindex off; }",
    source="https://cwe.mitre.org/data/definitions/548.html",
    covers=("nginx-lint:autoindex-enabled",),
)
def folder_listing(config: NginxConfig) -> Iterator[Report]:
    """
    Folders are listed for everybody.

    The list shows backups, drafts and old versions that no page links to. Where the list is the purpose, a mirror or
    downloads, say so by a suppression.
    """
    for directive in config.find("autoindex"):
        if directive.value.lower() != "on" or directive.parent is None:
            continue
        at = config.effective(directive.parent)
        if at.access.is_open and at.setting("internal") is None:
            message = 'everybody sees what is in the folder; write "autoindex off"'
            yield directive.arg_place(0), message, (Edit(directive.arg_place(0), "off"),)
