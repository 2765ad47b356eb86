"""Secrets in settings files that get into containers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...envfile.provider_tokens import provider_tokens
from ...finding import Severity
from ...place import Place
from ...policy import Policy
from ...regex import regex
from ...rule import Report, rule
from ...source import Source
from ...stack import Stack
from ...stack.settings_files import Entry, comments, entries, settings_files

_ADDRESS = regex(r"[a-z][a-z0-9+.-]{0,30}://[^/\s:@]{0,200}:(?P<password>[^/\s@]+)@", re.IGNORECASE)
_FILLED_IN = regex(
    r"[$%]\{|\$\(|\{\{|<%|%\(|^\$\w|^env[:(]|^vault:|^!|^ENC\(|^file:|^/|^\./|^arn:|^secret(?:ref)?:", re.I
)
_PLAIN = regex(r"true|false|yes|no|on|off|null|none|~|string|bearer|\d{1,5}(?:\.\d+)?|[a-z]+ [a-z ]+", re.IGNORECASE)
_DEFAULT = regex(r"[$%]\{\w+:-?(?P<default>[^}]+)\}")
_COMPOSE = """
    services:
      app:
        build: .
"""
_SHORTEST = 6
_DOCKERFILE = "FROM python:3.13-slim\nWORKDIR /app\nCOPY config.yaml ./\n"


def _found(stack: Stack, policy: Policy) -> Iterator[tuple[Place, str, str]]:
    """The place, the key and the value of each literal secret; each place once."""
    seen: set[str] = set()
    for container in stack.containers.values():
        for source in settings_files(container):
            if source.path not in seen:
                seen.add(source.path)
                yield from _kept(stack, source, list(_secrets(source, policy)))


def _kept(stack: Stack, source: Source, found: list[tuple[Place, str, str]]) -> Iterator[tuple[Place, str, str]]:
    if found:
        stack.report_in(source, comments(source))
    yield from found


def _secrets(source: Source, policy: Policy) -> Iterator[tuple[Place, str, str]]:
    taken: set[Place] = set()
    for entry in entries(source):
        secret = _secret(entry, policy)
        if secret:
            taken.add(entry.place)
            yield entry.place, entry.key, secret
    for start, end, kind in provider_tokens(source.text):
        place = source.place(start, end)
        if not any(each.line == place.line for each in taken):
            yield place, kind, source.text[start:end]


def _secret(entry: Entry, policy: Policy) -> str:
    """The literal secret in a setting, or nothing."""
    match = _ADDRESS.search(entry.value)
    if match:
        return "" if _FILLED_IN.search(match["password"]) else match["password"]
    value = entry.value.strip()
    if not policy.is_secret_name(entry.key.rpartition(".")[2].replace("-", "_")) or _PLAIN.fullmatch(value):
        return ""
    default = _DEFAULT.fullmatch(value)
    if default:
        return default["default"]
    return "" if _FILLED_IN.search(value) or not value else value


@rule(
    "stack/secret-in-settings-file",
    Severity.ERROR,
    bad=(
        {
            "docker-compose.yml": _COMPOSE,
            "Dockerfile": _DOCKERFILE,
            "config.yaml": """
                mysql:
                  host: mysql
                  password: Zk7_mTq41v  # <-
                  url: mysql+pymysql://app:Zk7_mTq41v@mysql:3306/app  # <-
                model:
                  api_key: "8c1f0a7d5e324b"  # <-
            """,
        },
        {
            "docker-compose.yml": """
                services:
                  app:
                    image: ghcr.io/acme/app:1.2.3
                    volumes: ["./conf:/app/conf:ro", "./prometheus.yml:/etc/prometheus/prometheus.yml:ro"]
                  cache:
                    image: redis:8.2.1
                    volumes: ["./redis.conf:/etc/redis.conf:ro"]
            """,
            "redis.conf": "port 6379\nrequirepass Zk7_mTq41v  # <-\n",
            "prometheus.yml": "scrape_configs:\n  - basic_auth:\n      password: Zk7_mTq41v  # <-\n",
            "conf/my.cnf": "[client]\npassword=Zk7_mTq41v  # <-\n",
            "conf/application.properties": """
                spring.datasource.username=app
                spring.datasource.password=Zk7_mTq41v  # <-
            """,
        },
    ),
    good=(
        {
            "docker-compose.yml": """
                services:
                  cache:
                    image: redis:8.2.1
                    volumes: ["./redis.conf:/etc/redis.conf:ro", "./site.conf:/etc/site.conf:ro"]
            """,
            "redis.conf": "# requirepass Zk7_mTq41v\nmaxmemory 100mb\n",
            "site.conf": "server {\n    set $api_key Zk7_mTq41v;\n}\n",
        },
        {
            "docker-compose.yml": _COMPOSE,
            "Dockerfile": _DOCKERFILE,
            "config.yaml": """
                mysql:
                  host: mysql
                  password: ${MYSQL_PASSWORD}
                  password_file: /run/secrets/mysql_password
                  url: mysql+pymysql://app:${MYSQL_PASSWORD}@mysql:3306/app
                model:
                  # api_key: 8c1f0a7d5e324b
                  api_key: ""
                  max_tokens: 4096
                  token_type: bearer
            """,
        },
        {
            "docker-compose.yml": "services:\n  app:\n    build: .\n",
            "Dockerfile": "FROM python:3.13-slim\nCOPY . /app\n",
            ".dockerignore": "config.yaml\n",
            "config.yaml": "password: Zk7_mTq41v\n",
            "config.example.yaml": "password: Zk7_mTq41v\n",
        },
        {
            "docker-compose.yml": """
                services:
                  app:
                    image: ghcr.io/acme/app:1.2.3
                    volumes: ["./config.yaml:/app/config.yaml:ro"]
            """,
            ".gitignore": "config.yaml\n",
            "config.yaml": "password: Zk7_mTq41v\n",
        },
    ),
    source="https://cwe.mitre.org/data/definitions/798.html",
    conceals=True,
)
def secret_in_settings_file(stack: Stack, policy: Policy) -> Iterator[Report]:
    """
    A literal secret in a settings file that an image copies or a container mounts.

    Whoever may read the repository or pull the image has it, and it is the same in every deployment. Let the program
    read it from the environment, or from a file under /run/secrets.
    """
    for place, key, value in _found(stack, policy):
        if not policy.is_placeholder(value) and len(value) >= _SHORTEST:
            yield place, f'"{key}" is a secret in a file that gets into a container; take it from the environment'


@rule(
    "stack/placeholder-in-settings-file",
    Severity.WARNING,
    bad={
        "docker-compose.yml": _COMPOSE,
        "Dockerfile": _DOCKERFILE,
        "config.yaml": "mysql:\n  password: changeme  # <-\njwt_secret_key: your-secret-key  # <-\n",
    },
    good={
        "docker-compose.yml": _COMPOSE,
        "Dockerfile": _DOCKERFILE,
        "config.yaml": "mysql:\n  password: ${MYSQL_PASSWORD}\n  mode: changeme\njwt_secret_key:\n",
    },
    source="https://cwe.mitre.org/data/definitions/1392.html",
    conceals=True,
)
def placeholder_in_settings_file(stack: Stack, policy: Policy) -> Iterator[Report]:
    """
    A secret in a settings file has a value that everybody tries first.

    Where the environment does not overrule it, the stack runs with it. Leave it empty, so that a missing secret ends
    the start instead.
    """
    for place, key, value in _found(stack, policy):
        if policy.is_placeholder(value):
            yield place, f'"{key}" has a value that everybody tries first; leave it empty here'
