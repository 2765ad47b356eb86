"""Lists of an outer block that an inner one loses by beginning its own, other than response headers."""

from __future__ import annotations

from collections.abc import Iterator

from ...finding import Severity
from ...nginx import Directive, NginxConfig
from ...rule import Report, rule
from .insertion import after
from .once import once

_FASTCGI = "https://nginx.org/en/docs/http/ngx_http_fastcgi_module.html#fastcgi_param"
_PARAMETERS = {
    "fastcgi_param": "fastcgi_pass",
    "uwsgi_param": "uwsgi_pass",
    "scgi_param": "scgi_pass",
    "grpc_set_header": "grpc_pass",
}
_LISTS = ("limit_req", "limit_conn", "error_page", "proxy_hide_header", "fastcgi_hide_header", "add_trailer")


@rule(
    "nginx/parameters-dropped",
    Severity.WARNING,
    bad=(
        """
        server {
            listen 127.0.0.1:81;
            root /srv/app/public;
            fastcgi_param SCRIPT_FILENAME $realpath_root$fastcgi_script_name;
            fastcgi_param REQUEST_METHOD $request_method;
            location = /index.php {
                fastcgi_param HTTPS on;  # <-
                fastcgi_pass unix:/run/php/fpm.sock;
            }
        }
        """,
        """
        server {
            listen 127.0.0.1:81;
            include fastcgi_params;
            location = /index.php {
                fastcgi_param HTTPS on;  # <-
                fastcgi_pass unix:/run/php/fpm.sock;
            }
        }
        """,
    ),
    good=(
        """
        server {
            listen 127.0.0.1:81;
            include fastcgi_params;
            location = /index.php {
                include fastcgi_params;
                fastcgi_param SCRIPT_FILENAME $realpath_root$fastcgi_script_name;
                fastcgi_pass unix:/run/php/fpm.sock;
            }
            location = /other.php { fastcgi_pass unix:/run/php/fpm.sock; }
        }
        """,
        """
        server {
            listen 127.0.0.1:81;
            fastcgi_param HTTPS on;
            location = /index.php { fastcgi_param HTTPS off; fastcgi_pass unix:/run/php/fpm.sock; }
        }
        """,
    ),
    fixed="""
        server {
            listen 127.0.0.1:81;
            root /srv/app/public;
            fastcgi_param SCRIPT_FILENAME $realpath_root$fastcgi_script_name;
            fastcgi_param REQUEST_METHOD $request_method;
            location = /index.php {
                fastcgi_param HTTPS on;
                fastcgi_param SCRIPT_FILENAME $realpath_root$fastcgi_script_name;
                fastcgi_param REQUEST_METHOD $request_method;
                fastcgi_pass unix:/run/php/fpm.sock;
            }
        }
    """,
    unsafe=True,
    source=_FASTCGI,
    covers=("nginx-lint:directive-inheritance",),
)
def parameters_dropped(config: NginxConfig) -> Iterator[Report]:
    """
    A `fastcgi_param` in a location takes away those of the blocks around it.

    nginx inherits them only where a block has none of its own. Without `SCRIPT_FILENAME` PHP answers with an empty
    page and status 200, without `REQUEST_METHOD` with nothing at all. Repeat them, or the `include fastcgi_params;`,
    in the location. The same holds for `uwsgi_param`, `scgi_param` and `grpc_set_header`.
    """
    for name, handler in _PARAMETERS.items():
        yield from once(_parameters(config, name, handler))


def _parameters(config: NginxConfig, name: str, handler: str) -> Iterator[Report]:
    for own in config.find(name):
        block = own.parent
        if block is None or block.first(name) is not own or block.first(handler) is None:
            continue
        if any(unread.include.parent is block for unread in config.unread if not unread.names or name in unread.names):
            continue
        kept = {each.value for each in block.find(name)}
        lost = [each for each in config.effective(block).lost(name) if each.value not in kept]
        include = _lost_include(config, block, name)
        if lost or include:
            what = f'"include {include.value}"' if include else ", ".join(each.value for each in lost[:3])
            texts = [_text(include)] if include else [_text(each) for each in lost]
            last = block.last(name) or own
            message = f"this block has a {name} of its own, so it loses {what} of the block around it; repeat it here"
            yield own.place, message, (after(last, *texts, safe=False),)


