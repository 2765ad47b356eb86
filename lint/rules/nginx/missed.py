"""Names that no request has, and files that are looked for one folder too deep."""

from __future__ import annotations

from collections.abc import Iterator

from ...finding import Edit, Severity
from ...nginx import NginxConfig, location
from ...regex import regex
from ...rule import Report, rule
from .once import once

_PORT = regex(r"^[^:\[]+:\d+$")


@rule(
    "nginx/name-never-asked-for",
    Severity.WARNING,
    bad=(
        """
        server {
            server_name https://example.com;  # <-
            return 404;
        }
        """,
        "server { server_name example.com, www.example.com; return 404; }  # <-",
        "server { server_name 'example.com www.example.com'; return 404; }  # <-",
        "server { server_name example.com:8080; return 404; }  # <-",
    ),
    good=(
        r"server { server_name example.com www.example.com *.example.org ~^a[,/:]b$ _ ''; return 404; }",
        "server { server_name [::1] ::1 ${HOST}:80; return 404; }",
    ),
    fixed="""
        server {
            server_name example.com;
            return 404;
        }
    """,
    unsafe=True,
    source="https://nginx.org/en/docs/http/server_names.html",
)
def name_never_asked_for(config: NginxConfig) -> Iterator[Report]:
    """
    A `server_name` that holds more than a name: a scheme, a port, a comma, a space.

    nginx starts, at best with a warning about "suspicious symbols", and compares it with the name in each request,
    which never has any of these. The site is served by the default server, if at all. Names are set apart by spaces,
    outside of quotes.
    """
    yield from once(_names(config))


def _names(config: NginxConfig) -> Iterator[Report]:
    for directive in config.find("server_name"):
        for index, name in enumerate(directive.args):
            if name.startswith("~") or "$" in name or config.is_unknown(name):
                continue
            words = [word.rpartition("://")[2].partition("/")[0] for word in name.replace(",", " ").split()]
            words = [word.rpartition(":")[0] if _PORT.match(word) else word for word in words]
            meant = " ".join(filter(None, words))
            if meant != name or len(words) > 1:
                advice = f'write "{meant}"' if meant else "take it out"
                edits = (Edit(directive.arg_place(index), meant, safe=False),) if meant else ()
                yield directive.arg_place(index), f'no request is for a host called "{name}"; {advice}', edits


@rule(
    "nginx/root-doubles-path",
    Severity.WARNING,
    bad=(
        """
        location /images/ {
            root /srv/images;  # <-
        }
        """,
        "location ^~ /.well-known/acme-challenge/ { root /srv/acme/.well-known/acme-challenge/; }  # <-",
    ),
    good=(
        "location /images/ { root /srv; }",
        "location /images/ { alias /srv/images/; }",
        "location /images/ { root /srv/pictures-images; }",
        "location /app { root /srv/app; rewrite ^/app/(.*)$ /$1 break; }",
        "location / { root /srv; }",
        "location /app { root /srv/app; try_files /index.html =404; }",
    ),
    fixed="""
        location /images/ {
            root /srv;
        }
    """,
    unsafe=True,
    source="https://nginx.org/en/docs/http/ngx_http_core_module.html#root",
)
def root_doubles_path(config: NginxConfig) -> Iterator[Report]:
    """
    A `root` that ends in the path of its location.

    nginx puts the whole path behind the root: `/images/a.png` is looked for at `/srv/images/images/a.png`. Leave the
    path out of the root, or write `alias`.
    """
    yield from once(_doubled(config))


def _doubled(config: NginxConfig) -> Iterator[Report]:
    for block in config.locations:
        head, root = location(block), block.last("root")
        path = f"/{head.pattern.strip('/')}"
        if root is None or path == "/" or head.modifier not in ("", "^~") or config.is_unknown(root.value):
            continue
        folder = root.value.rstrip("/")
        tries = block.last("try_files")
        if not folder.endswith(path) or block.first("rewrite", "if") is not None:
            continue
        if tries is not None and not all("$uri" in word for word in tries.args[:-1]):
            continue  # a file of the folder itself is tried
        above = folder.removesuffix(path)
        edits = (Edit(root.arg_place(0), above, safe=False),) if above else ()
        advice = f'write "root {above};"' if above else "write an alias"
        yield root.arg_place(0), f'"{path}/a" is looked for at "{folder}{path}/a"; {advice}', edits
