"""A cache that hands one visitor's answer to another."""

from __future__ import annotations

from collections.abc import Iterator

from ...finding import Severity
from ...nginx import Directive, NginxConfig, server_names
from ...regex import regex
from ...rule import Report, rule

_VARIABLE = regex(r"\$\{?(\w+)")
_OF_REQUEST = ("arg_", "http_", "request", "host", "uri", "args", "scheme", "remote_", "upstream_http_", "is_args")
_KINDS = ("proxy", "fastcgi", "uwsgi", "scgi")
_HOSTS = ("host", "server_name", "proxy_host", "ssl_server_name", "http_host", "upstream_addr")


@rule(
    "nginx/cache-of-cookies",
    Severity.WARNING,
    bad="""
        location / {
            proxy_pass http://127.0.0.1:8080;
            proxy_cache pages;
            proxy_ignore_headers Cache-Control Set-Cookie;  # <-
        }
    """,
    good=(
        """
        location / {
            proxy_pass http://127.0.0.1:8080;
            proxy_cache pages;
            proxy_ignore_headers Set-Cookie;
            proxy_hide_header Set-Cookie;
        }
        """,
        """
        location / {
            fastcgi_pass 127.0.0.1:9000;
            fastcgi_cache pages;
            fastcgi_ignore_headers Cache-Control Expires Set-Cookie;
            fastcgi_cache_bypass $http_cookie;
            fastcgi_no_cache $http_cookie;
        }
        location /a/ {
            proxy_ignore_headers Set-Cookie;
            proxy_pass http://127.0.0.1:8080;
        }
        """,
    ),
    source="https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_ignore_headers",
)
def cache_of_cookies(config: NginxConfig) -> Iterator[Report]:
    """
    An answer that sets a cookie is kept, and handed to the next visitor with that cookie.

    nginx does not keep such answers by itself; `proxy_ignore_headers Set-Cookie` makes it. When the cookie is that of
    a session, the next visitor is signed in as somebody else. Hide the header from what is kept with
    `proxy_hide_header Set-Cookie`, or leave out visitors with a cookie by `proxy_no_cache`.
    """
    for kind in _KINDS:
        seen: set[int] = set()
        for cache in config.find(f"{kind}_cache"):
            block = cache.parent
            if block is None or cache.value == "off":
                continue
            at = config.effective(block)
            ignoring = at.setting(f"{kind}_ignore_headers")
            if ignoring is None or id(ignoring) in seen or _minds_cookies(config, at.setting(f"{kind}_no_cache")):
                continue
            seen.add(id(ignoring))
            hidden = [found.value.lower() for found in at.settings(f"{kind}_hide_header")]
            index = next((place for place, word in enumerate(ignoring.args) if word.lower() == "set-cookie"), None)
            if index is not None and "set-cookie" not in hidden and not config.may_hold(block, f"{kind}_hide_header"):
                message = f'answers are kept with their cookies; add "{kind}_hide_header Set-Cookie"'
                yield ignoring.arg_place(index), message


def _minds_cookies(config: NginxConfig, unless: Directive | None) -> bool:
    """Whether what keeps answers out of the cache looks, or may look, at cookies."""
    words = list(unless.args) if unless is not None else []
    asked: set[str] = set()
    while words:
        word = words.pop()
        if "cookie" in word:
            return True
        for name in set(_VARIABLE.findall(word)) - asked:
            asked.add(name)
            makers = [each for each in config.find("set", "map", "geo") if f"${name}" in each.args]
            if not makers and not name.startswith(_OF_REQUEST):
                return True
            for maker in makers:
                words += [*maker.args, *(word for entry in maker.children for word in entry.args)]
                words += [word for outer in maker.ancestors if outer.name == "if" for word in outer.args]
    return False


@rule(
    "nginx/cache-key-without-host",
    Severity.WARNING,
    bad="""
        server {
            listen 80;
            server_name a.example b.example;
            location / {
                proxy_pass http://127.0.0.1:8080;
                proxy_cache pages;
                proxy_cache_key $request_uri;  # <-
            }
        }
    """,
    good=(
        """
        server {
            listen 80;
            server_name a.example;
            location / {
                proxy_pass http://127.0.0.1:8080;
                proxy_cache pages;
                proxy_cache_key $request_uri;
            }
        }
        """,
        """
        server {
            listen 80;
            server_name *.example.com;
            location / {
                fastcgi_param REQUEST_METHOD $request_method;
                fastcgi_pass 127.0.0.1:9000;
                fastcgi_cache pages;
                fastcgi_cache_key "$scheme$request_method${host}$request_uri";
            }
        }
        """,
    ),
    source="https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_cache_key",
)
def cache_key_without_host(config: NginxConfig) -> Iterator[Report]:
    """
    Several names share a cache whose key does not hold the name.

    The first site that is asked for `/` decides what `/` is on all the others until the entry runs out. Put `$host`
    into the key.
    """
    for kind in _KINDS:
        names = _names_by_zone(config, kind)
        seen: set[int] = set()
        for cache in config.find(f"{kind}_cache"):
            key = config.effective(cache.parent).setting(f"{kind}_cache_key") if cache.parent else None
            if key is None or id(key) in seen or cache.value == "off" or _tells_host(key):
                continue
            seen.add(id(key))
            if len(names.get(cache.value, ())) > 1:
                yield key.arg_place(0), f'"{key.value}" is the same on all names that share "{cache.value}"; add $host'


def _tells_host(key: Directive) -> bool:
    """Whether the key may differ from name to name; a variable of one's own may hold anything."""
    text = "".join(key.args).replace("{", "").replace("}", "")
    known = ("scheme", "request_method", "request_uri", "uri", "document_uri", "args", "is_args", "query_string")
    names = [part for part in text.replace("|", "$").replace(":", "$").replace("/", "$").split("$")[1:] if part]
    return any(name.startswith(_HOSTS) or name not in known for name in names) or not names


def _names_by_zone(config: NginxConfig, kind: str) -> dict[str, set[str]]:
    """The names that are served from each zone; a pattern counts as two."""
    names: dict[str, set[str]] = {}
    for cache in config.find(f"{kind}_cache"):
        server = cache.enclosing("server")
        for name in server_names(server) if server else ():
            many = {f"{name} and others"} if name.startswith((".", "*", "~")) or name.endswith(".*") else set()
            names.setdefault(cache.value, set()).update({name, *many} - {"", "_"})
    return names
