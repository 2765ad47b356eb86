"""Certificates that nginx names, against what is mounted."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from ...finding import Severity
from ...rule import Report, rule
from ...stack import Container, Stack

_NAMES = ("ssl_certificate", "ssl_certificate_key", "ssl_dhparam")
_CONF = """
    server {
        listen 443 ssl;
        ssl_certificate /etc/nginx/certs/site.pem;%s
        ssl_certificate_key /etc/nginx/certs/site.key;%s
        location / { return 200; }
    }
"""
_COMPOSE = """
    services:
      web:
        image: nginx:1.30.1
        ports: ["443:443"]
        volumes:
          - ./default.conf:/etc/nginx/conf.d/default.conf:ro
          - %s
"""


@rule(
    "stack/certificate-not-mounted",
    Severity.ERROR,
    bad={
        "docker-compose.yml": _COMPOSE % "./certs:/etc/ssl/site:ro",
        "default.conf": _CONF % ("  # <-", "  # <-"),
    },
    good=(
        {"docker-compose.yml": _COMPOSE % "./certs:/etc/nginx/certs:ro", "default.conf": _CONF % ("", "")},
        {
            "docker-compose.yml": _COMPOSE % "certs:/etc/nginx" + "    volumes:\n      certs: {}\n",
            "default.conf": _CONF % ("", ""),
        },
        {
            "docker-compose.yml": "services:\n  web:\n    build: .\n",
            "Dockerfile": "FROM nginx:1.30.1\nCOPY default.conf /etc/nginx/conf.d/\nRUN ./make-certificate\n",
            "default.conf": _CONF % ("", ""),
        },
    ),
    source="https://nginx.org/en/docs/http/ngx_http_ssl_module.html#ssl_certificate",
)
def certificate_not_mounted(stack: Stack) -> Iterator[Report]:
    """
    nginx reads a certificate from a path where nothing is mounted or copied.

    The file is not in the image, so nginx does not start: "cannot load certificate". What a build or a script of the
    image makes is not judged.
    """
    for container in stack.containers.values():
        if not container.is_nginx or _may_make_files(container):
            continue
        for site in container.sites:
            for directive in site.config.find(*_NAMES):
                path = directive.value
                if not path or path.startswith("data:") or "$" in path or ":" in path or site.config.is_unknown(path):
                    continue
                inside = posixpath.normpath(posixpath.join("/etc/nginx", path))
                if not container.tree.is_covered(inside):
                    message = f'nothing is mounted at "{inside}" in service "{container.name}"; '
                    yield directive.arg_place(0), message + "mount the file there"


def _may_make_files(container: Container) -> bool:
    """Whether something that is not seen here may put files into the container."""
    if container.service.command is not None or container.service.entrypoint is not None:
        return True
    if container.tree.is_inside_covered("/docker-entrypoint.d"):
        return True
    stages = list(container.stage.chain()) if container.stage is not None else []
    return any(any(True for _ in stage.runs()) or any(copy.origin for copy in stage.copies) for stage in stages)
