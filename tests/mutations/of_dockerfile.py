"""A fault for every rule about Dockerfiles."""

from __future__ import annotations

from fairlead.tests.mutations.mutation import Mutation

APP, PAGE, IGNORED = "app/Dockerfile", "page/Dockerfile", "app/.dockerignore"

_TOKEN = "ghp_" + "aB3dE5fG7hJ9kL2mN4pQ6rS8tV0wX1yZ3bC5"
_MADE_UP = "h4rdT0Gu3ss"
_CMD = 'CMD ["gunicorn", "--bind", "0.0.0.0:7860", "app:app"]'
_COPY = "COPY config.yaml pyproject.toml ./"


def _instead(old: str, new: str, at: str = "", **more: object) -> Mutation:
    return Mutation(((APP, old, new),), at, **more)  # type: ignore[arg-type]


def _page(old: str, new: str, at: str = "", **more: object) -> Mutation:
    return Mutation(((PAGE, old, new),), at, **more)  # type: ignore[arg-type]


def _line(text: str, at: str = "", **more: object) -> Mutation:
    return _instead("WORKDIR /app\n", f"WORKDIR /app\n{text}\n", at, **more)


def _stage(text: str, at: str = "", **more: object) -> Mutation:
    return _instead("\nFROM base\nRUN", f"\n{text}\n\nFROM base\nRUN", at, **more)


