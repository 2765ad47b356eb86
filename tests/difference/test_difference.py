"""What an edit of our own stack's files changes, in words; and what changes nothing."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from fairlead import schemas
from fairlead.lint import family
from fairlead.lint.difference import changes, statements
from fairlead.lint.difference.reports import as_json, markdown, text
from fairlead.lint.files import Files
from fairlead.lint.policy import Policy
from fairlead.lint.scope import scope_of
from fairlead.lint.settings import settings_for

ROOT = Path(__file__).parents[2]
SITE = "localhost, 127.0.0.1 on 8090"
EXAMPLE, PROD, BASE = "docker/docker.env.example", "docker/docker-compose.prod.yml", "docker/docker-compose.yml"
NGINX, ROUTES, HEADERS = "docker/nginx.conf", "docker/snippets/site.conf", "docker/snippets/security-headers.conf"

TOLD = [
    (ROUTES, r"(location /api/ \{)", r"\1 add_header_inherit off;", f"{SITE} /api/ loses X-Frame-Options"),
    (HEADERS, r"(X-Frame-Options DENY) always", r"\1", f"{SITE} sends X-Frame-Options DENY, before DENY, with every"),
    (HEADERS, r"X-Frame-Options DENY", "X-Frame-Options SAMEORIGIN", f"{SITE} sends X-Frame-Options SAMEORIGIN"),
    (ROUTES, r"proxy_read_timeout 300s", "proxy_read_timeout 60s", "proxy_read_timeout 60s, before 300s"),
    (ROUTES, r"proxy_buffering off;", "", "proxy_buffering off no longer holds"),
    (ROUTES, r"location = /version \{[^}]*\}", "", f"{SITE} = /version are gone"),
    (ROUTES, r"(location /api/ \{\s+proxy_pass http://)backend", r"\1frontend", "/api/: proxy_pass http://frontend"),
    (ROUTES, r"max-age=31536000, immutable", "max-age=86400", "becomes cacheable for a day"),
    (NGINX, r"gzip_comp_level 6", "gzip_comp_level 9", "gzip_comp_level 9, before 6"),
    (NGINX, r"worker_connections 4096", "worker_connections 512", "everywhere: worker_connections 512, before 4096"),
    (NGINX, r"client_max_body_size 1m", "client_max_body_size 9m", "client_max_body_size 9m, before 1m"),
    (NGINX, r"rate=5r/s", "rate=50r/s", "limit_req_zone"),
    ("docker/upstreams/backend.conf", "7860", "7861", "upstream backend: server backend:7861"),
    (BASE, r"127.0.0.1:\$\{PAGE_PORT:-8090\}:8090", "8090:8090", "nginx: 8090 becomes public, on 8090"),
    (BASE, r"nginx:1.30.6", "nginx:1.28.0", "nginx: the image changes from nginx:1.30.6 to nginx:1.28.0"),
    (BASE, r"SMTP_HOST: \$\{SMTP_HOST-\}", "SMTP_HOST: ${SMTP_HOST:?}", "SMTP_HOST is now required"),
    (BASE, r"cap_drop: \[ALL\]", "cap_drop: []", "mysql"),
    (BASE, r"read_only: true\n  cap_drop", "read_only: false\n  cap_drop", "read_only True no longer holds"),
    (BASE, r"data: \{internal: true\}", "data: {}", "network data: internal True no longer holds"),
    (BASE, r"--max-connections=1000", "--max-connections=10", "mysql: command"),
    (
        BASE,
        r"interval: 10s\n      timeout: 5s\n      retries: 6",
        "interval: 99s\n      timeout: 5s\n      retries: 6",
        "mysql: healthcheck.interval",
    ),
    (BASE, r"  assets: \{\}\n", "", "volume assets"),
    (PROD, r"MYSQL_MEMORY:-2g", "MYSQL_MEMORY:-1g", "mysql: deploy.resources.limits.memory"),
    ("docker/Dockerfile", r"\nUSER 10001:10001", "", "docker/Dockerfile: USER 10001:10001 no longer holds"),
    ("docker/Dockerfile", r"STOPSIGNAL SIGTERM", "STOPSIGNAL SIGQUIT", "STOPSIGNAL SIGQUIT, before SIGTERM"),
    ("docker/Dockerfile", r"--no-compile", "", "docker/Dockerfile is built differently (stage build)"),
    (EXAMPLE, r"\nREDIS_PASSWORD=", "\n", "docker/docker.env.example loses REDIS_PASSWORD"),
    (EXAMPLE, r"SESSION_HOURS=168", "SESSION_HOURS=1", "docker/docker.env.example: SESSION_HOURS has another value"),
]
SILENT = [
    (NGINX, r"worker_processes auto;", "# a comment\nworker_processes    auto ;  # another"),
    (NGINX, r"\n    gzip_vary on;", "\n    gzip_vary 'on';"),
    (BASE, r"\[ALL\]", "\n    - ALL  # all of them"),
    (
        BASE,
        r'"127.0.0.1:\$\{PAGE_PORT:-8090\}:8090"',
        '{target: 8090, published: "${PAGE_PORT:-8090}", host_ip: 127.0.0.1}',
    ),
    (BASE, r"interval: 10s", "interval: 10000ms"),
    (BASE, r"\n      - mysql_password\n      - redis_password\n", "\n      - redis_password\n      - mysql_password\n"),
    ("docker/Dockerfile", r"USER 10001:10001", "# who runs it\nuser   10001:10001"),
    (EXAMPLE, r"SESSION_HOURS=168", "SESSION_HOURS='168'  # a week"),
]


DOCKERFILE, PAGE = "docker/Dockerfile", "docker/Dockerfile.frontend.prod"
TOLD_TOGETHER = [
    (
        BASE,
        r"networks: \[front, data, egress\]",
        "networks: [front, data, egress, public]",
        "backend joins network public",
    ),
    (BASE, r"(LOG_LEVEL: \$\{LOG_LEVEL-\}\n)", r"\1      TZ:\n", "backend: TZ is now that of whoever starts it"),
    (BASE, r"x-fairlead-tier: edge", "x-fairlead-tier: app", "nginx: tier app, before edge"),
    (BASE, r"allkeys-lru", "noeviction", "redis: command ... noeviction --dir /data, before ... allkeys-lru --dir"),
    (
        PROD,
        r"(    ports: !reset \[\]\n)",
        r"\1    entrypoint: []\n",
        "backend: entrypoint is now none, not even that of",
    ),
    (PROD, r"(    deploy:\n.*\n.*pids: 1200)", r"    scale: 0\n\1", "mysql: scale is now 0"),
    (
        PROD,
        r"(      - \{target: 80)",
        r'      - {target: 80, published: "8081"}\n\1',
        "port 80 is published on 80 and 8081",
    ),
    (DOCKERFILE, r"PYTHONUNBUFFERED=1", "PYTHONUNBUFFERED=0", "stage base: ENV PYTHONUNBUFFERED 0, before 1"),
    (DOCKERFILE, r"EXPOSE 7860", "EXPOSE 7861", "docker/Dockerfile: EXPOSE 7861/tcp is new"),
    (DOCKERFILE, r"(COPY --from=build /opt)", r"USER 10001:10001\n\1", "docker/Dockerfile is built differently"),
    (PAGE, r"VITE_API_BASE_URL=/api", "VITE_API_BASE_URL=/v2", "stage build: ARG VITE_API_BASE_URL /v2, before /api"),
    (PAGE, r"NGINX_TAG=1.30.6", "NGINX_TAG=1.28.0", "the base changes from nginx:1.30.6 to nginx:1.28.0"),
    (f"{DOCKERFILE}.dockerignore", r"$", "\n!app/frontend\n", "docker/Dockerfile is built from other files"),
    (
        "docker/snippets/proxy.conf",
        r"X-Real-IP \$remote_addr",
        "X-Real-IP $http_x",
        "proxy_set_header X-Real-IP $http_x",
    ),
    (ROUTES, r"error_page 502 504 @unavailable;\n", "", "error_page 502 @unavailable no longer holds"),
    (
        NGINX,
        r"(location = /nginx_status \{)",
        r"\1 allow 10.0.0.0/8; deny all;",
        "/nginx_status: access is now allow 10.0.0.0/8; deny all",
    ),
    (NGINX, r"stub_status;", "stub_status; internal;", "= /nginx_status: internal is new"),
    (BASE, r"(x-fairlead-tier: data\n)", r"\1    env_file: docker.env.example\n", "env_file docker.env.example is new"),
    (NGINX, r'"" "";', '"" close;', "map $http_upgrade $connection_upgrade is now close"),
]
SILENT_TOGETHER = [
    (BASE, r"networks: \[front, data, egress\]", "networks: [egress, front, data]"),
    (BASE, r"- \{type: volume, source: assets, target: /srv/assets\}", "- assets:/srv/assets"),
    (BASE, r"stop_grace_period: 70s", "stop_grace_period: 1m10s"),
    (
        BASE,
        r"front: \{internal: true\}\n  data: \{internal: true\}",
        "data: {internal: true}\n  front: {internal: true}",
    ),
    (DOCKERFILE, r'CMD \["gunicorn", "--config",', 'CMD [ "gunicorn","--config", '),
    (DOCKERFILE, r"(?s)AS build\n(.*)from=build /opt(.*)from=build /b", r"AS made\n\1from=made /opt\2from=made /b"),
    (DOCKERFILE, r"EXPOSE 7860", "EXPOSE 7860/TCP"),
    (DOCKERFILE, r"(ENV RELEASE=\S+) \\\n\s+GIT_REVISION=(\S+)", r'\1\nENV GIT_REVISION="\2"'),
    (NGINX, r"keepalive_timeout 65s", "keepalive_timeout 65"),
    (NGINX, r"worker_shutdown_timeout 60s", "worker_shutdown_timeout 1m"),
    (NGINX, r"client_max_body_size 1m", "client_max_body_size 1024k"),
    (NGINX, r"gzip_min_length 1024", "gzip_min_length 1k"),
    (NGINX, r"text/plain text/css text/xml", "text/css text/xml text/plain"),
    ("docker/snippets/tls.conf", r"TLSv1.2 TLSv1.3", "TLSv1.3 TLSv1.2"),
    ("docker/snippets/tls.conf", r"ssl_session_timeout 1d", "ssl_session_timeout 24h"),
    (ROUTES, r"(error_page 413 \S+\n)(error_page 429 \S+\n)", r"\2\1"),
    ("docker/snippets/proxy.conf", r"(\S+ X-Real-IP \S+\n)(\S+ X-Forwarded-For \S+\n)", r"\2\1"),
    (f"{DOCKERFILE}.dockerignore", r"$", "\n# nothing more\n"),
]


@pytest.fixture(autouse=True)
def _at_the_root(monkeypatch):
    monkeypatch.chdir(ROOT)


def _promises(overlay):
    settings = settings_for(".")
    files = Files(overlay)
    paths = scope_of((), settings, files).paths
    models = {name: family.load(name, found, files, settings.options) for name, found in paths.items() if found}
    return list(statements(models))


def _edited(path, pattern, replacement, before=None):
    before = before or (ROOT / path).read_text()
    after, count = re.subn(pattern, replacement, before, count=1)
    assert count == 1
    assert after != before
    return {path: after}


@pytest.fixture(scope="module")
def promises():
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        return _promises({})


def _changes(promises, overlay):
    return changes(promises, _promises(overlay), Policy().is_secret_name)


@pytest.mark.parametrize(("path", "pattern", "replacement", "words"), TOLD)
def test_a_change_of_meaning_is_told(promises, path, pattern, replacement, words):
    found = [change.words for change in _changes(promises, _edited(path, pattern, replacement))]

    assert any(words in each for each in found), found


@pytest.mark.parametrize(("path", "pattern", "replacement"), SILENT)
def test_a_change_of_text_alone_is_not_told(promises, path, pattern, replacement):
    assert [] == [change.words for change in _changes(promises, _edited(path, pattern, replacement))]


def _all_edited(edits):
    overlay = {}
    for path, pattern, replacement, *_ in edits:
        overlay |= _edited(path, pattern, replacement, overlay.get(path))
    return overlay


def test_many_changes_at_once_are_each_told(promises):
    found = [change.words for change in _changes(promises, _all_edited(TOLD_TOGETHER))]

    assert [] == [words for *_, words in TOLD_TOGETHER if not any(words in each for each in found)], found


def test_much_text_changed_at_once_is_not_told(promises):
    assert [] == [change.words for change in _changes(promises, _all_edited(SILENT_TOGETHER))]


def test_a_setting_moved_to_where_it_means_the_same_is_not_told(promises):
    moved = (ROOT / NGINX).read_text().replace("    server_tokens off;\n", "")
    moved = re.sub(r"(\n    server \{)", r"\1\n        server_tokens off;", moved)

    assert [] == [change.words for change in _changes(promises, {NGINX: moved})]


def test_what_all_locations_of_a_server_share_is_told_once(promises):
    overlay = _edited(HEADERS, r"X-Frame-Options DENY", "X-Frame-Options SAMEORIGIN")

    assert [("docker/nginx.conf localhost on 443", f"docker/nginx.conf {SITE}")] == [
        change.subjects for change in _changes(promises, overlay)
    ]


def test_the_value_of_a_secret_is_never_told(promises):
    hidden = "correct-horse-battery"
    overlay = _edited(BASE, r"MYSQL_HOST: mysql\n", f"MYSQL_HOST: mysql\n      API_TOKEN: {hidden}\n")
    overlay |= _edited(EXAMPLE, r"\nREDIS_PASSWORD=", f"\nREDIS_PASSWORD={hidden}")
    found = _changes(promises, overlay)

    assert len(found) == 2
    assert not [report for report in (text, as_json, markdown) if hidden in report(found)]


def test_the_reports_say_the_same(promises):
    found = _changes(promises, _edited(BASE, r"nginx:1.30.6", "nginx:1.28.0"))
    words = "nginx: the image changes from nginx:1.30.6 to nginx:1.28.0"

    assert f"services\n  {words}\n" == text(found)
    assert words == json.loads(as_json(found))["changes"][0]["words"]
    assert [] == schemas.errors("difference", json.loads(as_json(found)))
    assert f"**1 change of behaviour**\n\n*services*\n\n- {words}\n" == markdown(found)
    assert "no change of behaviour\n" == text([])


def test_the_command_compares_with_a_revision(tmp_path):
    file = tmp_path / "docker-compose.yml"
    file.write_text("services:\n  db:\n    image: mysql:8.4.3\n    ports: ['127.0.0.1:3306:3306']\n")
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.com", "-C", str(tmp_path)]
    for arguments in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "--message", "first"]):
        subprocess.run([*git, *arguments], check=True)
    file.write_text("services:\n  db:\n    image: mysql:8.4.3\n    ports: ['3306:3306']\n")

    def inv(*arguments):
        command = [sys.executable, "-m", "fairlead", "diff", *arguments]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert "services\n  db: 3306 becomes public, on 3306\n" == inv("--base", "HEAD").stdout
    assert (2, 'git knows no revision "nowhere"\n') == ((bad := inv("--base", "nowhere")).returncode, bad.stderr)
    assert 2 == inv("--base", "HEAD", "--format", "xml").returncode
