"""What is defined and never used."""

from __future__ import annotations

from collections.abc import Iterator

from ...finding import Severity
from ...nginx import Directive, NginxConfig
from ...nginx.table import DATA_BLOCKS
from ...regex import regex
from ...rule import Report, rule
from .answering import is_whole
from .once import once

_MAKING = ("map", "geo", "split_clients")
_PROGRAMS = ("perl", "js_", "lua", "modsecurity", "njs", "ssi", "wasm")
"""What reads variables without naming them in a way that is seen here."""
_CACHES = ("proxy", "fastcgi", "uwsgi", "scgi")
_NAME = regex(r"\$\{?(\w+)")


@rule(
    "nginx/unused-variable",
    Severity.INFO,
    preset="strict",
    bad=(
        """
        http {
            server_tokens off;
            map $http_upgrade $connection_upgrade {  # <-
                default upgrade;
                '' close;
            }
            server { listen 127.0.0.1:81; return 404; }
        }
        """,
        """
        http {
            server_tokens off;
            server { listen 127.0.0.1:81; set $site one; return 404; }  # <-
        }
        """,
    ),
    good=(
        """
        http {
            server_tokens off;
            map $host $site { default a; }
            map $site $Folder { default /srv/a; }
            split_clients $remote_addr $variant { 50% a; * b; }
            server {
                listen 127.0.0.1:81;
                set $limit_rate 4k;
                set $kind "${variant}s";
                location = /x { return 200 "$kind $folder"; }
            }
        }
        """,
        "map $http_upgrade $connection_upgrade { default upgrade; '' close; }",
        "server { listen 127.0.0.1:81; set $site one; return 404; }",
    ),
    source="https://nginx.org/en/docs/http/ngx_http_map_module.html",
)
def unused_variable(config: NginxConfig) -> Iterator[Report]:
    """
    A variable that is set, by `set`, `map`, `geo` or `split_clients`, and never read.

    Often it is what is left of a location that is gone, or of a name that was misspelt where it should be read: a
    `map` for WebSockets that no `proxy_set_header Connection` names does nothing. Judged only where the whole
    configuration is at hand, and no program that may read variables is in it.
    """
    if is_whole(config) and not _may_hold_more(config):
        yield from once(_unused(config))


def _may_hold_more(config: NginxConfig) -> bool:
    """Whether a file that is not at hand may use anything; such as mime.types uses nothing."""
    return any(not unread.names for unread in config.unread)


def _unused(config: NginxConfig) -> Iterator[Report]:
    if any(name.startswith(_PROGRAMS) or "_by_lua" in name for name in {each.name for each in config.walk()}):
        return
    read = {name.lower() for each in config.walk() for name in _names_read(each)}
    for directive in config.find("set", *_MAKING):
        name = directive.value if directive.name == "set" else directive.args[-1] if directive.args else ""
        is_own = name[1:].lower() not in read and not _is_nginx_own(name[1:])
        if name.startswith("$") and is_own and not directive.is_inside("stream"):
            index = 0 if directive.name == "set" else len(directive.args) - 1
            yield directive.arg_place(index), f'nothing reads "{name}"; take it out, or look for a misspelt one'


def _names_read(directive: Directive) -> Iterator[str]:
    """The variables that *directive* reads; the one it sets is none of them."""
    skipped = (0,) if directive.name == "set" else (len(directive.args) - 1,) if directive.name in _MAKING else ()
    for index, arg in enumerate(directive.args):
        if index not in skipped:
            yield from _NAME.findall(arg)
    if directive.parent is not None and directive.parent.name in DATA_BLOCKS:
        yield from _NAME.findall(directive.name)


def _is_nginx_own(name: str) -> bool:
    """Whether setting it does something by itself."""
    return name.lower() in ("args", "limit_rate", "memcached_key") or name.startswith(("naxsi_", "modsecurity_"))


@rule(
    "nginx/unused-zone",
    Severity.INFO,
    preset="strict",
    bad=(
        """
        http {
            server_tokens off;
            proxy_cache_path /var/cache/nginx keys_zone=pages:10m;  # <-
            server { listen 127.0.0.1:81; return 404; }
        }
        """,
    ),
    good=(
        """
        http {
            server_tokens off;
            proxy_cache_path /var/cache/nginx keys_zone=pages:10m;
            fastcgi_cache_path /var/cache/php keys_zone=php:10m;
            map $host $zone { default php; }
            server { listen 127.0.0.1:81; fastcgi_cache $zone; location / { proxy_cache pages; return 404; } }
        }
        """,
        "proxy_cache_path /var/cache/nginx keys_zone=pages:10m;",
    ),
    source="https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_cache_path",
)
def unused_zone(config: NginxConfig) -> Iterator[Report]:
    """
    A cache that nothing is kept in: no `proxy_cache` or `fastcgi_cache` names its zone.

    Everybody who reads the file believes that answers are kept, and each goes to the back end.
    """
    if not is_whole(config) or _may_hold_more(config):
        return
    for kind in _CACHES:
        used = [each.value for each in config.find(f"{kind}_cache")]
        for directive in config.find(f"{kind}_cache_path"):
            index = next((i for i, word in enumerate(directive.args) if word.startswith("keys_zone=")), -1)
            name = directive.args[index].removeprefix("keys_zone=").partition(":")[0] if index > 0 else ""
            if name and name not in used and not any("$" in value for value in used):
                message = f'no "{kind}_cache" names the zone "{name}", so nothing is kept; add it'
                yield directive.arg_place(index), message


@rule(
    "nginx/unused-log-format",
    Severity.INFO,
    preset="strict",
    bad="""
        http {
            server_tokens off;
            log_format json escape=json '{"id": "$request_id"}';  # <-
            access_log /var/log/nginx/access.log;
        }
    """,
    good=(
        """
        http {
            server_tokens off;
            log_format json escape=json '{"id": "$request_id"}';
            access_log /var/log/nginx/access.log json;
        }
        """,
        'log_format json escape=json \'{"id": "$request_id"}\';',
    ),
    source="https://nginx.org/en/docs/http/ngx_http_log_module.html#log_format",
)
def unused_log_format(config: NginxConfig) -> Iterator[Report]:
    """
    A format that no `access_log` names.

    The log is written in nginx's own format `combined` instead, and what reads it looks in vain for what was added.
    """
    if not is_whole(config) or _may_hold_more(config):
        return
    used = {word.lower() for each in config.find("access_log") for word in each.args[1:]}
    formats = config.find("log_format")
    known = {"combined", *(each.value for each in formats)}
    if any(
        each.args[1] not in known and "=" not in each.args[1] for each in config.find("access_log") if each.args[1:]
    ):
        return  # perhaps a misspelt one, see nginx/missing-log-format
    for directive in formats:
        if directive.value and directive.value.lower() not in used and not directive.is_inside("stream"):
            yield directive.arg_place(0), f'no "access_log" is written in the format "{directive.value}"; name it there'