MUTATIONS: dict[str, Mutation] = {
    "add-instead-of-copy": _instead("COPY config", "ADD config"),
    "apk-cache-left": _line("RUN apk add git"),
    "apt-for-people": _instead("apt-get install", "apt install"),
    "apt-lists-left": _instead("    && rm -rf /var/lib/apt/lists/* \\\n", "", "apt-get update"),
    "apt-recommends-installed": _instead(" --no-install-recommends", ""),
    "apt-update-alone": _instead(
        "RUN apt-get update \\\n    && apt-get",
        "RUN apt-get update\nRUN apt-get",
        also={"dockerfile/apt-lists-left": "what removes the lists is now in another layer"},
    ),
    "apt-without-yes": _instead("install -y", "install"),
    "argument-without-default-in-from": _instead("FROM python:3.13.5-slim", "ARG TAG\nFROM python:${TAG}"),
    "build-tools-in-image": _instead("libpq5", "gcc libpq5"),
    "build-without-dev-dependencies": _page("--include=dev", "--omit=dev"),
    "certificates-not-checked": _page("WORKDIR /build\n", "WORKDIR /build\nENV NODE_TLS_REJECT_UNAUTHORIZED=0\n"),
    "command-for-hosts": _line("RUN systemctl enable nginx"),
    "command-never-used": _instead(_CMD, f"ENTRYPOINT exec /app/start.sh\n{_CMD}"),
    "constant-platform": _instead("FROM python", "FROM --platform=linux/amd64 python"),
    "copied-file-ignored": Mutation(((IGNORED, ".env\n", ".env\nconfig.yaml\n"),), "config.yaml", APP),
    "copied-image-moves": _line("COPY --from=composer:latest /usr/bin/composer /usr/bin/composer"),
    "copy-before-install": _instead("COPY requirements.txt ./", "COPY . ./"),
    "copy-from-itself": _instead("COPY requirements.txt ./", "COPY --from=build requirements.txt ./"),
    "copy-from-outside": _line("COPY ../more.yaml ./"),
    "copy-whole-filesystem": _instead("COPY --from=build /opt/app /opt/app", "COPY --from=build / /"),
    "copy-without-ignore-file": _page("COPY src ./src", "COPY . ./"),
    "development-server": _instead(
        _CMD, 'CMD ["uvicorn", "app:app", "--host", "0.0.0.0", "--port", "7860", "--reload"]'
    ),
    "dnf-cache-left": _line("RUN dnf install -y git"),
    "install-without-yes": _line("RUN dnf install git && dnf clean all"),
    "download-piped-to-shell": _line("RUN curl -fsSL https://example.com/install.sh | sh"),
    "download-without-checksum": _line("ADD https://example.com/data.json ./"),
    "duplicate-stage-name": _stage("FROM base AS build\nRUN true"),
    "empty-continuation": _instead("PYTHONUNBUFFERED=1 \\\n", "PYTHONUNBUFFERED=1 \\\n\n"),
    "floating-base": _instead("python:3.13.5-slim", "python:slim"),
    "healthcheck-cannot-fail": _line("HEALTHCHECK CMD python -m app.health || true"),
    "healthcheck-tool-missing": _line("HEALTHCHECK CMD curl --fail http://127.0.0.1:7860/health"),
    "invalid-directive": _instead("FROM python", "# escape=x\nFROM python"),
    "invalid-instruction": _line("CPY config.yaml ./"),
    "invalid-port": _instead("EXPOSE 7860", "EXPOSE 78600"),
    "invalid-stage-name": _stage("FROM base AS context\nRUN true"),
    "invalid-variable": _line('LABEL name="shop'),
    "legacy-key-value": _line("ENV MODE production"),
    "line-too-long": _line(f"LABEL name={'x' * 65_536}"),
    "lost-state": _line("RUN cd /srv"),
    "maintainer": _line("MAINTAINER Jane Doe <jane@example.com>"),
    "malformed-exec-form": _instead(_CMD, "CMD ['gunicorn', '--bind', '0.0.0.0:7860', 'app:app']"),
    "misplaced-directive": _line("# escape=`"),
    "mixed-casing": _instead("COPY app", "copy app"),
    "nginx-user-cannot-write": _page("RUN chown -R 101:101 /var/cache/nginx /run\n", "", "101"),
    "no-stage": _instead("FROM python", "RUN true\nFROM python"),
    "npm-install-without-lock": _page("npm ci", "npm install"),
    "npm-unpinned": _page("RUN npm run build", "RUN npm install -g serve\nRUN npm run build"),
    "operator-in-exec-form": _instead('"app:app"]', '"app:app", "||", "true"]'),
    "overruled-command": _instead(_CMD, f'CMD ["gunicorn"]\n{_CMD}'),
    "pip-cache-left": Mutation(
        (
            (APP, "WORKDIR /app\n", "WORKDIR /app\nRUN pip install gunicorn==23.0.0\n"),
            (APP, " \\\n    PIP_NO_CACHE_DIR=1", ""),
        ),
        "install gunicorn",
    ),
    "pip-unpinned": _instead("pip install -r requirements.txt", "pip install -r requirements.txt fastapi"),
    "pipe-without-pipefail": _line("RUN curl -fsSL https://example.com/a.json | sed s/a/b/ > a.json"),
    "preview-server-in-image": _page(
        "USER 101:101\n", 'CMD ["npx", "vite", "preview", "--host", "0.0.0.0"]\nUSER 101:101\n'
    ),
    "program-without-checksum": _line(
        "RUN curl -fsSLo /usr/bin/tool https://example.com/tool && chmod 755 /usr/bin/tool"
    ),
    "protocol-casing": _instead("EXPOSE 7860", "EXPOSE 7860/TCP"),
    "provider-token": _line(f"LABEL note={_TOKEN}"),
    "python-output-buffered": Mutation(
        ((APP, "PYTHONUNBUFFERED=1 \\\n    ", ""), (APP, _CMD, 'CMD ["python", "-m", "app"]')), "base\nRUN"
    ),
    "registry-not-allowed": _instead(
        "FROM python", "FROM quay.io/acme/python", policy={"images": {"registries": ["docker.io", "ghcr.io/acme"]}}
    ),
    "relative-workdir": _instead("WORKDIR /build", "WORKDIR build"),
    "root-user": _instead("USER 10001:10001\n", "", "base\nRUN"),
    "secret-file-copied": _line("COPY privkey.pem ./"),
    "secret-in-command": _line(f"RUN ./login --password {_MADE_UP}"),
    "secret-in-front-end": _page("ARG VITE_API", "ARG VITE_OPENAI_API_KEY=none\nARG VITE_API"),
    "secret-in-variable": _line(f"ENV DB_PASSWORD={_MADE_UP}"),
    "secret-in-written-file": _line(f'RUN echo "db_password = {_MADE_UP}" >> /app/settings.ini'),
    "secret-not-ignored": Mutation(
        ((APP, "COPY app ./app", "COPY . ./"), (IGNORED, ".env\n", "")), files={"app/.env": "MODE=fast\n"}
    ),
    "server-on-loopback": _instead("0.0.0.0:7860", "127.0.0.1:7860"),
    "service-unwatched": _instead(_CMD, 'CMD ["sh", "-c", "service redis-server start && exec ./serve"]', "service"),
    "shell-form-command": _instead(_CMD, "CMD gunicorn --bind 0.0.0.0:7860 app:app"),
    "ssh-exposed": _instead("EXPOSE 7860", "EXPOSE 7860 22"),
    "stage-name-casing": _stage("FROM base AS Tools\nRUN true"),
    "sudo-in-run": _line("RUN sudo rm /etc/motd"),
    "undefined-argument-in-from": _instead("python:3.13.5-slim", "python:${TAG}"),
    "undefined-variable": Mutation(
        (
            (APP, "WORKDIR /app\n", "WORKDIR /app\nLABEL version=$VERSION\n"),
            (APP, "FROM python", "ARG VERSION=1.2\nFROM python"),
        ),
        "$VERSION",
    ),
    "unknown-stage": _instead("COPY --from=build", "COPY --from=biuld"),
    "untagged-base": _instead("python:3.13.5-slim", "python"),
    "unterminated-heredoc": _instead(_CMD, f"{_CMD}\nCOPY <<EOF /app/motd\nhello\n"),
    "user-by-name": _instead("USER 10001:10001", "USER app"),
    "variable-from-same-line": _line("ENV HOME_DIR=/srv DATA_DIR=$HOME_DIR/data"),
    "variable-in-exec-form": _instead(
        _CMD, 'CMD ["gunicorn", "--bind", "0.0.0.0:7860", "--name", "$HOSTNAME", "app:app"]'
    ),
    "base-past-end-of-life": _instead(
        "python:3.13.5-slim",
        "python:3.8.20-slim",
        also={"stack/runtime-not-as-required": "what is past its end is too old for the application too"},
    ),
    "history-copied": Mutation(
        ((APP, "COPY app ./app", "COPY . ./"), (IGNORED, ".git\n", "")),
        files={"app/.git/HEAD": "ref: refs/heads/main\n"},
    ),
    "lock-file-not-held": Mutation(
        (
            (PAGE, "RUN npm ci --include=dev --no-audit --no-fund", "RUN corepack enable && pnpm install"),
            (PAGE, "package-lock.json", "pnpm-lock.yaml"),
        ),
        files={"page/pnpm-lock.yaml": "lockfileVersion: '9.0'\n"},
    ),
    "world-writable": _line("COPY --chmod=777 config.yaml /app/open.yaml"),
}

EXCUSED: dict[str, str] = {}
"""Rules that no edit of the good stack can break, each with the reason."""
