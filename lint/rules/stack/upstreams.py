"""Where nginx sends requests, against the services that are there."""

from __future__ import annotations

from collections.abc import Iterator

from ...finding import Edit, Severity
from ...rule import Report, rule
from ...stack import Stack, Target
from ...stack.passing import all_targets

_CONF = """
    server {
        listen 80;
        location /api/ { proxy_pass %s; }
    }
"""


def _similar(host: str, stack: Stack) -> str:
    import difflib  # noqa: PLC0415 - only to word a fault

    names = sorted({name for each in stack.containers.values() for name in each.names})
    return next(iter(difflib.get_close_matches(host, names, 1)), "")


def _edits(target: Target, name: str) -> tuple[Edit, ...]:
    """The name instead of the host, where it is written out."""
    text = target.directive.arg_text(0)
    if not name or text.lower().count(target.host) != 1:
        return ()
    start = text.lower().index(target.host)
    return (Edit(target.place, text[:start] + name + text[start + len(target.host) :], safe=False),)


@rule(
    "stack/upstream-host-unknown",
    Severity.ERROR,
    bad=(
        {
            "docker-compose.yml": """
                services:
                  web:
                    image: nginx:1.30.1
                    volumes: ["./default.conf:/etc/nginx/conf.d/default.conf:ro"]
                    depends_on: [backend]
                  backend:
                    image: ghcr.io/acme/app:1.2.3
            """,
            "default.conf": """
                server {
                    listen 80;
                    location /api/ {
                        proxy_pass http://backand:8000;  # <-
                    }
                }
            """,
        },
        {
            "docker-compose.yml": """
                services:
                  web:
                    build: .
                    depends_on: [api]
                  api:
                    image: ghcr.io/acme/app:1.2.3
            """,
            "Dockerfile": "FROM nginx:1.30.1\nCOPY nginx.conf /etc/nginx/nginx.conf\n",
            "nginx.conf": """
                events {}
                http {
                    upstream app {
                        server app:8000;  # <-
                        server api:8000;
                    }
                    server {
                        listen 80;
                        location / { proxy_pass http://app; }
                    }
                }
            """,
        },
    ),
    fixed={
        "docker-compose.yml": """
            services:
              web:
                image: nginx:1.30.1
                volumes: ["./default.conf:/etc/nginx/conf.d/default.conf:ro"]
                depends_on: [backend]
              backend:
                image: ghcr.io/acme/app:1.2.3
        """,
        "default.conf": """
            server {
                listen 80;
                location /api/ {
                    proxy_pass http://backend:8000;
                }
            }
        """,
    },
    unsafe=True,
    good=(
        {
            "docker-compose.yml": """
                services:
                  web:
                    image: nginx:1.30.1
                    volumes: ["./default.conf:/etc/nginx/conf.d/default.conf:ro"]
                    depends_on: [app]
                    extra_hosts: ["legacy:10.0.0.7"]
                  app:
                    image: ghcr.io/acme/app:1.2.3
                    container_name: acme-app
                    networks: {default: {aliases: [backend]}}
            """,
            "default.conf": """
                server {
                    listen 80;
                    location /a/ { proxy_pass http://backend:8000; }
                    location /b/ { proxy_pass http://acme-app:8000; }
                    location /c/ { proxy_pass http://legacy:8000; }
                    location /d/ { proxy_pass https://api.example.com; }
                    location /e/ { proxy_pass http://10.0.0.9:8000; }
                    location /f/ { proxy_pass http://$arg_host; }
                }
            """,
        },
        {
            "docker-compose.yml": """
                services:
                  web:
                    image: nginx:1.30.1
                    volumes: ["./default.conf:/etc/nginx/conf.d/default.conf:ro"]
                    networks: [shared]
                networks:
                  shared: {external: true}
            """,
            "default.conf": _CONF % "http://elsewhere:8000",
        },
        {
            "docker-compose.yml": """
                services:
                  web:
                    image: nginx:1.30.1
                    depends_on: [app]
                    volumes: ["./conf.d:/etc/nginx/conf.d:ro"]
                  app:
                    image: ghcr.io/acme/app:1.2.3
            """,
            "conf.d/site.conf": _CONF % "http://application",
            "conf.d/upstream.conf": "upstream application { server app:8000; }",
        },
        {
            "docker-compose.yml": """
                services:
                  web:
                    image: nginx:1.30.1
                    volumes: ["./nginx.conf:/etc/nginx/nginx.conf:ro", "upstreams:/etc/nginx/upstreams"]
                volumes: {upstreams: {}}
            """,
            "nginx.conf": """
                events {}
                stream {
                    upstream database { server 10.0.0.7:3306; }
                    server {
                        listen 3306;
                        proxy_pass database;
                    }
                }
                http {
                    include /etc/nginx/upstreams/*.conf;
                    server {
                        listen 80;
                        location / { proxy_pass http://application; }
                    }
                }
            """,
        },
    ),
    source="https://github.com/nginx/docker-nginx/issues/127",
)
def upstream_host_unknown(stack: Stack) -> Iterator[Report]:
    """
    nginx sends requests to a host that is no service of the stack, nor another name of one.

    nginx looks the names up when it starts, and ends with "host not found in upstream". Names that may belong to
    another project, because the networks come from outside, and names with a dot are not judged.
    """
    complete = [each for each in stack.containers.values() if all(site.is_complete for site in each.sites)]
    for container, target in all_targets(complete):
        if target.is_plain_name and not target.is_loopback and stack.named(target.host, container) is False:
            close = _similar(target.host, stack)
            meant = f'is "{close}" meant?' if close else f"there are {', '.join(sorted(stack.containers))}"
            yield target.place, f'no service is named "{target.host}"; {meant}', _edits(target, close)


@rule(
    "stack/upstream-on-loopback",
    Severity.ERROR,
    bad={
        "docker-compose.yml": """
            services:
              web:
                image: nginx:1.30.1
                volumes: ["./default.conf:/etc/nginx/conf.d/default.conf:ro"]
              backend:
                image: ghcr.io/acme/app:1.2.3
        """,
        "default.conf": """
            server {
                listen 80;
                location /api/ {
                    proxy_pass http://localhost:8000;  # <-
                }
            }
        """,
    },
    good={
        "docker-compose.yml": """
            services:
              web:
                image: nginx:1.30.1
                volumes: ["./default.conf:/etc/nginx/conf.d/default.conf:ro"]
              host:
                image: nginx:1.30.1
                network_mode: host
                volumes: ["./host.conf:/etc/nginx/conf.d/default.conf:ro"]
        """,
        "default.conf": """
            server {
                listen 80;
                location /api/ { proxy_pass http://127.0.0.1:8081; }
            }
            server {
                listen 127.0.0.1:8081;
                location / { return 200; }
            }
        """,
        "host.conf": _CONF % "http://localhost:8000",
    },
    source="https://docs.docker.com/compose/how-tos/networking/",
)
def upstream_on_loopback(stack: Stack) -> Iterator[Report]:
    """
    nginx sends requests to "localhost", which inside a container is the container itself.

    The back end runs in another one, so every request ends with 502. Write the name of its service.
    """
    for container, target in all_targets(stack.containers.values()):
        ports = container.listening
        if not target.is_loopback or ports is None or target.port is None or target.port in ports:
            continue
        if container.build is None and container.service.entrypoint is None:
            message = f'"{target.host}" is service "{container.name}" itself, where nothing listens on {target.port}; '
            yield target.place, message + "write the name of the service that is meant"
