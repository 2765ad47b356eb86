"""What an ``include`` names and nginx cannot read."""

from __future__ import annotations

from collections.abc import Iterator

from ...finding import Severity
from ...nginx import NginxConfig
from ...rule import Report, rule
from .reading import faults

_INCLUDE = "https://nginx.org/en/docs/ngx_core_module.html#include"


@rule(
    "nginx/include-missing",
    Severity.ERROR,
    bad={
        "nginx.conf": """
            events {}
            http {
                include snippets/proxy.conf;
                include snippets/headers.conf;  # <-
            }
        """,
        "snippets/proxy.conf": "proxy_read_timeout 30s;",
    },
    good=(
        {
            "nginx.conf": "events {}\nhttp { include sites/*; include /etc/nginx/mime.types; server_tokens off; }",
            "other.conf": "server { return 404; }",
        },
        {
            "nginx.conf.template": "events {}\nhttp { include limits.conf; server_tokens off; }",
            "limits.conf.template": "client_max_body_size ${LARGEST};",
        },
        "location / { include snippets/proxy.conf; proxy_pass http://backend; }",
    ),
    source=_INCLUDE,
    covers=("nginx-lint:include-path-exists",),
)
def include_missing(config: NginxConfig) -> Iterator[Report]:
    """
    An `include` of a file that is not there.

    nginx does not start, while a pattern such as `*.conf` may match nothing. A file that belongs to the system, such
    as `/etc/nginx/mime.types`, is not looked for; nor are files of a fragment whose main file is unknown.
    """
    yield from faults(config, "include-missing")


@rule(
    "nginx/include-loop",
    Severity.ERROR,
    bad={
        "nginx.conf": "events {}\nhttp { include all.conf; }",
        "all.conf": """
            server_tokens off;
            include all.conf;  # <-
        """,
    },
    good={
        "nginx.conf": """
            events {}
            http {
                server_tokens off;
                server { listen 127.0.0.1:81; include one.conf; }
                server { listen 127.0.0.1:82; include one.conf; }
            }
        """,
        "one.conf": "return 404;",
    },
    source=_INCLUDE,
)
def include_loop(config: NginxConfig) -> Iterator[Report]:
    """
    A file that includes itself, perhaps by way of others.

    nginx opens it again and again until it has no more files to open, and does not start. A pattern such as
    `include *.conf` in one of the files it matches does the same.
    """
    yield from faults(config, "include-loop")


@rule(
    "nginx/include-of-nothing",
    Severity.INFO,
    preset="strict",
    bad={
        "nginx.conf": """
            events {}
            http {
                server_tokens off;
                include sites/*.conf;  # <-
            }
        """,
        "sites/shop": "server { listen 127.0.0.1:81; return 404; }",
    },
    good=(
        {
            "nginx.conf": "events {}\nhttp { server_tokens off; include sites/*.conf; }",
            "sites/README.md": "One file for each site.",
        },
        {
            "nginx.conf": "events {}\nhttp { server_tokens off; include sites/*.conf; include sites/types; }",
            "sites/types": "types { text/html html; }",
        },
    ),
    source=_INCLUDE,
)
def include_of_nothing(config: NginxConfig) -> Iterator[Report]:
    """
    An `include` of a pattern that no file has, with files beside it that it leaves out.

    nginx starts and says nothing, and what is in those files is not there. The usual cause is a name without `.conf`.
    A folder that is empty, or not part of the project, is left alone: files may be put there later.
    """
    yield from faults(config, "include-of-nothing")


@rule(
    "nginx/include-outside-tree",
    Severity.WARNING,
    bad={
        "nginx.conf": """
            events {}
            http {
                include ../shared/site.conf;  # <-
            }
        """,
        "../shared/site.conf": "server { return 404; }",
    },
    good={
        "conf/nginx.conf": "events {}\nhttp { include ../shared/site.conf; server_tokens off; }",
        "shared/site.conf": "server { listen 127.0.0.1:81; return 404; }",
    },
    source=_INCLUDE,
)
def include_outside_tree(config: NginxConfig) -> Iterator[Report]:
    """
    An `include` of a file outside the project.

    It is not read, so what is in it is neither judged nor known to other rules, and it does not go along when the
    project is copied or deployed. Run fairlead from a folder that holds both, or move the file.
    """
    yield from faults(config, "include-outside-tree")
