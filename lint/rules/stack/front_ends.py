"""Front ends against what is in front of them and behind them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...finding import Severity
from ...policy import Policy
from ...regex import regex
from ...rule import Report, rule
from ...stack import Stack
from ...stack.front_end import PUBLIC_NAME, public_variables, sends_on

_VITE = "https://vite.dev/guide/env-and-mode#env-files"
_ADDRESS = regex(r"(?:(?:https?|wss?):)?//(?P<host>[^/:?#]+)")
_TELLING = regex(
    r".*(?:SECRET|PASSWORD|PASSWD|PRIVATE)(?!.*PUBLI[CSH]).*|.*(?:OPENAI|ANTHROPIC|AWS|SENDGRID|TWILIO)\w*_KEY", re.I
)
_DOCKERFILE = """
    FROM node:24.4 AS build
    ARG VITE_API_BASE_URL
    RUN npm ci && npm run build
    FROM nginx:1.30.1
    COPY nginx.conf /etc/nginx/nginx.conf
    COPY --from=build /dist /usr/share/nginx/html
"""
_COMPOSE = """
    services:
      frontend:
        build:
          context: .
          args:
            VITE_API_BASE_URL: %s
        ports: ["80:80"]
        depends_on: [backend]
      backend:
        image: ghcr.io/acme/app:1.2.3
"""
_NGINX = """
    events {}
    http {
        server {
            listen 80;
            root /usr/share/nginx/html;
            location / { try_files $uri /index.html; }
            location %s { proxy_pass http://backend:7860; }
        }
    }
"""


@rule(
    "stack/api-base-without-location",
    Severity.ERROR,
    bad=(
        {
            "docker-compose.yml": _COMPOSE % "/api  # <-",
            "Dockerfile": _DOCKERFILE,
            "nginx.conf": _NGINX % "/health",
        },
        {
            "docker-compose.yml": "services:\n  web:\n    build: .\n    ports: ['8090:8090']\n",
            "Dockerfile": """
                FROM node:24.4 AS build
                ENV REACT_APP_API_URL=/api/v1  # <-
                RUN npm ci && npm run build
                FROM nginx:1.30.1
                COPY default.conf /etc/nginx/conf.d/default.conf
                COPY --from=build /build /usr/share/nginx/html
            """,
            "default.conf": "server {\n    listen 8090;\n    location / { try_files $uri /index.html; }\n}\n",
        },
    ),
    good=(
        {"docker-compose.yml": _COMPOSE % "/api", "Dockerfile": _DOCKERFILE, "nginx.conf": _NGINX % "/api/"},
        {
            "docker-compose.yml": _COMPOSE % "/api",
            "Dockerfile": _DOCKERFILE,
            "nginx.conf": _NGINX % r"~ ^/api/(users|items)",
        },
        {
            "docker-compose.yml": _COMPOSE % "https://api.example.com",
            "Dockerfile": _DOCKERFILE,
            "nginx.conf": _NGINX % "/health",
        },
        {
            "docker-compose.yml": """
                services:
                  frontend:
                    build: {context: ., args: {VITE_API_BASE_URL: /api}}
                    depends_on: [backend]
                  backend:
                    image: ghcr.io/acme/app:1.2.3
                  edge:
                    image: traefik:v3.5
                    ports: ["80:80"]
            """,
            "Dockerfile": _DOCKERFILE,
            "nginx.conf": _NGINX % "/health",
        },
    ),
    source=_VITE,
)
def api_base_without_location(stack: Stack) -> Iterator[Report]:
    """
    The front end is built with an API path that nginx does not send to the back end.

    The page asks for it, nginx answers with the page itself, and the program in the browser stumbles over HTML where it
    expects JSON, or over 405 for each POST. Judged where it is known which nginx the visitors talk to.
    """
    for container in stack.containers.values():
        for each in public_variables(container):
            path = each.value
            if (
                not each.is_api
                or not re.fullmatch(r"/[\w./-]*\w/?", path)
                or sends_on(stack, container, path) is not False
            ):
                continue
            message = f'the page asks for "{path}", which no nginx location sends to a back end; '
            yield each.place, f'{message}add "location {path.rstrip("/")}/" with a proxy_pass'


@rule(
    "stack/api-base-not-for-browsers",
    Severity.ERROR,
    bad={
        "docker-compose.yml": _COMPOSE % "http://backend:7860/api  # <-",
        "Dockerfile": _DOCKERFILE,
        "nginx.conf": _NGINX % "/api",
    },
    good={
        "docker-compose.yml": _COMPOSE % "http://backend.example.com:7860/api",
        "Dockerfile": _DOCKERFILE,
        "nginx.conf": _NGINX % "/api",
    },
    source="https://docs.docker.com/compose/how-tos/networking/",
)
def api_base_not_for_browsers(stack: Stack) -> Iterator[Report]:
    """
    The front end is built with the name of a service, which only containers can look up.

    The page runs in the visitor's browser, where the name means nothing: every request fails. Use a path of the page's
    own address and let nginx send it to the service.
    """
    for container in stack.containers.values():
        for each in public_variables(container):
            match = _ADDRESS.match(each.value)
            if (
                match
                and "." not in match["host"]
                and match["host"] != "localhost"
                and _is_service(match["host"], stack)
            ):
                message = f'browsers do not know the service "{match["host"]}"; '
                yield each.place, message + 'use a path such as "/api" that nginx sends there'


def _is_service(host: str, stack: Stack) -> bool:
    return any(host.lower() in each.names for each in stack.containers.values())


@rule(
    "stack/secret-in-front-end-build",
    Severity.ERROR,
    bad={
        "docker-compose.yml": """
            services:
              frontend:
                build:
                  context: .
                  args:
                    REACT_APP_SIGNATURE: ${JWT_SECRET_KEY}  # <-
        """,
        "Dockerfile": "FROM node:24.4\nARG REACT_APP_SIGNATURE\n",
    },
    good={
        "docker-compose.yml": """
            services:
              frontend:
                build:
                  context: .
                  args:
                    VITE_STRIPE_PUBLISHABLE_KEY: ${STRIPE_PUBLISHABLE_KEY}
                    VITE_API_BASE_URL: /api
                environment:
                  OPENAI_API_KEY: ${OPENAI_API_KEY}
        """,
        "Dockerfile": "FROM node:24.4\nARG VITE_STRIPE_PUBLISHABLE_KEY\nARG VITE_API_BASE_URL\n",
    },
    source=_VITE,
)
def secret_in_front_end_build(stack: Stack, policy: Policy) -> Iterator[Report]:
    """
    A secret under the name of a public build argument, which becomes part of the page's JavaScript.

    Every visitor can read it there. A name that gives the secret away is reported by `compose/secret-in-front-end`.
    """
    for container in stack.containers.values():
        build = container.service.build
        for name, each in (build.args if build else {}).items():
            if not PUBLIC_NAME.fullmatch(name):
                continue
            uses = [use.name for use in each.entry.uses] if each.entry is not None else []
            if not _TELLING.fullmatch(name) and any(_is_secret(use, policy) for use in uses):
                yield each.place, f'"{name}" becomes part of the page; keep it in the back end'


def _is_secret(name: str, policy: Policy) -> bool:
    """Whether a variable is a secret also under a public name; keys for browsers are called keys too."""
    return policy.is_secret_name(name) and bool(_TELLING.fullmatch(name)) and not PUBLIC_NAME.fullmatch(name)
