"""A good stack with one fault at a time: exactly that fault is reported, and no other."""

from __future__ import annotations

import pytest

from fairlead.lint.discovery import Catalogue
from fairlead.lint.engine import Setup, lint
from fairlead.lint.family import Options
from fairlead.lint.files import Files
from fairlead.lint.selection import Selection

BASE = """\
x-base: &base
  restart: unless-stopped
  read_only: true
  cap_drop: [ALL]
  security_opt: ["no-new-privileges:true"]
  mem_limit: 512m
  cpus: 1
  pids_limit: 200
  logging:
    driver: json-file
    options: {max-size: 10m, max-file: "3"}
services:
  web:
    <<: *base
    image: nginxinc/nginx-unprivileged:1.29.4@sha256:DIGEST
    ports: ["80:8080", "443:8443"]
    tmpfs: [/tmp]
    networks: [front]
    stop_signal: SIGQUIT
    depends_on:
      api: {condition: service_healthy}
    healthcheck:
      test: [CMD, curl, --fail, "http://127.0.0.1:8080/healthz"]
      interval: 30s
      timeout: 5s
  api:
    <<: *base
    image: ghcr.io/acme/api:2.3.1@sha256:DIGEST
    user: "1000:1000"
    command: [gunicorn, -w, "3", --graceful-timeout, "20", "app:app"]
    stop_grace_period: 30s
    environment:
      DB_HOST: db
      DB_USER: app
      JWT_SECRET_KEY: ${JWT_SECRET_KEY:?}
      TOKEN_TTL: 3600
    networks: [front, back]
    depends_on:
      db: {condition: service_healthy}
      migrate: {condition: service_completed_successfully}
    healthcheck:
      test: [CMD, python, -m, app.health]
  migrate:
    <<: *base
    image: ghcr.io/acme/api:2.3.1@sha256:DIGEST
    user: "1000:1000"
    command: [alembic, upgrade, head]
    restart: "no"
    networks: [back]
    depends_on:
      db: {condition: service_healthy}
  db:
    <<: *base
    image: mysql:8.4.6@sha256:DIGEST
    user: "999:999"
    tmpfs: ["/var/run/mysqld:uid=999", /tmp]
    environment:
      MYSQL_ROOT_PASSWORD: ${MYSQL_ROOT_PASSWORD:?}
    volumes: ["db:/var/lib/mysql"]
    networks: [back]
    stop_grace_period: 1m
    healthcheck:
      test: [CMD-SHELL, 'MYSQL_PWD="$$MYSQL_ROOT_PASSWORD" mysql -h 127.0.0.1 -e "SELECT 1" | grep -q 1']
networks:
  front: {}
  back: {internal: true}
volumes:
  db: {}
""".replace("DIGEST", "0123456789abcdef" * 4)
PRODUCTION = "services:\n  api:\n    stop_grace_period: 40s\n"

_WEB = "    networks: [front]\n"
_API = "    networks: [front, back]\n"
_DB = "    networks: [back]\n    stop_grace_period: 1m\n"
_DIGEST = "0123456789abcdef" * 4
_MADE_UP = "kw8Zr2Vb91"
_TOKEN = "ghp_" + "aB3dE5fG7hJ9kL2mN4pQ6rS8tV0wX1yZ3bC5"

