"""Which types of answers gzip compresses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...finding import Edit, Severity
from ...nginx import Directive, NginxConfig
from ...place import Place
from ...policy import Policy
from ...rule import Report, rule
from .answering import answering, is_page
from .insertion import after, without, without_argument


@rule(
    "nginx/gzip-types-missing",
    Severity.WARNING,
    bad=(
        """
        http {
            gzip on;
            gzip_vary on;
            gzip_types text/plain text/css application/json text/xml;  # <-
        }
        """,
        """
        http {
            gzip on;  # <-
            gzip_vary on;
        }
        """,
        """
        server {
            listen 80;
            gzip on;
            gzip_types text/css application/json application/javascript;  # <-
            location / {
                root /srv/page;
            }
        }
        """,
    ),
    good=(
        """
        http {
            gzip on;
            gzip_vary on;
            gzip_types text/css text/javascript application/json image/svg+xml;
        }
        """,
        """
        server {
            listen 80;
            gzip on;
            gzip_types application/json;
            location /api/ {
                proxy_pass http://127.0.0.1:8080;
            }
        }
        """,
        """
        server {
            listen 80;
            gzip on;
            location / {
                gzip_types text/css;
            }
        }
        """,
        "gzip_types *;",
    ),
    fixed="""
        http {
            gzip on;
            gzip_vary on;
            gzip_types text/plain text/css application/json text/xml application/javascript image/svg+xml;
        }
    """,
    source="https://nginx.org/en/docs/http/ngx_http_gzip_module.html#gzip_types",
)
def gzip_types_missing(config: NginxConfig, policy: Policy) -> Iterator[Report]:
    """
    gzip is on, and does not compress what pages are made of.

    Unless `gzip_types` names more, nginx compresses `text/html` alone: scripts, styles, answers of an API and
    drawings go out three to five times larger than they need be.
    """
    for gzip in config.find("gzip"):
        block = gzip.parent
        if block is None or block.name != "http" or gzip.value.lower() != "on" or config.may_hold(block, "gzip_types"):
            continue
        if not any(found.name == "gzip_types" for found in block.walk()):
            wanted = " ".join(policy.gzip.recommended_types)
            message = "only text/html is compressed; add gzip_types, such as text/css and application/javascript"
            yield gzip.place, message, (after(gzip, f"gzip_types {wanted};"),)
    for block, lists in _lists(config):
        missing = _missing(lists, policy)
        if missing and config.effective(block).is_on("gzip", default=True) and _has_pages(config, block, policy):
            message = f"{_joined(missing)} {'is' if len(missing) == 1 else 'are'} not compressed; add what is missing"
            yield lists[0].place, message, (Edit(_behind(lists[0]), f" {' '.join(missing)}"),)


def _joined(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _behind(directive: Directive) -> Place:
    last = directive.arg_place(-1)
    return Place(last.path, last.end_line, last.end_column, last.end_line, last.end_column)


def _lists(config: NginxConfig) -> Iterator[tuple[Directive, Sequence[Directive]]]:
    """The lists of types of http and servers, those of one block together; a location knows what it answers."""
    for block in (*((config.http,) if config.http else ()), *config.servers):
        lists = list(block.find("gzip_types"))
        words = [word for found in lists for word in found.args]
        if lists and "*" not in words and not any(config.is_unknown(word) for word in words):
            yield block, lists


def _missing(lists: Sequence[Directive], policy: Policy) -> list[str]:
    given = [word.lower() for found in lists for word in found.args]
    return [
        wanted
        for wanted in policy.gzip.required_types
        if not any(policy.is_equivalent_type(wanted, word) for word in given)
    ]


def _has_pages(config: NginxConfig, block: Directive, policy: Policy) -> bool:
    """Whether a page may come from *block*; an API has no styles."""
    servers = [block] if block.name == "server" else config.servers
    blocks = [found for server in servers for found in answering(config, server)]
    return not servers or config.may_hold_inside(block, "location") or any(is_page(config, it, policy) for it in blocks)


@rule(
    "nginx/gzip-type-useless",
    Severity.INFO,
    bad=(
        """
        location / {
            gzip_types text/html text/css image/png;  # <-
        }
        """,
        """
        location / {
            gzip_types text/css
                application/json
                font/woff2;  # <-
        }
        """,
    ),
    good="""
        location / {
            gzip_types text/css application/json image/svg+xml font/ttf image/x-icon *;
        }
    """,
    fixed="""
        location / {
            gzip_types text/css;
        }
    """,
    source="https://nginx.org/en/docs/http/ngx_http_gzip_module.html#gzip_types",
)
def gzip_type_useless(config: NginxConfig, policy: Policy) -> Iterator[Report]:
    """
    A type in `gzip_types` that gains nothing there.

    Pictures, fonts of today, archives and films are compressed already: nginx works and saves nothing. `text/html` is
    always compressed, and nginx warns of the repetition at each start.
    """
    for found in config.find("gzip_types"):
        for index, word in enumerate(found.args):
            if word.lower() == "text/html":
                edit = without(found) if len(found.args) == 1 else without_argument(found, index)
                yield found.arg_place(index), "text/html is always compressed, so nginx warns; remove it", (edit,)
            elif word.lower() in policy.gzip.useless_types:
                edits = (without_argument(found, index),) if len(found.args) > 1 else ()
                yield found.arg_place(index), f"{word} is compressed already, gzip gains nothing; remove it", edits
