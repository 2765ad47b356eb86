"""One good stack, and one fault at a time put into it: exactly that is found, and nothing else."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping

import pytest

from fairlead.lint.discovery import Catalogue
from fairlead.lint.engine import Outcome, Setup, lint
from fairlead.lint.files import Files
from fairlead.lint.recognition import by_family
from fairlead.lint.report import FORMATS, Results, report
from fairlead.lint.selection import Selection

COMPOSE, CONF, PAGE, APP, SETTINGS = "compose.yaml", "edge.conf", "page/Dockerfile", "app/Dockerfile", "app/config.yaml"
GOOD = {
    COMPOSE: """
        services:
          edge:
            image: nginx:1.30.1
            ports: ["80:8080", "443:8443"]
            volumes:
              - ./edge.conf:/etc/nginx/conf.d/default.conf:ro
              - ./certs:/etc/nginx/certs:ro
            networks: [front]
            depends_on: [page, app]
            healthcheck: {test: [CMD, curl, --fail, "http://127.0.0.1:8080/"]}
          page:
            build:
              context: page
              target: serve
              args:
                VITE_API_BASE_URL: /api
            networks: [front]
            healthcheck: {test: "wget -q --spider http://127.0.0.1:8090/ || exit 1"}
          app:
            build: app
            read_only: true
            networks: [front, data]
            environment:
              REDIS_HOST: cache
              REDIS_PASSWORD: ${REDIS_PASSWORD:?}
              LOG_LEVEL: ${LOG_LEVEL:-info}
            secrets: [signing_key]
            volumes: [uploads:/app/uploads]
            healthcheck: {test: [CMD, python, -m, health, "http://127.0.0.1:7860/health"]}
          cache:
            image: redis:8.2.1
            command: [redis-server, --aclfile, /run/acl]
            networks: [data]
        networks: {front: {}, data: {}}
        volumes: {uploads: {}}
        secrets:
          signing_key: {file: ./secrets/signing_key}
          from_environment: {environment: SIGNING_KEY}
    """,
    CONF: """
        resolver 127.0.0.11 valid=5s;
        upstream app {
            zone app 64k;
            server app:7860 resolve;
        }
        upstream page {
            zone page 64k;
            server page:8090 resolve;
        }
        server {
            listen 8080;
            listen 8443 ssl;
            ssl_certificate /etc/nginx/certs/site.pem;
            ssl_certificate_key /etc/nginx/certs/site.key;
            location / { proxy_pass http://page; }
            location /api/ {
                proxy_pass http://app;
                proxy_read_timeout 90s;
            }
        }
    """,
    PAGE: """
        FROM node:24.4-alpine AS build
        ARG VITE_API_BASE_URL
        COPY package.json ./
        RUN npm ci && npm run build
        FROM nginx:1.30.1-alpine AS serve
        COPY page.conf /etc/nginx/conf.d/default.conf
        COPY --from=build /dist /usr/share/nginx/html
        EXPOSE 8090
    """,
    "page/page.conf": "server { listen 8090; location / { try_files $uri /index.html; } }",
    "page/package.json": '{"name": "page", "engines": {"node": ">=22"}}',
    APP: """
        ARG VERSION=3.13-slim
        FROM python:${VERSION}
        RUN useradd --uid 10001 app && install -d -o app /app/uploads
        WORKDIR /app
        COPY requirements.txt config.yaml ./
        RUN pip install -r requirements.txt
        USER 10001
        EXPOSE 7860
        CMD ["gunicorn", "--worker-tmp-dir", "/dev/shm", "--bind", "0.0.0.0:7860", "--timeout", "60", "app:app"]
    """,
    "app/requirements.txt": "gunicorn==23.0.0",
    SETTINGS: "redis:\n  password: ${REDIS_PASSWORD}\n  port: 6379\nmodel:\n  api_key: ''\n",
    ".env.example": "REDIS_PASSWORD=\nLOG_LEVEL=info\nSIGNING_KEY=\n",
}
FAULTS = [
    (COMPOSE, "[CMD, python, -m,", "[CMD, curl, -f,", "stack/healthcheck-tool-missing"),
    (COMPOSE, "http://127.0.0.1:7860/health", "http://127.0.0.1:8000/health", "stack/healthcheck-wrong-port"),
    (COMPOSE, "http://127.0.0.1:8090/", "http://localhost:8090/", "stack/healthcheck-asks-ipv6"),
    (CONF, "server app:7860", "server ap:7860", "stack/upstream-host-unknown"),
    (CONF, "server app:7860", "server app:8000", "stack/upstream-wrong-port"),
    (CONF, "server app:7860 resolve", "server 127.0.0.1:7860", "stack/upstream-on-loopback"),
    (CONF, "server app:7860 resolve", "server app:7860", "stack/upstream-resolved-once"),
    (COMPOSE, "networks: [front, data]", "networks: [data]", "stack/upstream-on-other-network"),
    (COMPOSE, '"80:8080"', '"80:80"', "stack/published-port-not-open"),
    (COMPOSE, "/etc/nginx/certs:ro", "/etc/ssl/mine:ro", "stack/certificate-not-mounted"),
    (COMPOSE, "target: serve", "target: server", "stack/build-target-unknown"),
    (COMPOSE, "build: app\n", "build: {context: app, dockerfile: Dockerfile.prod}\n", "stack/dockerfile-missing"),
    (APP, "COPY requirements.txt", "COPY requirements.txt alembic.ini", "stack/copy-source-missing"),
    (PAGE, "ARG VITE_API_BASE_URL", "ARG VITE_API_URL", "stack/build-argument-unused"),
    (COMPOSE, "VITE_API_BASE_URL: /api", "VITE_API_BASE_URL: /v1", "stack/api-base-without-location"),
    (COMPOSE, "VITE_API_BASE_URL: /api", "VITE_API_BASE_URL: http://app:7860", "stack/api-base-not-for-browsers"),
    (COMPOSE, "secrets: [signing_key]", "secrets: [from_environment]", "stack/secret-in-readonly-service"),
    (SETTINGS, "${REDIS_PASSWORD}", "Zk7_mTq41vB", "stack/secret-in-settings-file"),
    (SETTINGS, "api_key: ''", "api_key: changeme", "stack/placeholder-in-settings-file"),
    (COMPOSE, "--aclfile, /run/acl", "--appendonly, 'yes'", "stack/cache-password-not-asked"),
    (APP, " && install -d -o app /app/uploads", "", "stack/volume-of-root"),
    (APP, '"--timeout", "60"', '"--timeout", "300"', "stack/nginx-gives-up-first"),
    (COMPOSE, "build: app\n", "build: {context: app, args: {VERSION: 3.8-slim}}\n", "stack/base-past-end-of-life"),
    ("page/package.json", ">=22", ">=26", "stack/runtime-not-as-required"),
]


def texts(changed: str = "", old: str = "", new: str = "") -> dict[str, str]:
    """The good stack, with *new* instead of *old* in one file."""
    found = {name: textwrap.dedent(text).strip("\n") + "\n" for name, text in GOOD.items()}
    if changed:
        assert old in found[changed]
        found[changed] = found[changed].replace(old, new, 1)
    return found


def outcome(files_by_name: Mapping[str, str]) -> Outcome:
    """What the rules about stacks find."""
    files = Files(files_by_name, only_overlay=True)
    setup = Setup(selection=Selection("strict", select=("stack",)))
    return lint(by_family(files_by_name, files), files, setup)


def test_the_good_stack_is_clean() -> None:
    found = outcome(texts())

    assert (found.failures, [str(finding) for finding in found.findings]) == ([], [])


@pytest.mark.parametrize(("name", "old", "new", "rule"), FAULTS, ids=lambda value: str(value)[:40])
def test_one_fault_is_found_and_nothing_else(name: str, old: str, new: str, rule: str) -> None:
    found = outcome(texts(name, old, new))

    assert {finding.rule for finding in found.findings} == {rule}


@pytest.mark.parametrize("form", FORMATS)
def test_no_report_shows_a_secret_of_a_settings_file(form: str) -> None:
    found = outcome(texts(SETTINGS, "${REDIS_PASSWORD}", "Zk7_mTq41vB"))
    rules = {rule.id: rule for rule in Catalogue().family("stack")}

    shown = report(form)(Results(found.findings, found.texts, rules))

    assert len(found.findings) == 1
    assert "Zk7_mTq41vB" not in shown


def test_a_comment_in_a_settings_file_hides_what_is_known() -> None:
    reason = "  # fairlead: ignore[stack/secret-in-settings-file] for the demonstration"

    found = outcome(texts(SETTINGS, "${REDIS_PASSWORD}", f"Zk7_mTq41vB{reason}"))

    assert found.findings == []
