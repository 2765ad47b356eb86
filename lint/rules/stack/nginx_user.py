"""What nginx writes when it starts, against who it runs as."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from ...finding import Severity
from ...nginx import NginxConfig
from ...rule import Report, rule
from ...stack import Container, Stack

_TEMPORARY = ("client_body_temp_path", "proxy_temp_path", "fastcgi_temp_path", "uwsgi_temp_path", "scgi_temp_path")
_OWN_MAIN = """
    %s
    events {}
    http {
        %s
        server { listen 80; }
    }
"""


@rule(
    "stack/nginx-user-cannot-write",
    Severity.ERROR,
    bad=(
        {
            "docker-compose.yml": """
                services:
                  web:
                    image: nginx:1.30.1
                    user: "101:101"  # <-
                    volumes: ["./default.conf:/etc/nginx/conf.d/default.conf:ro"]
            """,
            "default.conf": "server { listen 80; }",
        },
        {
            "docker-compose.yml": """
                services:
                  web:
                    image: nginx:1.30.1
                    user: "101"  # <-
                    tmpfs: [/var/cache/nginx]
                    volumes: ["./nginx.conf:/etc/nginx/nginx.conf:ro"]
            """,
            "nginx.conf": _OWN_MAIN % ("pid /run/nginx.pid;", ""),
        },
    ),
    good=(
        {
            "docker-compose.yml": """
                services:
                  web:
                    image: nginx:1.30.1
                    user: "101"
                    tmpfs: ["/var/cache/nginx:uid=101", "/run:uid=101"]
                  main:
                    image: nginx:1.30.1
                    user: "101"
                    tmpfs: [/tmp]
                    volumes: ["./nginx.conf:/etc/nginx/nginx.conf:ro"]
                  other:
                    image: nginxinc/nginx-unprivileged:1.30.1
                    user: "101"
            """,
            "nginx.conf": _OWN_MAIN
            % ("pid /tmp/nginx.pid;", " ".join(f"{name} /tmp/{number};" for number, name in enumerate(_TEMPORARY))),
        },
    ),
    source="https://hub.docker.com/_/nginx",
)
def nginx_user_cannot_write(stack: Stack) -> Iterator[Report]:
    """
    `user` makes the official nginx run as somebody who may not write what it writes when it starts.

    Its folder /var/cache/nginx and its file /run/nginx.pid belong to root. Mount a tmpfs of that user on both, move
    both in an nginx.conf of your own, or take the image nginxinc/nginx-unprivileged.
    """
    for container in stack.containers.values():
        value = container.service.get("user")
        name = container.user
        if value is None or name in (None, "", "root", "0") or container.image_name != "nginx":
            continue
        if container.build is not None or container.words not in ((), ("nginx", "-g", "daemon off;")):
            continue
        lacking = _lacking(container)
        if lacking:
            yield (
                value.place,
                f'nginx does not start: user "{name}" may not write {lacking}; mount a tmpfs of that user',
            )


def _lacking(container: Container) -> str:
    """What it must write and cannot; empty where it can, or where that cannot be told."""
    main = next((site.config for site in container.sites if site.is_main), None)
    if main is None and container.tree.is_covered("/etc/nginx/nginx.conf"):
        return ""
    if main is not None and main.unread:
        return ""
    pid = _value(main, "pid") or "/run/nginx.pid"
    folders = [_value(main, name) or "/var/cache/nginx" for name in _TEMPORARY]
    lacking = [path for path in (*folders, pid) if not _is_writable(container, path)]
    return lacking[0] if lacking else ""


def _value(config: NginxConfig | None, name: str) -> str:
    found = config.find(name) if config is not None else []
    return posixpath.normpath(found[0].value) if found else ""


def _is_writable(container: Container, path: str) -> bool:
    """Whether something is mounted there or above, or it is where everybody may write."""
    service = container.service
    targets = [str(entry.data).partition(":")[0] for entry in service.tmpfs]
    targets += [str(mount.target) for mount in service.mounts]
    folders = {posixpath.normpath(target).replace("/var/run", "/run") for target in targets} | {"/tmp", "/dev/shm"}  # noqa: S108 - of the container
    path = path.replace("/var/run", "/run")
    return any(path == folder or path.startswith(folder + "/") for folder in folders) or not path.startswith("/")
