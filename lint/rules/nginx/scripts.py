"""PHP that is not told which script to run."""

from __future__ import annotations

from collections.abc import Iterator

from ...finding import Severity
from ...nginx import NginxConfig, location
from ...rule import Report, rule
from .insertion import after
from .once import once

_NAMES = ("SCRIPT_FILENAME", "PATH_TRANSLATED")
_PARAMS = "fastcgi_params"
"""nginx's own file of parameters; beside `fastcgi.conf` it lacks the name of the script."""


@rule(
    "nginx/parameters-missing",
    Severity.WARNING,
    bad=(
        """
        server {
            listen 80;
            location / {
                uwsgi_pass django;  # <-
            }
        }
        """,
        "server { location / { fastcgi_pass unix:/run/app.sock; } }  # <-",
    ),
    good=(
        "server { location / { include uwsgi_params; uwsgi_pass django; } }",
        "server { include uwsgi_params; location / { uwsgi_pass django; } }",
        "server { uwsgi_param HOST $host; location / { uwsgi_pass django; } }",
        "location / { uwsgi_pass django; }",
    ),
    source="https://nginx.org/en/docs/http/ngx_http_uwsgi_module.html#example",
)
def parameters_missing(config: NginxConfig) -> Iterator[Report]:
    """
    A program is asked by uwsgi, FastCGI or SCGI without a single parameter.

    It learns neither the path nor the method: a Django application fails at each request, PHP sends an empty page.
    nginx brings a file of them for each protocol, such as `uwsgi_params`, which has to be included.
    """
    yield from once(_without_parameters(config))


def _without_parameters(config: NginxConfig) -> Iterator[Report]:
    for passing in config.find("uwsgi_pass", "fastcgi_pass", "scgi_pass"):
        block, kind = passing.parent, passing.name.removesuffix("_pass")
        if block is None or passing.enclosing("server") is None or config.may_hold(block, f"{kind}_param"):
            continue
        around = (block, *block.ancestors)
        if not any(each.first(f"{kind}_param") for each in around) and not config.may_hold(None, f"{kind}_param"):
            yield passing.place, f'the program is told nothing of the request; add "include {kind}_params;"'


@rule(
    "nginx/script-not-named",
    Severity.WARNING,
    bad=(
        """
        location ~ \\.php$ {
            try_files $uri =404;
            include fastcgi_params;  # <-
            fastcgi_pass unix:/run/php/fpm.sock;
        }
        """,
        """
        location = /wp-login.php {
            limit_req zone=login;
            fastcgi_param HTTPS on;  # <-
            fastcgi_pass php:9000;
        }
        """,
    ),
    good=(
        """
        location ~ \\.php$ {
            try_files $uri =404;
            include fastcgi_params;
            fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;
            fastcgi_pass unix:/run/php/fpm.sock;
        }
        """,
        "location ~ \\.php$ { try_files $uri =404; include fastcgi.conf; fastcgi_pass unix:/run/php/fpm.sock; }",
        "location ~ \\.php$ { include snippets/fastcgi-php.conf; fastcgi_pass unix:/run/php/fpm.sock; }",
        "location ~ \\.php$ { try_files $uri =404; fastcgi_pass unix:/run/php/fpm.sock; }",
        "location /app/ { include fastcgi_params; fastcgi_pass unix:/run/app.sock; }",
    ),
    fixed="""
        location ~ \\.php$ {
            try_files $uri =404;
            include fastcgi_params;
            fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;
            fastcgi_pass unix:/run/php/fpm.sock;
        }
    """,
    unsafe=True,
    lacks=True,
    source="https://www.nginx.com/resources/wiki/start/topics/examples/phpfcgi/",
)
def script_not_named(config: NginxConfig) -> Iterator[Report]:
    """
    PHP is not told which script to run: `SCRIPT_FILENAME` is missing.

    It answers with an empty page and status 200, and logs nothing. nginx has two files of parameters, and
    `fastcgi_params`, other than `fastcgi.conf`, does not hold that one.
    """
    yield from once(_not_named(config))


def _not_named(config: NginxConfig) -> Iterator[Report]:
    for passing in config.find("fastcgi_pass"):
        block = passing.parent
        if block is None or block.name != "location" or ".php" not in location(block).pattern.replace("\\", ""):
            continue
        includes = [each.include for each in config.unread if each.include.parent is block]
        own = list(block.find("fastcgi_param"))
        is_lost = any(each.value in _NAMES for each in config.effective(block).lost("fastcgi_param"))
        is_open = any(include.value.rpartition("/")[2] != _PARAMS for include in includes)
        if is_open or is_lost or not (own or includes) or any(each.value in _NAMES for each in own):
            continue
        last = max([*own, *includes], key=lambda each: each.order)
        statement = "fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;"
        message = f'PHP is not told which script to run and answers with an empty page; add "{statement}"'
        yield last.place, message, (after(last, statement, safe=False),)
