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
