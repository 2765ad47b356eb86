"""Variables that nobody sets."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ...finding import Edit, Severity
from ...nginx import Directive, NginxConfig
from ...nginx.checks import is_typing_slip
from ...nginx.table import DATA_BLOCKS, masks
from ...regex import regex
from ...rule import Report, rule
from .once import once
from .targets import VARIABLE

_NAMES = """
ancient_browser ancient_browser_value args binary_remote_addr body_bytes_sent bytes_sent connection
connection_requests connection_time connections_active connections_reading connections_waiting
connections_writing content_length content_type date_gmt date_local document_root document_uri
fastcgi_path_info fastcgi_script_name gzip_ratio host hostname http2 http3 https invalid_referer is_args
is_request_port limit_conn_status limit_rate limit_req_status memcached_key modern_browser
modern_browser_value msec msie nginx_version pid pipe proxy_add_x_forwarded_for proxy_host
proxy_internal_body_length proxy_internal_chunked proxy_port proxy_protocol_addr proxy_protocol_port
proxy_protocol_server_addr proxy_protocol_server_port query_string realip_remote_addr realip_remote_port
realpath_root remote_addr remote_port remote_user request request_body request_body_file request_completion
request_filename request_id request_length request_method request_port request_time request_uri scheme
secure_link secure_link_expires server_addr server_name server_port server_protocol slice_range
status tcpinfo_rtt time_iso8601 time_local uid_got uid_reset uid_set uri upstream_addr
upstream_bytes_received upstream_bytes_sent upstream_cache_age upstream_cache_key upstream_cache_last_modified
upstream_cache_etag upstream_cache_status upstream_connect_time upstream_first_byte_time upstream_header_time
upstream_last_server_name upstream_queue_time upstream_response_length upstream_response_time
upstream_session_time upstream_status
"""
_KNOWN = frozenset(_NAMES.split())
_FAMILIES = (
    "arg_",
    "cookie_",
    "http_",
    "sent_http_",
    "sent_trailer_",
    "upstream_http_",
    "upstream_cookie_",
    "upstream_trailer_",
    "proxy_protocol_tlv_",
    "ssl_",
    "tcpinfo_",
    "geoip_",
    "geoip2_",
    "jwt_",
    "otel_",
    "opentelemetry_",
    "acme_",
    "brotli_",
    "zstd_",
    "lua_",
    "js_",
    "trailer_",
    "quic_",
    "http3_",
    "oidc_",
)
_SETTING = ("set", "auth_request_set", "perl_set", "js_set", "js_var")
_FOREIGN = ("js_import", "js_include", "perl_modules", "modsecurity", "load_module")

_PLACES: dict[str, slice] = {
    "return": slice(0, None),
    "rewrite": slice(1, 2),
    "set": slice(1, 2),
    "add_header": slice(1, 2),
    "proxy_set_header": slice(1, 2),
    "grpc_set_header": slice(1, 2),
    "fastcgi_param": slice(1, 2),
    "uwsgi_param": slice(1, 2),
    "proxy_pass": slice(0, 1),
    "root": slice(0, 1),
    "alias": slice(0, 1),
    "try_files": slice(0, None),
    "if": slice(0, 1),
    "log_format": slice(1, None),
    "map": slice(0, 1),
    "proxy_cache_key": slice(0, 1),
    "limit_req_zone": slice(0, 1),
    "limit_conn_zone": slice(0, 1),
}
"""The arguments of each directive in which nginx fills variables in."""

_NAMELESS = regex(r"\$(?![\w{])")
_NAMELESS_PLACES = {
    name: places for name, places in _PLACES.items() if name not in ("if", "map", "log_format", "limit_conn_zone")
}


@rule(
    "nginx/undefined-variable",
    Severity.ERROR,
    bad=(
        """
        location / {
            proxy_set_header Host $hots;  # <-
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_pass http://backend;
        }
        """,
        """
        http {
            server_tokens off;
            server {
                listen 80;
                location /ws/ {
                    proxy_set_header Upgrade $http_upgrade;
                    proxy_set_header Connection $connection_upgrade;  # <-
                    proxy_pass http://127.0.0.1:8000;
                }
            }
        }
        """,
        "location / { if ($reqest_method = POST) { return 405; } }  # <-",
        "location = /price { return 200 'costs 5$'; }  # <-",
    ),
    good=(
        r"""
        http {
            server_tokens off;
            map $http_upgrade $connection_upgrade { default upgrade; "" close; }
            geo $is_office { default 0; 10.0.0.0/8 1; }
            server {
                listen 80;
                server_name ~^(?<tenant>[a-z]+)\.example\.com$;
                location ~ ^/(?P<kind>a|b)/ { set $Answer "$tenant $kind $is_office $connection_upgrade"; return 204; }
                location = /x { return 301 /y?a=$answer&b=$arg_b&c=$cookie_c; }
            }
        }
        """,
        "location / { root /srv/$my_own_tenant; }",
        "server { location / { rewrite ^/(a|b)$ /c/$1; return 404; } }",
    ),
    fixed="""
        location / {
            proxy_set_header Host $host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_pass http://backend;
        }
    """,
    unsafe=True,
    source="https://nginx.org/en/docs/varindex.html",
)
def undefined_variable(config: NginxConfig) -> Iterator[Report]:
    """
    A variable that is neither nginx's own nor set anywhere.

    nginx does not start: `unknown "hots" variable`. The commonest is `$connection_upgrade`, which is none of nginx's:
    it needs its `map`. In a part of a configuration, whose other files may set it, only what is one slip away from a
    variable of nginx is reported; where modules are loaded, which may bring their own, likewise.
    """
    yield from once((*_nameless(config), *_undefined(config)))


def _nameless(config: NginxConfig) -> Iterator[Report]:
    """Arguments with a dollar and no name behind it, which nginx takes for a variable all the same."""
    for directive in config.find(*_NAMELESS_PLACES):
        if "$" not in "".join(directive.args) or directive.is_inside("stream", "mail"):
            continue
        for index in range(*_NAMELESS_PLACES[directive.name].indices(len(directive.args))):
            arg = directive.args[index]
            if "$" in arg and _NAMELESS.search(arg) and not config.is_unknown(arg) and "{{" not in directive.file.text:
                message = 'nginx does not start: no name follows the "$"; to write one, take it from a geo or a map'
                yield directive.arg_place(index), message


def _undefined(config: NginxConfig) -> Iterator[Report]:
    known: set[str] | None = None
    close_to: dict[str, str] = {}
    is_whole = _is_whole(config)
    for directive, index, name in _used(config):
        if name in _KNOWN or name.isdigit() or name.startswith(_FAMILIES):
            continue
        known = _defined(config) if known is None else known
        if name in known:
            continue
        if name not in close_to:
            close_to[name] = _close(name, known)
        close = close_to[name]
        if is_whole or (close and not close.startswith(name) and not name.startswith(close)):
            what = f'did you mean "${close}"?' if close else "set it, or write its map"
            yield (
                directive.arg_place(index),
                f'nginx does not start: nobody sets "${name}"; {what}',
                _respelt(directive, index, name, close),
            )


def _respelt(directive: Directive, index: int, name: str, close: str) -> tuple[Edit, ...]:
    text = directive.arg_text(index)
    new = re.sub(rf"(?i)(\$\{{?){name}\b", lambda found: f"{found[1]}{close}", text)
    return (Edit(directive.arg_place(index), new, safe=False),) if close and new != text else ()


def _used(config: NginxConfig) -> Iterator[tuple[Directive, int, str]]:
    """Each variable that is used, in lower case, and the argument it stands in."""
    has_others = config.has("stream", "mail")
    for name, places in _PLACES.items():
        for directive in config.find(name):
            if not (has_others and directive.is_inside("stream", "mail")):
                yield from _in_arguments(config, directive, places)
    for block in config.find("map"):
        for entry in block.children if not block.is_inside("stream") else ():
            yield from _in_arguments(config, entry, slice(0, 1))


def _in_arguments(config: NginxConfig, directive: Directive, places: slice) -> Iterator[tuple[Directive, int, str]]:
    for arg in directive.args:
        if "$" in arg:
            break
    else:
        return
    for index in range(*places.indices(len(directive.args))):
        arg = directive.args[index]
        if "$" in arg and not config.is_unknown(arg):
            for found in VARIABLE.finditer(arg):
                yield directive, index, (found[1] or found[2]).lower()


def unset(configs: Sequence[NginxConfig]) -> Iterator[tuple[Directive, int, str]]:
    """What all of *configs* together, a whole but for its main file, use and nobody sets; slips are a fault apart."""
    if any(config.has(*_FOREIGN) or not all(each.names for each in config.unread) for config in configs):
        return
    known = set[str]().union(*(_defined(config) for config in configs))
    for config in configs:
        for directive, index, name in _used(config):
            is_known = name in _KNOWN or name in known or name.isdigit() or name.startswith(_FAMILIES)
            if not is_known and not _close(name, known):
                yield directive, index, name


def _is_whole(config: NginxConfig) -> bool:
    return config.http is not None and all(each.names for each in config.unread) and not config.has(*_FOREIGN)


def _defined(config: NginxConfig) -> set[str]:
    """What the configuration sets itself: by a directive with ``$name``, or by a named group."""
    table, found = masks(), set[str]()
    for directive in config.walk():
        if directive.name in ("map", "geo", "split_clients", "num_map"):
            found.update(directive.args[-1:])
        elif directive.name.startswith(_SETTING) or (directive.name not in table and not _is_entry(directive)):
            found.update(word for word in (directive.name, *directive.args[:1]) if word.startswith("$"))
    for text in config.files.values():
        found.update(match[1] for match in re.finditer(r"\(\?(?:P?<|')([A-Za-z_]\w*)[>']", text))
    return {name.removeprefix("$").lower() for name in found}


def _is_entry(directive: Directive) -> bool:
    """Whether it is a pair of a ``map`` or the like, which sets nothing."""
    return directive.parent is not None and directive.parent.name in DATA_BLOCKS


def _close(name: str, known: set[str]) -> str:
    """The variable that *name* is one slip of the fingers away from; nothing where there is none or several."""
    close = [each for each in _KNOWN | known if is_typing_slip(name, each)]
    return close[0] if len(close) == 1 else ""