def _lost_include(config: NginxConfig, block: Directive, name: str) -> Directive | None:
    """The ``include`` of nginx's own file of parameters in a block around; those with other names count for nothing."""
    for unread in config.unread:
        if name in unread.names and any(unread.include.parent is outer for outer in block.ancestors):
            return unread.include
    return None


def _text(directive: Directive) -> str:
    return f"{directive.name} {' '.join(directive.arg_text(index) for index in range(len(directive.args)))};"


@rule(
    "nginx/list-dropped",
    Severity.INFO,
    preset="strict",
    bad=(
        """
        server {
            listen 127.0.0.1:81;
            error_page 404 /404.html;
            error_page 500 502 503 504 /50x.html;
            location /shop/ {
                error_page 404 /shop/404.html;  # <-
                return 404;
            }
        }
        """,
        """
        server {
            listen 127.0.0.1:81;
            limit_req zone=all burst=50 nodelay;
            location /login { limit_req zone=login burst=5 nodelay; return 404; }  # <-
        }
        """,
        """
        server {
            listen 127.0.0.1:81;
            add_trailer X-Sum $upstream_response_time;
            location /a/ { add_trailer X-Took $request_time; return 404; }  # <-
        }
        """,
    ),
    good=(
        """
        server {
            listen 127.0.0.1:81;
            error_page 404 /404.html;
            limit_req zone=all burst=50 nodelay;
            location /shop/ { error_page 404 /shop/404.html; return 404; }
            location /login {
                limit_req zone=all burst=50 nodelay;
                limit_req zone=login burst=5 nodelay;
                return 404;
            }
        }
        """,
        """
        server {
            listen 127.0.0.1:81;
            add_trailer_inherit merge;
            add_trailer X-Sum $upstream_response_time;
            location /a/ { add_trailer X-Took $request_time; return 404; }
        }
        """,
    ),
    source="https://nginx.org/en/docs/http/ngx_http_core_module.html#error_page",
    covers=("nginx-lint:directive-inheritance",),
)
def list_dropped(config: NginxConfig) -> Iterator[Report]:
    """
    A list that a location begins anew, so that the one of the block around it no longer holds there.

    `error_page`, `limit_req`, `limit_conn`, `proxy_hide_header` and `add_trailer` are inherited only where a block has
    none of its own. It is often meant, for a stricter limit in place of the general one; where both should hold, repeat
    the outer one.
    """
    for name in _LISTS:
        yield from once(_lists(config, name))


def _lists(config: NginxConfig, name: str) -> Iterator[Report]:
    merges = name == "add_trailer" and config.has("add_trailer_inherit")
    for own in () if merges else config.find(name):
        block = own.parent
        if block is None or block.first(name) is not own or block.name not in ("server", "location"):
            continue
        kept = {key for each in block.find(name) for key in _keys(each)}
        lost = [each for each in config.effective(block).lost(name) if not kept.issuperset(_keys(each))]
        if lost and not config.may_hold_inside(block, name):
            message = f'"{_said(lost[0])}" of the block around no longer holds here; repeat it where it should'
            yield own.place, message


def _keys(directive: Directive) -> tuple[str, ...]:
    """What an entry is about: the statuses of an ``error_page``, the zone of a limit, the name of a header."""
    if directive.name == "error_page":
        return tuple(word for word in directive.args[:-1] if not word.startswith("="))
    if directive.name in ("limit_req", "limit_conn"):
        words = [word.removeprefix("zone=") for word in directive.args if word.startswith("zone=")]
        return tuple(words or directive.args[:1])
    return (directive.value.lower(),)


def _said(directive: Directive) -> str:
    return " ".join((directive.name, *directive.args))
