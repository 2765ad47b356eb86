"""A fault for every rule about how the files of a stack meet."""

# ruff: noqa: E501 - texts of files, as they stand there

from __future__ import annotations

from fairlead.tests.mutations.mutation import Mutation

COMPOSE, CONF, PAGE, APP = "docker-compose.yml", "nginx.conf", "page/Dockerfile", "app/Dockerfile"
SETTINGS, EXAMPLE = "app/config.yaml", ".env.example"

_DIGEST = "@sha256:" + "0123456789abcdef" * 4
_NGINX = "nginxinc/nginx-unprivileged:1.30.6" + _DIGEST
_OWN = ('user: "1000:1000"', "networks: [front]", "tmpfs: [/tmp]")
_ONCE = "nginx has to find the service when it starts only because it looks once"
_RESOLVED = "server app:7860 resolve;"


def _instead(path: str, old: str, new: str, at: str | tuple[str, ...] = "", **more: object) -> Mutation:
    return Mutation(((path, old, new),), at, **more)  # type: ignore[arg-type]


def _compose(old: str, new: str, at: str | tuple[str, ...] = "", **more: object) -> Mutation:
    return _instead(COMPOSE, old, new, at, **more)


def _more(
    image: str,
    *lines: str,
    path: str = "",
    check: str = "healthcheck: {test: [CMD, /check], interval: 10s, timeout: 5s}",
    **more: object,
) -> Mutation:
    """One more service, good but for the fault; in the file *path*, where the fault is not in the Compose file."""
    text = "\n    ".join(["  side:", "<<: *hardened", f"image: {image}", *_OWN, check, *lines])
    edit = COMPOSE, "\nnetworks:\n  front", f"\n{text}\n\nnetworks:\n  front"
    return Mutation((edit,), where=path, **more)  # type: ignore[arg-type]


