"""Programs behind nginx: what is sent as text instead of being run, and a header they take for a setting."""

from __future__ import annotations

from collections.abc import Iterator

from ...finding import Edit, Severity
from ...nginx import Directive, NginxConfig, server_names
from ...nginx.asking import reply
from ...rule import Report, rule
from .answering import is_whole
from .insertion import after
from .once import once

_KINDS = ("fastcgi", "uwsgi", "scgi")
_OK = 200


@rule(
    "nginx/source-served",
    Severity.ERROR,
    bad=(
        """
        server {
            listen 80;
            server_name shop.example.com;
            root /srv/shop/public;
            location / {
                try_files $uri $uri/ /index.php?$query_string;  # <-
            }
            location ~ /\\.(?!well-known) { deny all; }
        }
        """,
    ),
    good=(
        """
        server {
            listen 80;
            root /srv/shop/public;
            location / { try_files $uri $uri/ /index.php?$query_string; }
            location = /index.php {
                include fastcgi_params;
                fastcgi_param HTTP_PROXY "";
                fastcgi_pass unix:/run/php/fpm.sock;
            }
        }
        """,
        "server { root /srv/shop; location / { try_files $uri /index.php; } include php.conf; }",
        "location / { try_files $uri $uri/ /index.php?$query_string; }",
    ),
    source="https://www.nginx.com/resources/wiki/start/topics/tutorials/config_pitfalls/",
)
def source_served(config: NginxConfig) -> Iterator[Report]:
    """
    Requests are handed on to a program, and nothing runs it: its source is sent.

    `try_files` ends at `/index.php`, and no location of the server passes that on with `fastcgi_pass`, so nginx takes
    it for a file like others. Everybody reads the source, with the passwords in it.
    """
    yield from once(_sources(config))


def _sources(config: NginxConfig) -> Iterator[Report]:
    for tries in config.find("try_files"):
        path = tries.args[-1].partition("?")[0] if tries.args else ""
        server = tries.enclosing("server")
        if not path.startswith("/") or not path.endswith((".php", ".cgi", ".pl")) or "$" in path or server is None:
            continue
        if config.may_hold_inside(server, "fastcgi_pass", "location") or config.may_hold(server, "location"):
            continue
        answer = reply(config, server, path, host=server_names(server)[0] or "localhost")
        if answer is not None and answer.status == _OK and answer.by is None:
            message = f'nothing runs "{path}", so its source is sent; add a location with "fastcgi_pass" for it'
            yield tries.arg_place(len(tries.args) - 1), message


@rule(
    "nginx/missing-file-loops",
    Severity.WARNING,
    bad=(
        """
        location / {
            root /srv/www;
            try_files $uri $uri.html $uri/;  # <-
        }
        """,
        "location /downloads/ { root /srv; try_files $uri/ $uri; }  # <-",
    ),
    good=(
        "location / { root /srv/www; try_files $uri $uri/ =404; }",
        "location / { root /srv/www; try_files $uri /index.html; }",
        "location / { root /srv/www; try_files $uri @program; }",
    ),
    fixed="""
        location / {
            root /srv/www;
            try_files $uri $uri.html $uri/ =404;
        }
    """,
    source="https://nginx.org/en/docs/http/ngx_http_core_module.html#try_files",
)
def missing_file_loops(config: NginxConfig) -> Iterator[Report]:
    """
    `try_files` that ends with the address it began with.

    The last parameter is not looked for, but gone to: nginx asks itself for `$uri/` and comes by the same `try_files`,
    ten times, until it gives up. What is missing is then 500 with `rewrite or internal redirection cycle` in the log,
    and not 404. End the list with `=404`.
    """
    for tries in config.find("try_files"):
        last = tries.args[-1] if tries.args else ""
        block = tries.parent
        if last not in ("$uri", "$uri/", "${uri}", "${uri}/") or block is None or block.name == "if":
            continue
        place = tries.arg_place(len(tries.args) - 1)
        text = tries.arg_text(len(tries.args) - 1)
        message = f'"{last}" comes back here ten times, so a missing file is 500; end with "=404"'
        yield place, message, (Edit(place, f"{text} =404"),)