MUTATIONS = {
    "privileged": (_API, _API + "    privileged: true\n"),
    "docker-socket": (_API, _API + "    volumes: ['/var/run/docker.sock:/var/run/docker.sock:ro']\n"),
    "engine-api-socket": (_API, _API + "    use_api_socket: true\n"),
    "confinement-off": (_API, _API + "    security_opt: ['no-new-privileges:true', 'seccomp:unconfined']\n"),
    "host-namespace": (_API, _API + "    pid: host\n"),
    "capability-over-host": (_API, _API + "    cap_add: [SYS_ADMIN]\n"),
    "dangerous-capability": (_API, _API + "    cap_add: [NET_ADMIN]\n"),
    "capabilities-kept": (_API, _API + "    cap_drop: [NET_RAW]\n"),
    "may-gain-privileges": (_API, _API + "    security_opt: ['no-new-privileges:false']\n"),
    "sensitive-mount": (_API, _API + "    volumes: ['/etc:/host']\n"),
    "sensitive-mount-read-only": (_API, _API + "    volumes: ['/etc:/host:ro']\n"),
    "writable-config-mount": (_API, _API + "    volumes: ['./app.conf:/etc/app.conf']\n"),
    "shared-propagation": (_API, _API + "    volumes: ['/srv/data:/data:shared']\n"),
    "host-device": (_API, _API + "    devices: ['/dev/sda:/dev/sda']\n"),
    "root-user": ('    user: "1000:1000"\n    command: [gunicorn', '    user: "0"\n    command: [gunicorn'),
    "writable-root": (_API, _API + "    read_only: false\n"),
    "read-only-without-tmpfs": ('    tmpfs: ["/var/run/mysqld:uid=999", /tmp]\n', ""),
    "no-memory-limit": ("  mem_limit: 512m\n", ""),
    "no-cpu-limit": ("  cpus: 1\n", ""),
    "no-pids-limit": ("  pids_limit: 200\n", ""),
    "conflicting-limits": (_API, _API + "    deploy: {resources: {limits: {memory: 1g}}}\n"),
    "reservation-above-limit": (_API, _API + "    mem_reservation: 1g\n"),
    "limit-of-a-few-bytes": (_API, _API + "    mem_limit: 512\n"),
    "more-workers-than-cpus": ('-w, "3"', '-w, "30"'),
    "unbounded-log": ('{max-size: 10m, max-file: "3"}', '{max-file: "3"}'),
    "log-option-refused": ('{max-size: 10m, max-file: "3"}', '{max-size: 10m, compress: "true"}'),
    "no-log": ('driver: json-file\n    options: {max-size: 10m, max-file: "3"}', "driver: none"),
    "no-restart-policy": ("  restart: unless-stopped\n", ""),
    "always-restart-revives-old-release": ("restart: unless-stopped", "restart: always"),
    "restarting-job": ('restart: "no"', "restart: unless-stopped"),
    "healthcheck-left-to-image": ("    healthcheck:\n      test: [CMD, python, -m, app.health]\n", ""),
    "healthcheck-cannot-fail": ("curl, --fail", "curl"),
    "slow-healthcheck": ("timeout: 5s", "timeout: 50s"),
    "dependency-only-started": (
        "db: {condition: service_healthy}\n      migrate",
        "db: {condition: service_started}\n      migrate",
    ),
    "migration-not-awaited": ("service_completed_successfully", "service_started"),
    "short-stop-grace": ("stop_grace_period: 1m", "stop_grace_period: 2s"),
    "rough-stop-signal": ("SIGQUIT", "SIGTERM"),
    "shell-without-init": ('[gunicorn, -w, "3"', '[sh, -c, "a; b", "3"'),
    "image-without-tag": ("ghcr.io/acme/api:2.3.1@sha256:" + _DIGEST, "ghcr.io/acme/api"),
    "moving-tag": ("mysql:8.4.6@sha256:" + _DIGEST, "mysql:lts"),
    "image-without-digest": ("mysql:8.4.6@sha256:" + _DIGEST, "mysql:8.4.6"),
    "image-past-end-of-life": ("mysql:8.4.6@", "mysql:5.7.44@"),
    "one-platform": (_API, _API + "    platform: linux/arm64\n"),
    "private-port-published": (_DB, _DB + "    ports: ['3306:3306']\n"),
    "port-beside-proxy": (_API, _API + "    ports: ['8000:8000']\n"),
    "duplicate-port": (_API, _API + "    ports: ['127.0.0.1:443:8000']\n"),
    "fixed-container-name": (_API, _API + "    container_name: api\n"),
    "container-name-with-replicas": (_API, _API + "    container_name: api\n    scale: 2\n"),
    "legacy-links": (_API, _API + "    links: [db]\n"),
    "database-beside-proxy": (_WEB, "    networks: [front, back]\n"),
    "address-conflict": (
        "front: {}\n  back: {internal: true}",
        "front: {ipam: {config: [{subnet: 10.0.0.0/16}]}}\n  back: {ipam: {config: [{subnet: 10.0.1.0/24}]}}",
    ),
    "literal-secret": ("${JWT_SECRET_KEY:?}", _MADE_UP),
    "placeholder-secret": ("${JWT_SECRET_KEY:?}", "changeme"),
    "secret-with-default": ("${JWT_SECRET_KEY:?}", "${JWT_SECRET_KEY:-" + _MADE_UP + "}"),
    "secret-may-be-empty": ("${JWT_SECRET_KEY:?}", "${JWT_SECRET_KEY}"),
    "dollar-in-secret": ("${JWT_SECRET_KEY:?}", "kw8Zr2$Vb91"),
    "provider-token": ("TOKEN_TTL: 3600", f"HUB: {_TOKEN}"),
    "password-in-url": ("TOKEN_TTL: 3600", f"URL: mysql://app:{_MADE_UP}@db/app"),
    "literal-secret-in-command": ('"app:app"]', f'"app:app", --password, {_MADE_UP}]'),
    "secret-on-command-line": ('"app:app"]', '"app:app", --password, "${JWT_SECRET_KEY:?}"]'),
    "secret-in-front-end": ("TOKEN_TTL: 3600", "VITE_JWT_SECRET: ${JWT_SECRET_KEY:?}"),
    "database-without-password": (
        "MYSQL_ROOT_PASSWORD: ",
        'MYSQL_ALLOW_EMPTY_PASSWORD: "1"\n      MYSQL_ROOT_PASSWORD: ',
    ),
    "superuser-application": ("DB_USER: app", "DB_USER: root"),
    "development-server-in-production": ('"app:app"]', '"app:app", --reload]'),
    "debug-in-production": ("TOKEN_TTL: 3600", 'DEBUG: "true"'),
    "terminal-in-production": (_API, _API + "    tty: true\n"),
}


def _found(text: str) -> set[str]:
    texts = {"docker-compose.yml": text, "docker-compose.prod.yml": PRODUCTION}
    setup = Setup(Catalogue(), Selection("strict"), Options())
    outcome = lint({"compose": list(texts)}, Files(texts, only_overlay=True), setup)
    assert outcome.failures == []
    return {finding.rule.removeprefix("compose/") for finding in outcome.findings}


def test_the_good_stack_is_clean_under_every_rule() -> None:
    assert _found(BASE) == set()


@pytest.mark.parametrize("rule", MUTATIONS)
def test_one_fault_is_reported_and_no_other(rule: str) -> None:
    before, after = MUTATIONS[rule]
    mutated = BASE.replace(before, after, 1)

    assert mutated != BASE
    assert _found(mutated) == {rule}
