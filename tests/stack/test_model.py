"""What a stack knows about its containers, and what it says it cannot know."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from datetime import date

import pytest

from fairlead.lint.family import Options, load, stacks
from fairlead.lint.files import Files
from fairlead.lint.recognition import by_family
from fairlead.lint.stack import Stack, targets
from fairlead.lint.stack.images import current_table, end_of_life, facts_of


def stack_of(texts: Mapping[str, str]) -> Stack:
    """The stack of files that are all there are."""
    texts = {name: textwrap.dedent(text).strip("\n") + "\n" for name, text in texts.items()}
    files, options = Files(texts, only_overlay=True), Options()
    models = {name: load(name, paths, files, options) for name, paths in by_family(texts, files).items() if paths}
    (stack,) = stacks(models, files, options)
    assert isinstance(stack, Stack)
    return stack


def built(dockerfile: str, service: str = "build: .") -> Stack:
    """A stack of one service that is built."""
    return stack_of({"docker-compose.yml": f"services:\n  app:\n    {service}\n", "Dockerfile": dockerfile})


@pytest.mark.parametrize(
    ("dockerfile", "program", "answer"),
    [
        ("FROM python:3.13-slim", "curl", False),
        ("FROM python:3.13-slim", "python", True),
        ("FROM python:3.13-slim", "ffmpeg", None),
        ("FROM python:3.13", "curl", True),
        ("FROM python:3.13-slim\nRUN apt-get update && apt-get install -y curl", "curl", True),
        ("FROM python:3.13-slim AS base\nRUN apt-get install -y curl\nFROM base", "curl", True),
        ("FROM python:3.13 AS build\nRUN curl x\nFROM python:3.13-slim", "curl", False),
        ("FROM python:3.13-slim\nRUN apt-get install -y $TOOLS", "curl", None),
        ("FROM python:3.13-slim\nRUN apt-get install -y curl && apt-get purge -y curl", "curl", None),
        ("FROM python:3.13-slim\nRUN apk add --virtual .tools curl && apk del .tools", "curl", None),
        ("FROM python:3.13-slim\nRUN ./setup.sh", "curl", None),
        ("FROM python:3.13-slim\nRUN bash /tmp/setup", "curl", None),
        ("FROM python:3.13-slim\nRUN pip install -r requirements.txt && useradd app", "curl", False),
        ("FROM python:3.13-slim\nCOPY --from=tools /usr/bin/curl /usr/bin/curl", "curl", True),
        ("FROM python:3.13-slim\nCOPY --from=tools /usr/bin/curl /usr/bin/", "curl", True),
        ("FROM python:3.13-slim\nCOPY --from=tools /usr/local /usr/local", "curl", None),
        ("FROM python:3.13-slim\nCOPY . /app", "curl", False),
        ("FROM ghcr.io/acme/base:1", "curl", None),
        ("FROM scratch\nCOPY app /app", "sh", False),
        ("FROM nginx:1.19-alpine", "curl", None),
        ("FROM nginx:1.30-alpine", "curl", True),
        ("FROM nginx:1.30-alpine-slim", "curl", False),
        ("FROM mysql:8.4", "curl", True),
        ("ARG BASE=alpine:3.22\nFROM $BASE", "curl", False),
        ("ARG BASE\nFROM $BASE", "curl", None),
    ],
)
def test_a_program_is_there_or_not_or_unknown(dockerfile: str, program: str, answer: bool | None) -> None:
    assert built(dockerfile).has_program("app", program) is answer


def test_build_arguments_decide_about_the_base() -> None:
    stack = built("ARG TAG=3.13\nFROM python:$TAG", "build: {context: ., args: {TAG: 3.13-slim}}")
    unknown = built("ARG TAG=3.13\nFROM python:$TAG", 'build: {context: ., args: {TAG: "${TAG}"}}')

    assert stack.has_program("app", "curl") is False
    assert unknown.has_program("app", "curl") is None


@pytest.mark.parametrize(
    ("service", "ports"),
    [
        ('{image: "x:1", command: gunicorn -b 0.0.0.0:7860 app}', {7860}),
        ('{image: "x:1", command: gunicorn --bind=:80 --bind 0.0.0.0:81 app}', {80, 81}),
        ('{image: "x:1", command: gunicorn app}', None),
        ('{image: "x:1", command: gunicorn -b unix:/run/app.sock app}', None),
        ('{image: "x:1", command: uvicorn app:app --host 0.0.0.0}', {8000}),
        ('{image: "x:1", command: [uvicorn, "app:app", --port, "${PORT}"]}', None),
        ('{image: "x:1", command: [sh, -c, "migrate && exec uvicorn app:app --port 9000"]}', {9000}),
        ('{image: "x:1", command: [sh, -c, "uvicorn app:app --port $PORT"]}', None),
        ('{image: "x:1", command: python manage.py runserver 0.0.0.0:8001}', {8001}),
        ('{image: "x:1", command: python -m http.server 3000}', {3000}),
        ('{image: "x:1", command: [sh, -c, "uvicorn app:app --port 9000 & exec metrics"]}', None),
        ('{image: "redis:8"}', {6379}),
        ('{image: "redis:8", command: redis-server --appendonly yes}', {6379}),
        ('{image: "redis:8", command: redis-server --port 7000}', None),
        ('{image: "redis:8", command: redis-server /etc/redis.conf}', None),
        ('{image: "postgres:17", command: -c max_connections=10}', {5432}),
        ('{image: "ghcr.io/acme/app:1"}', None),
        ('{image: "nginx:1.30"}', None),
    ],
)
def test_the_ports_of_a_server_are_known_or_not(service: str, ports: set[int] | None) -> None:
    stack = stack_of({"docker-compose.yml": f"services:\n  app: {service}\n"})

    assert stack.containers["app"].listening == (None if ports is None else frozenset(ports))


@pytest.mark.parametrize(
    ("settings", "ports"),
    [
        ('bind = "0.0.0.0:7860"', {7860}),
        ('bind = ["0.0.0.0:80", "[::]:81"]', {80, 81}),
        ('import os\nbind = os.environ["BIND"]', None),
        ('if True:\n    bind = "0.0.0.0:1"', None),
        ("workers = 4", None),
        ("bind = (", None),
    ],
)
def test_the_settings_of_gunicorn_are_read_where_they_are_plain(settings: str, ports: set[int] | None) -> None:
    stack = stack_of(
        {
            "docker-compose.yml": "services:\n  app:\n    build: .",
            "Dockerfile": "FROM python:3.13\nWORKDIR /app\nCOPY gunicorn.conf.py .\nCMD gunicorn app:app",
            "gunicorn.conf.py": settings,
        }
    )

    assert stack.containers["app"].listening == (None if ports is None else frozenset(ports))


def test_a_configuration_belongs_to_the_service_that_mounts_or_copies_it() -> None:
    stack = stack_of(
        {
            "docker-compose.yml": """
                services:
                  edge:
                    image: nginx:1.30
                    volumes: [./edge:/etc/nginx/conf.d:ro]
                  page:
                    build: .
                  other:
                    image: redis:8
            """,
            "Dockerfile": "FROM nginx:1.30\nCOPY page/ /etc/nginx/",
            "edge/site.conf": "server { listen 8080; location / { proxy_pass http://page:8090; } }",
            "page/nginx.conf": "events {}\nhttp { include parts/*.conf; }",
            "page/parts/a.conf": "server { listen 8090; }",
        }
    )

    assert [site.config.path for site in stack.containers["edge"].sites] == ["edge/site.conf"]
    assert stack.containers["edge"].listening == {8080}
    assert stack.containers["page"].listening == {8090}
    assert stack.containers["other"].sites == ()
    (target,) = targets(stack.containers["edge"].sites[0].config)
    assert (target.host, target.port, target.is_static) == ("page", 8090, True)


def test_a_main_file_brings_in_what_the_image_has_beside_it() -> None:
    main = "events {}\nhttp { include /etc/nginx/conf.d/*.conf; server { listen 8080; } }"
    compose = "services:\n  web:\n    image: nginx:1.30\n    volumes: [%s]"

    alone = stack_of({"docker-compose.yml": compose % "./nginx.conf:/etc/nginx/nginx.conf", "nginx.conf": main})
    hidden = stack_of(
        {
            "docker-compose.yml": compose % "./nginx.conf:/etc/nginx/nginx.conf, conf:/etc/nginx/conf.d",
            "nginx.conf": main,
        }
    )

    assert alone.containers["web"].listening == {80, 8080}
    assert hidden.containers["web"].listening is None


@pytest.mark.parametrize(
    ("end", "ports"),
    [
        ('CMD ["nginx", "-g", "daemon off;"]', {8080}),
        ('ENTRYPOINT ["/start"]\nCMD ["nginx"]', {8080}),
        ('CMD ["supervisord", "-n"]', None),
        ('ENTRYPOINT ["/start"]', None),
        ("CMD gunicorn -b :8000 app & nginx", None),
    ],
)
def test_what_else_a_script_starts_is_not_known(end: str, ports: set[int] | None) -> None:
    stack = stack_of(
        {
            "docker-compose.yml": "services:\n  app:\n    build: .",
            "Dockerfile": f"FROM debian:13\nRUN apt-get install -y nginx\nCOPY nginx.conf /etc/nginx/\n{end}",
            "nginx.conf": "events {}\nhttp { server { listen 8080; } }",
        }
    )

    assert stack.containers["app"].listening == (None if ports is None else frozenset(ports))


@pytest.mark.parametrize(
    ("exposed", "is_closed"), [("EXPOSE 9000", True), ("EXPOSE 8000 9000", False), ("EXPOSE 8000", True), ("", True)]
)
def test_an_application_may_open_another_port_that_is_written_down(exposed: str, is_closed: bool) -> None:
    stack = built(f"FROM python:3.13\nCMD uvicorn app:app --host 0.0.0.0\n{exposed}")

    assert stack.containers["app"].is_closed(9000) is is_closed
    assert not stack.containers["app"].is_closed(8000)


def test_a_path_of_the_host_is_no_file_here() -> None:
    stack = stack_of(
        {
            "docker-compose.yml": """
                services:
                  web:
                    image: nginx:1.30
                    volumes: ["/etc/nginx/nginx.conf:/etc/nginx/nginx.conf"]
            """,
            "/etc/nginx/nginx.conf": "events {}\nhttp { server { listen 8080; } }",
        }
    )

    assert stack.containers["web"].sites == ()


def test_a_configuration_that_is_made_when_the_stack_starts_is_found_by_its_name() -> None:
    stack = stack_of(
        {
            "docker/compose.yaml": """
                services:
                  web:
                    image: nginx:1.30
                    entrypoint: [nginx, -c, /etc/nginx/edge/live/nginx.conf]
                    volumes: [../made/edge:/etc/nginx/edge]
            """,
            "docker/nginx.conf": "events {}\nhttp { server { listen 8080; } }",
            "docker/other.conf": "events {}\nhttp { server { listen 8081; } }",
        }
    )

    assert [site.config.path for site in stack.containers["web"].sites] == ["docker/nginx.conf"]


def test_facts_are_silent_when_they_are_old() -> None:
    checked = date.fromisoformat(current_table(date(2026, 11, 22))["checked"])

    assert facts_of("python", "3.13-slim", checked) is not None
    assert facts_of("python", "3.13-slim", date(checked.year + 1, checked.month, checked.day)) is not None
    assert facts_of("python", "3.13-slim", date(checked.year + 1, checked.month, checked.day + 1)) is None
    assert end_of_life("python", "3.9.2-slim", checked) == ("3.9", date(2025, 10, 31))


def test_a_version_beside_the_table_ended_with_the_next_newer_one() -> None:
    checked = date.fromisoformat(current_table(date(2026, 11, 22))["checked"])

    assert end_of_life("nginx", "1.13-alpine", checked) == ("1.13", date(2019, 4, 23))
    assert end_of_life("nginx", "1.15", checked) == ("1.15", date(2020, 4, 21))
    assert end_of_life("node", "17", checked) == ("17", date(2025, 4, 30))
    assert end_of_life("redis", "4-alpine", checked) == ("4", date(2022, 4, 27))
    assert end_of_life("redis", "5.0.7", checked) == ("5.0", date(2022, 4, 27))
    assert [end_of_life("redis", tag, checked) for tag in ("6", "6-alpine", "6.2", "7.2", "alpine")] == [None] * 5
    assert [end_of_life("nginx", tag, checked) for tag in ("1", "1.99", "stable")] == [None] * 3


def test_each_line_of_the_facts_has_its_source() -> None:
    table = current_table(date(2026, 11, 22))

    assert [line for line in table["images"] if not line["source"].startswith("https://")] == []
    assert [name for name, line in table["ends"].items() if not line["source"].startswith("https://")] == []