MUTATIONS: dict[str, Mutation] = {
    "api-base-not-for-browsers": _compose("VITE_API_BASE_URL: /api", "VITE_API_BASE_URL: http://app:7860/api"),
    "api-base-without-location": _compose("VITE_API_BASE_URL: /api", "VITE_API_BASE_URL: /v1"),
    "build-argument-unused": _instead(
        PAGE, "ARG VITE_API_BASE_URL=/api\n", "", "VITE_API_BASE_URL: /api", where=COMPOSE
    ),
    "build-target-unknown": _compose("target: serve", "target: server"),
    "cache-password-not-asked": _compose(
        "--aclfile, /run/secrets/redis_acl, ",
        "",
        also={"compose/cache-without-password": "it needs no password elsewhere to say so"},
    ),
    "certificate-not-mounted": _more(
        _NGINX,
        "volumes: ['./side.conf:/etc/nginx/conf.d/default.conf:ro']",
        path="side.conf",
        at="/etc/nginx/certs",
        times=2,
        files={
            "side.conf": "server {\n    listen 8443 ssl;\n    server_name side.example;\n"
            "    ssl_certificate /etc/nginx/certs/a.pem;\n    ssl_certificate_key /etc/nginx/certs/a.key;\n"
            '    add_header Strict-Transport-Security "max-age=63072000" always;\n    return 404;\n}\n'
        },
    ),
    "command-without-program": _compose("command: [gunicorn, --bind", "command: [--bind"),
    "copy-source-missing": _instead(APP, "COPY config.yaml", "COPY more.yaml config.yaml"),
    "dockerfile-missing": _compose("build: app\n", "build: {context: app, dockerfile: Dockerfile.prod}\n"),
    "entrypoint-drops-command": _compose(
        'command: [gunicorn, --bind, "0.0.0.0:7860", --workers, "3", --graceful-timeout, "20", --timeout, "30", "app:app"]',
        'entrypoint: [./wait-for-it.sh, "db:3306", "--"]',
    ),
    "healthcheck-asks-ipv6": _more(
        "python:3.13.5-alpine" + _DIGEST,
        "command: [gunicorn, --bind, '0.0.0.0:9000', --graceful-timeout, '5', 'app:app']",
        check="healthcheck: {test: [CMD, wget, -q, --spider, 'http://localhost:9000/'], interval: 10s, timeout: 5s}",
    ),
    "healthcheck-tool-missing": _compose("[CMD, python, -m, app.health,", "[CMD, curl, --fail,"),
    "healthcheck-without-shell": _more(
        "ghcr.io/acme/side:1.2.3" + _DIGEST,
        "build: side",
        check="healthcheck: {test: /app health || exit 1, interval: 10s, timeout: 5s}",
        files={
            "side/Dockerfile": "FROM golang:1.25.1 AS build\nRUN go build -o /app .\n\n"
            "FROM gcr.io/distroless/static-debian12:nonroot\nCOPY --from=build /app /app\nUSER 1000\n"
            'ENTRYPOINT ["/app"]\n'
        },
    ),
    "healthcheck-wrong-port": _compose("http://127.0.0.1:7860/health", "http://127.0.0.1:8000/health"),
    "nginx-gives-up-first": Mutation(
        ((COMPOSE, '--timeout, "30"', '--timeout, "300"'),), ("60s", "http://app"), CONF, times=4
    ),
    "nginx-user-cannot-write": _more(
        _NGINX.replace("inc/nginx-unprivileged", ""),
        "volumes: ['./side.conf:/etc/nginx/conf.d/default.conf:ro']",
        "read_only: false",
        at='"1000:1000"',
        files={"side.conf": "server { listen 8080; return 404; }\n"},
        also={"compose/writable-root": "where the root is read-only, another rule says what cannot be written"},
    ),
    "placeholder-in-settings-file": _instead(SETTINGS, 'api_key: ""', "api_key: changeme"),
    "port-not-exposed": _more(
        "ghcr.io/acme/side:1.2.3" + _DIGEST,
        "build: side",
        "ports: ['127.0.0.1:8000:8000']",
        files={"side/Dockerfile": "FROM ghcr.io/acme/base:1.2.3\nUSER 1000\nEXPOSE 3000\n"},
    ),
    "production-file-not-loaded": Mutation(
        (), "docker compose up", "deploy.sh", files={"deploy.sh": "#!/bin/sh\ndocker compose up -d\n"}
    ),
    "published-port-not-open": _compose('"80:8080"', '"80:80"'),
    "runtime-not-as-required": _instead("app/pyproject.toml", ">=3.12", ">=3.14"),
    "secret-in-front-end-build": Mutation(
        (
            (
                COMPOSE,
                "VITE_API_BASE_URL: /api\n",
                "VITE_API_BASE_URL: /api\n        VITE_SIGNATURE: ${JWT_SECRET_KEY:?}\n",
            ),
            (PAGE, "ARG VITE_API", "ARG VITE_SIGNATURE\nARG VITE_API"),
        )
    ),
    "secret-in-readonly-service": _compose(
        "signing_key: {file: ./secrets/signing_key}", "signing_key: {environment: JWT_SECRET_KEY}", "signing_key"
    ),
    "secret-in-settings-file": _instead(SETTINGS, 'api_key: ""', "api_key: Zk7_mTq41vB"),
    "undefined-variable": _more(
        _NGINX,
        "volumes: ['./side.conf:/etc/nginx/conf.d/default.conf:ro']",
        path="side.conf",
        at="$shop_kind",
        files={"side.conf": "server {\n    listen 8080;\n    return 200 $shop_kind;\n}\n"},
    ),
    "upstream-host-unknown": _instead(CONF, _RESOLVED, "server ap:7860 resolve;"),
    "upstream-not-awaited": Mutation(
        (
            (COMPOSE, "    depends_on:\n      app: {condition: service_healthy}\n", ""),
            (CONF, _RESOLVED, "server app:7860;"),
        ),
        "edge:",
        also={"stack/upstream-resolved-once": _ONCE, "nginx/name-resolved-once": _ONCE},
    ),
    "upstream-on-loopback": _more(
        _NGINX,
        "volumes: ['./side.conf:/etc/nginx/conf.d/default.conf:ro']",
        path="side.conf",
        at="http://127.0.0.1",
        files={
            "side.conf": "server {\n    listen 8080;\n    server_tokens off;\n    location / {\n"
            "        proxy_set_header Host $host;\n        proxy_set_header X-Forwarded-Proto $scheme;\n"
            "        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;\n"
            "        proxy_pass http://127.0.0.1:9000;\n    }\n}\n"
        },
    ),
    "upstream-on-other-network": _compose("networks: [front, back]", "networks: [back]", "app:7860", where=CONF),
    "upstream-resolved-once": _instead(
        CONF, _RESOLVED, "server app:7860;", also={"nginx/name-resolved-once": "it does not know that a service moves"}
    ),
    "base-past-end-of-life": Mutation(
        (
            (COMPOSE, "build: app\n", "build: {context: app, args: {VERSION: 3.8.20-slim}}\n"),
            (APP, "FROM python:3.13.5-slim", "ARG VERSION=3.13.5-slim\nFROM python:${VERSION}"),
        ),
        "python:",
        APP,
    ),
    "body-limit-below-application": _compose("TOKEN_TTL: 3600", "MAX_UPLOAD_SIZE: 50M", "1m", where=CONF),
    "build-argument-not-passed": _instead(PAGE, "ARG VITE_API", "ARG VITE_WS_URL\nARG VITE_API"),
    "file-not-there": _compose("    secrets: [signing_key]\n", "    secrets: [signing_key]\n    env_file: app.env\n"),
    "healthcheck-wrong-path": _instead(
        "app/app/__init__.py", "\n", "\n\n@app.get('/ready')\ndef ready(): ...\n", "/health", where=COMPOSE
    ),
    "open-files-below-connections": _compose(
        "    stop_signal: SIGQUIT\n", "    stop_signal: SIGQUIT\n    ulimits: {nofile: 1024}\n"
    ),
    "pools-above-max-connections": _compose("TOKEN_TTL: 3600", "DB_POOL_SIZE: 200", "--max-connections"),
    "runtime-not-as-tested": Mutation((), "python:3.13", APP, files={"app/.python-version": "3.12.4\n"}),
    "variable-not-passed": Mutation(
        (
            (EXAMPLE, "APP_MEMORY", "SMTP_HOST=\nAPP_MEMORY"),
            ("app/app/__init__.py", "\n", "\nimport os\nA = os.environ['SMTP_HOST']\n"),
        ),
        "environment",
        COMPOSE,
        also={"compose/documented-variable-unused": "it is so whether or not the code is at hand"},
    ),
    "volume-of-root": Mutation(
        (
            (APP, " && install -d -o app /app/uploads", ""),
            (COMPOSE, '    build: app\n    user: "10001:10001"\n', "    build: app\n"),
        ),
        '"uploads',
        COMPOSE,
    ),
    "heartbeat-on-disk": Mutation(
        ((COMPOSE, 'tmpfs: ["/tmp:uid=10001,', 'read_only: false\n    tmpfs: ["/run:uid=10001,'),),
        "[gunicorn",
        COMPOSE,
        also={"compose/writable-root": "on a read-only root it would not even start"},
    ),
    "workers-by-host-cpus": Mutation(
        (
            (COMPOSE, ' --workers, "3",', ""),
            (APP, "COPY config.yaml", "COPY gunicorn.conf.py config.yaml"),
        ),
        "workers",
        "app/gunicorn.conf.py",
        files={"app/gunicorn.conf.py": "import multiprocessing\n\nworkers = multiprocessing.cpu_count() * 2 + 1\n"},
    ),
    "script-without-exec": Mutation(
        (
            (APP, "CMD [", 'COPY run.sh ./\nENTRYPOINT ["/app/run.sh"]\nCMD ['),
            (
                COMPOSE,
                '    command: [gunicorn, --bind, "0.0.0.0:7860", --workers, "3", --graceful-timeout, "20", --timeout, "30", "app:app"]\n',
                "",
            ),
        ),
        "gunicorn",
        "app/run.sh",
        files={"app/run.sh": "#!/bin/sh\nset -e\npython manage.py migrate\ngunicorn --bind 0.0.0.0:7860 app:app\n"},
    ),
    "server-on-loopback": _compose('--bind, "0.0.0.0:7860"', '--bind, "127.0.0.1:7860"'),
    "tls-port-not-published": _compose(
        '"80:8080", "443:8443"', '"80:8080"', ("8443 ssl", "[::]:8443"), where=CONF, times=4
    ),
    "volume-of-other-user": Mutation(
        (
            (COMPOSE, 'user: "10001:10001"', 'user: "10002:10002"'),
            (APP, "install -d -o app /app/uploads", "mkdir /app/uploads && chown 10001 /app/uploads"),
        ),
        '"uploads',
    ),
    "gunicorn-without-temporary-folder": _compose(
        'tmpfs: ["/tmp:uid=10001,gid=10001,mode=0700"]', 'tmpfs: ["/srv:uid=10001,gid=10001,mode=0700"]', "true"
    ),
    "tmpfs-of-root": _compose('"/tmp:uid=101,gid=101,mode=0700"', '"/tmp:mode=0700"'),
    "upstream-wrong-port": _instead(CONF, _RESOLVED, "server app:8000 resolve;"),
}

EXCUSED: dict[str, str] = {}
"""Rules that no edit of the good stack can break, each with the reason."""