@rule(
    "nginx/proxy-header-to-program",
    Severity.INFO,
    preset="strict",
    bad="""
        location = /index.php {
            fastcgi_param SCRIPT_FILENAME /srv/index.php;
            fastcgi_pass unix:/run/php/fpm.sock;  # <-
        }
    """,
    good=(
        """
        location = /index.php {
            include fastcgi_params;
            fastcgi_param HTTP_PROXY "";
            fastcgi_pass unix:/run/php/fpm.sock;
        }
        """,
        "location / { include own_params; uwsgi_pass unix:/run/app.sock; }",
    ),
    fixed="""
        location = /index.php {
            fastcgi_param SCRIPT_FILENAME /srv/index.php;
            fastcgi_param HTTP_PROXY "";
            fastcgi_pass unix:/run/php/fpm.sock;
        }
    """,
    unsafe=True,
    lacks=True,
    source="https://httpoxy.org/",
)
def proxy_header_to_program(config: NginxConfig) -> Iterator[Report]:
    """
    A header `Proxy` of the client reaches the program as the variable `HTTP_PROXY`.

    Programs and libraries read that variable as the address of a proxy for their own requests, which the client may so
    send where it likes (httpoxy). PHP, Go and Python have left it out since 2016, so this is for what is older;
    `fastcgi_param HTTP_PROXY "";` keeps it away from all. Beside the other parameters, for a block with one of its own
    inherits none.
    """
    for kind in _KINDS:
        for passing in config.find(f"{kind}_pass"):
            block = passing.parent
            if block is None or config.is_unknown(passing.value) or not _is_known(config, block, f"{kind}_param"):
                continue
            at = config.effective(block)
            if not at.is_on(f"{kind}_pass_request_headers", True):
                continue
            if not any(each.value.upper() == "HTTP_PROXY" for each in at.settings(f"{kind}_param")):
                statement = f'{kind}_param HTTP_PROXY "";'
                edits = _beside(config, block, f"{kind}_param", statement)
                yield passing.place, f'a client may set the program\'s proxy by a header; add "{statement}"', edits


def _is_known(config: NginxConfig, block: Directive, name: str) -> bool:
    """Whether no file that is not at hand may set the parameter here; those of nginx's packages do not."""
    around = {id(block), *(id(outer) for outer in block.ancestors)}
    is_open = any(not unread.names and id(unread.include.parent) in around for unread in config.unread)
    return not is_open and (is_whole(config) or block.first(name) is not None or bool(_includes(config, block, name)))


def _includes(config: NginxConfig, block: Directive, name: str) -> list[Directive]:
    return [each.include for each in config.unread if name in each.names and each.include.parent is block]


def _beside(config: NginxConfig, block: Directive, name: str, statement: str) -> tuple[Edit, ...]:
    """Behind the block's own parameters; nothing where it inherits them, for it would lose those."""
    own = block.last(name) or next(iter(_includes(config, block, name)), None)
    return () if own is None else (after(own, statement, safe=False),)


@rule(
    "nginx/backups-served",
    Severity.INFO,
    preset="strict",
    bad="""
        server {
            listen 80;
            root /srv/shop/public;  # <-
            location ~ /\\.(?!well-known) { deny all; }
            location ~ \\.php$ {
                try_files $uri =404;
                include fastcgi_params;
                fastcgi_param HTTP_PROXY "";
                fastcgi_pass unix:/run/php/fpm.sock;
            }
        }
    """,
    good="""
        server {
            listen 80;
            root /srv/shop/public;
            location ~ (?:\\.(?:bak|orig|sql|swp)|~)$ { deny all; }
            location ~ /\\.(?!well-known) { deny all; }
            location ~ \\.php$ {
                try_files $uri =404;
                include fastcgi_params;
                fastcgi_param HTTP_PROXY "";
                fastcgi_pass unix:/run/php/fpm.sock;
            }
        }
    """,
    lacks=True,
    source="https://github.com/h5bp/server-configs-nginx/blob/main/h5bp/location/security_file_access.conf",
)
def backups_served(config: NginxConfig) -> Iterator[Report]:
    """
    Copies of programs are sent as text.

    `config.php` is run, while `config.php.bak` and `config.php~`, which editors and people in a hurry leave beside it,
    are files like others: whoever guesses the name reads the passwords. Deny such endings where programs lie in the
    folder that is served.
    """
    for server in config.servers:
        if (
            not _runs_any(config, server)
            or config.may_hold(server, "location")
            or config.may_hold_inside(server, "location")
        ):
            continue
        answer = reply(config, server, "/config.php.bak", host=server_names(server)[0] or "localhost")
        root = config.effective(answer.block).root if answer is not None else None
        if answer is not None and answer.status == _OK and answer.by is None and root is not None:
            message = 'a copy such as "config.php.bak" is sent as text; add "location ~ (?:\\.(?:bak|orig|sql)|~)$"'
            yield root.place, message


def _runs_any(config: NginxConfig, server: Directive) -> bool:
    """Whether a program of any name is run, not the front one alone."""
    if not any(each.name == "fastcgi_pass" for each in server.walk()):
        return False
    answer = reply(config, server, "/config.php", host=server_names(server)[0] or "localhost")
    handler = config.effective(answer.block).handler if answer is not None else None
    return handler is not None and handler.name == "fastcgi_pass"
