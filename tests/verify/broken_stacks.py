"""Ways of breaking the running stack, each with the checks that have to turn red; `Breaker` does and undoes them."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Protocol

MAIN, SITE, HEADERS = "nginx.conf", "snippets/site.conf", "snippets/security-headers.conf"
TLS, PROXY = "snippets/tls.conf", "snippets/proxy.conf"


class Checkout(Protocol):
    """A running stack in a folder of its own, as the system tests have it."""

    folder: Path
    name: str
    client: str
    environment: dict[str, str]


@dataclass(frozen=True)
class Edit:
    """A text in a file of the live generation of the edge, and what takes its place."""

    file: str
    old: str
    new: str


@dataclass(frozen=True)
class Broken:
    """
    One fault.

    Attributes:
        red: Ids of the checks that have to fail; others may too.
        edits: In the live generation.
        reload: Whether nginx reads it again; without that only the files change.
        override: YAML of services, merged over the compose files; the named services are made anew with it.
        root_sql: What is done in MySQL as root, and how it is undone.
        shell: A command in a container of a service, and how it is undone.
        host: Commands of the docker client, and how they are undone; ``NAME`` is the project.
        modes: A file or folder of the checkout, and what its mode becomes.
        acl: A line added to Redis' users; Redis is restarted with it.
        environment: Variables for the run of verify alone.
    """

    name: str
    red: tuple[str, ...]
    edits: tuple[Edit, ...] = ()
    reload: bool = True
    override: str = ""
    services: tuple[str, ...] = ()
    root_sql: tuple[str, str] = ("", "")
    shell: tuple[str, str, str] = ("", "", "")
    host: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
    acl: str = ""
    modes: tuple[str, int] = ("", 0)
    environment: dict[str, str] = field(default_factory=dict)
    everything: bool = False


def edge(name: str, red: str, *edits: tuple[str, str, str], reload: bool = True, everything: bool = False) -> Broken:
    """A fault in the edge's configuration, which is never that of the repository either."""
    return Broken(
        name, ("CT11", *red.split()), tuple(Edit(*each) for each in edits), reload=reload, everything=everything
    )


def redis(name: str, red: str, override: str) -> Broken:
    """Redis with other keys in its compose files."""
    return Broken(name, ("CT13", *red.split()), override=f"services:\n  redis:\n    {override}\n", services=("redis",))


def mysql(name: str, red: str, do: str, undo: str) -> Broken:
    """Something done in MySQL by hand."""
    return Broken(name, tuple(red.split()), root_sql=(do, undo))


SHARED = (
    "add_header Access-Control-Allow-Origin $http_origin always; "
    "add_header Access-Control-Allow-Credentials true always;"
)
TRACE = "error_page 404 @trace; location @trace { return 500 'Traceback (most recent call last):'; }"
NOSNIFF = "add_header X-Content-Type-Options nosniff always;"
FRAME = "add_header X-Frame-Options DENY always;"
UNPACKED = (SITE, "gzip_static on;", "gzip_static off; gzip off;")
ASSETS = 'add_header Cache-Control "public, max-age=31536000, immutable";'
DOTS = "location ~ /\\. {"
API = "location /api/ {"

COMMAND = "--appendonly 'yes' --maxmemory 512mb --maxmemory-policy allkeys-lru --dir /data"


def redis_command(old: str, new: str) -> str:
    """The key ``command`` of Redis, with one setting changed."""
    words = ["redis-server", "--aclfile", "/run/secrets/redis_acl", *COMMAND.replace(old, new).split()]
    return f"command: [{', '.join(words)}]"


BROKEN: tuple[Broken, ...] = (
    edge("a header lost its always", "HD2", (HEADERS, NOSNIFF, "add_header X-Content-Type-Options nosniff;")),
    edge("a header is gone", "HD2", (HEADERS, NOSNIFF, "")),
    edge("a header says something else", "HD2", (HEADERS, NOSNIFF, "add_header X-Content-Type-Options sniff always;")),
    edge("a header is sent twice", "HD9", (HEADERS, NOSNIFF, f"{NOSNIFF} {NOSNIFF}")),
    edge("framing is allowed", "HD4", (HEADERS, "frame-ancestors 'none'", "frame-ancestors *")),
    edge("inline scripts run", "HD3", (HEADERS, "script-src 'self'", "script-src 'self' 'unsafe-inline'")),
    edge("the referrer is sent whole", "HD5", (HEADERS, "strict-origin-when-cross-origin", "unsafe-url")),
    edge("no Permissions-Policy", "HD6", (HEADERS, "add_header Permissions-Policy", "# add_header Permissions-Policy")),
    edge("a location has headers of its own", "HD2", (SITE, "add_header_inherit merge;", "")),
    edge(
        "changed and not reloaded",
        "HD14",
        (HEADERS, FRAME, "add_header X-Frame-Options SAMEORIGIN always;"),
        reload=False,
    ),
    edge(
        "a location changed and not reloaded",
        "RD10",
        (SITE, f"{DOTS}\n    return 404;", f"{DOTS}\n    return 403;"),
        reload=False,
    ),
    edge("gzip changed and not reloaded", "CA12", (MAIN, "gzip on;", "gzip off;"), UNPACKED, reload=False),
    edge("no gzip", "CA6", (MAIN, "gzip on;", "gzip off;"), UNPACKED),
    edge("no Vary", "CA8", (MAIN, "gzip_vary on;", "gzip_vary off;")),
    edge("nginx tells its version", "HD10", (MAIN, "server_tokens off;", "server_tokens on;")),
    edge("assets are not kept", "CA1", (SITE, ASSETS, 'add_header Cache-Control "no-cache";')),
    edge(
        "streams are held back",
        "ST1b",
        (SITE, "proxy_buffering off;", "proxy_ignore_headers X-Accel-Buffering;"),
        (MAIN, "text/plain text/css", "text/event-stream text/plain text/css"),
    ),
    edge("any size is taken", "", (MAIN, "client_max_body_size 1m;", "client_max_body_size 0;")),
    edge("the page of 413 is gone", "ST3", (SITE, "error_page 413 @too_large;", "error_page 413 @nowhere;")),
    edge(
        "a larger body is promised and not taken",
        "ST6",
        (MAIN, "client_max_body_size 1m;", "client_max_body_size 2m;"),
        reload=False,
    ),
    edge(
        "slow clients are promised an earlier end",
        "ST5",
        (MAIN, "client_header_timeout 15s;", "client_header_timeout 2s;"),
        reload=False,
        everything=True,
    ),
    edge("anybody may try passwords", "ST4", (SITE, "limit_req zone=login burst=20 nodelay;", ""), everything=True),
    edge(
        "no session tickets are promised",
        "TL16",
        (TLS, "ssl_session_timeout 1d;", "ssl_session_timeout 1d;\nssl_session_tickets off;"),
        reload=False,
    ),
    edge(
        "nobody listens on a published port",
        "CT16",
        (MAIN, "listen 80 default_server;", "listen 8095 default_server;"),
        (MAIN, "listen 80;", "listen 8095;"),
    ),
    edge(
        "any name is sent on",
        "RD7",
        (
            MAIN,
            "listen 80 default_server;\n        server_name _;\n        return 444;",
            "listen 80 default_server;\n        server_name _;\n        return 301 https://$host$request_uri;",
        ),
    ),
    edge(
        "the site has lost its name", "TL17", ("site/names.conf", "server_name localhost;", "server_name other.test;")
    ),
    edge("the address of the health is lost", "AP13", (SITE, "location = /health {", "location = /healthy {")),
    edge("HTTP/3 is not announced", "ST8b", (MAIN, "add_header Alt-Svc", "# add_header Alt-Svc")),
    edge("scripts have no type", "AP5", (MAIN, "include /etc/nginx/mime.types;", "")),
    edge("the redirect forgets the port", "RD1", (MAIN, "$host$https_port$request_uri", "$host$request_uri")),
    edge("the application does not know the visitor", "AP12", (PROXY, "X-Real-IP $remote_addr", "X-Real-IP 10.0.0.1")),
    edge("answers do not name their id", "AP12", (HEADERS, "add_header X-Request-ID", "# add_header X-Request-ID")),
    edge("the application does not know the id", "AP12", (PROXY, "X-Request-ID $request_id", "X-Request-ID none")),
    edge("HTTP/3 is announced elsewhere", "ST8", ("site/ports.conf", 'h3=":', 'h3=":9"; x=":')),
    edge("a connection for each request", "ST9", (MAIN, "keepalive_timeout 65s;", "keepalive_timeout 0;")),
    edge("challenges are not answered", "RN5", ("snippets/acme.conf", "root /srv/acme;", "root /srv/assets;")),
    edge(
        "no redirect to HTTPS", "RD1", (MAIN, "return 301 https://$host$https_port$request_uri;", "return 200 hello;")
    ),
    edge(
        "the redirect forgets the path",
        "RD3",
        (MAIN, "https://$host$https_port$request_uri", "https://$host$https_port/"),
    ),
    edge(
        "any name gets the page",
        "RD7",
        (MAIN, "ssl_reject_handshake on;\n        return 421;", "include snippets/site.conf;"),
    ),
    edge("a weak cipher", "TL7", (TLS, "ssl_ciphers ECDHE", "ssl_ciphers ECDHE-ECDSA-AES128-SHA:ECDHE")),
    edge("no HTTP/2", "TL10", (TLS, "http2 on;", "http2 off;")),
    edge("no hybrid key exchange", "", (TLS, "X25519MLKEM768:", "")),
    edge("counters are open", "EX4", (SITE, DOTS, f"location = /nginx_status {{ stub_status; }}\n\n{DOTS}")),
    edge(
        "folders are listed",
        "EX5",
        (SITE, "try_files $uri @frontend;", "autoindex on; try_files $uri $uri/ @frontend;"),
    ),
    edge(
        "the API is sent to the page",
        "AP11",
        (SITE, f"{API}\n    proxy_pass http://backend;", f"{API}\n    proxy_pass http://frontend;"),
    ),
    edge(
        "missing files are answered with the page",
        "AP10",
        (SITE, "try_files $uri @frontend;", "try_files $uri @page;"),
        (
            SITE,
            "location @frontend {",
            "location @page { rewrite ^ / break; proxy_pass http://frontend; }\nlocation @frontend {",
        ),
    ),
    edge("nothing is logged", "AP9", (MAIN, "access_log /dev/stdout json;", "access_log off;")),
    edge("the agent is not logged", "AP9", (MAIN, '"agent":"$http_user_agent"', '"agent":""')),
    edge(
        "the version of another program",
        "AP3",
        (
            SITE,
            "location = /version {\n    proxy_pass http://backend;",
            'location = /version {\n    return 200 \'{"release": "older"}\';',
        ),
    ),
    edge(
        "any origin may read",
        "HD11",
        (
            HEADERS,
            FRAME,
            f"{FRAME} {SHARED}",
        ),
    ),
    edge(
        "errors show a traceback",
        "EX8",
        (
            SITE,
            "location ~ /\\.",
            f"{TRACE}\nlocation ~ /\\.",
        ),
        (PROXY, "proxy_next_upstream off;", "proxy_next_upstream off; proxy_intercept_errors on;"),
    ),
    mysql(
        "connections limited by hand", "MY1", "SET GLOBAL max_connections = 100", "SET GLOBAL max_connections = 1000"
    ),
    mysql(
        "another buffer pool",
        "MY1",
        "SET GLOBAL innodb_buffer_pool_size = 134217728",
        "SET GLOBAL innodb_buffer_pool_size = 1073741824",
    ),
    mysql(
        "confirmed before it is on the disk",
        "MY2",
        "SET GLOBAL innodb_flush_log_at_trx_commit = 2",
        "SET GLOBAL innodb_flush_log_at_trx_commit = 1",
    ),
    mysql("the log is not synchronised", "MY2", "SET GLOBAL sync_binlog = 0", "SET GLOBAL sync_binlog = 1"),
    mysql("no strict mode", "MY5", "SET GLOBAL sql_mode = ''", "SET GLOBAL sql_mode = DEFAULT"),
    mysql(
        "another charset",
        "MY1",
        "SET GLOBAL character_set_server = latin1",
        "SET GLOBAL character_set_server = utf8mb4",
    ),
    mysql(
        "the application may read files",
        "MY3",
        "GRANT PROCESS, FILE ON *.* TO 'agentchat'@'%'",
        "REVOKE PROCESS, FILE ON *.* FROM 'agentchat'@'%'",
    ),
    replace(
        edge(
            "files of earlier releases are gone",
            "CA11",
            (SITE, DOTS, f"location ~ /older- {{ return 404; }}\n\n{DOTS}"),
        ),
        shell=(
            "frontend",
            "cp /srv/assets/index-*.js /srv/assets/older-1234abcd.js",
            "rm /srv/assets/older-1234abcd.js",
        ),
    ),
    Broken("Redis answers everybody", ("RE2",), acl="user default on nopass ~* &* +@all"),
    Broken("the application administers Redis", ("RE3",), acl="user agentchat +@all"),
    Broken(
        "a stopped replica",
        ("CT1", "AP1"),
        host=(("stop", "--time", "1", "NAME-backend-1"), ("start", "NAME-backend-1")),
    ),
    Broken(
        "the page's server is stopped",
        ("CT1", "RD0"),
        host=(("stop", "--time", "1", "NAME-frontend-1"), ("start", "NAME-frontend-1")),
    ),
    Broken(
        "the edge is stopped",
        ("CT1", "RD0"),
        host=(("stop", "--time", "1", "NAME-nginx-1"), ("start", "NAME-nginx-1")),
    ),
    Broken(
        "comes back always",
        ("CT10",),
        host=(
            ("update", "--restart", "always", "NAME-redis-1"),
            ("update", "--restart", "unless-stopped", "NAME-redis-1"),
        ),
    ),
    Broken(
        "another memory limit",
        ("CT5",),
        host=(
            ("update", "--memory", "512m", "--memory-swap", "1g", "NAME-redis-1"),
            ("update", "--memory", "1g", "--memory-swap", "2g", "NAME-redis-1"),
        ),
    ),
    Broken(
        "in a network more",
        ("CT14",),
        host=(
            ("network", "connect", "NAME_public", "NAME-redis-1"),
            ("network", "disconnect", "NAME_public", "NAME-redis-1"),
        ),
    ),
    Broken("another release is promised", ("AP3", "CT13"), environment={"RELEASE": "next"}),
    redis("a published database port", "CT7 CT14 MY7", 'ports: ["127.0.0.1:0:6379"]\n    networks: [data, egress]'),
    redis("runs in root's group", "CT4", 'user: "999:0"'),
    redis("more capabilities", "CT4", "cap_add: [NET_ADMIN]"),
    redis("a root that can be written", "CT4", "read_only: false"),
    redis("may gain privileges", "CT4", "security_opt: !reset []"),
    redis("no limits", "CT5", "deploy: !reset {}"),
    redis("logs without end", "CT6", "logging: !override {driver: json-file}"),
    redis(
        "less memory than promised",
        "RE1",
        redis_command("512mb", "256mb"),
    ),
    redis(
        "keeps nothing",
        "RE1",
        redis_command("yes", "no"),
    ),
    redis(
        "evicts what it likes",
        "RE1",
        redis_command("allkeys-lru", "noeviction"),
    ),
    redis("a secret in the environment", "SE1", "environment: {TOKEN: SECRET}"),
    redis("another variable", "CT12", "environment: {MORE: '1'}"),
    redis("another health check", "CT12", "healthcheck: {interval: 11s}"),
    redis("a longer end", "CT12", "stop_grace_period: 35s"),
    redis("a folder more", "CT12", "tmpfs: [/more]"),
    redis("a label more", "", "labels: {who: knows}"),
    Broken("a secret in the log", ("SE2",), shell=("redis", "echo $SECRET > /proc/1/fd/1", "RECREATE")),
    Broken("a secret in the arguments", ("SE1",), shell=("redis", "sh -c 'sleep 120' $SECRET &", "RECREATE")),
    Broken("the certificate was swapped without a reload", ("TL4",), shell=("CERTIFICATE", "swap", "back")),
    Broken("the env file may be read by everybody", ("SE5",), modes=("docker/.env", 0o644)),
    Broken("the secrets may be read by everybody", ("SE5",), modes=(".fairlead/secrets", 0o755)),
    Broken("the key may be read by everybody", ("TL14",), shell=("CERTIFICATE", "open", "close")),
)


@dataclass(frozen=True)
class Breaker:
    """Breaks a stack, and mends it again whatever happens."""

    checkout: Checkout

    @contextmanager
    def broken(self, fault: Broken) -> Iterator[None]:
        """The stack with *fault* in it."""
        undo: list[Callable[[], object]] = []
        try:
            self._break(fault, undo)
            yield
        finally:
            for step in reversed(undo):
                step()

    def docker(self, *words: str, stdin: str = "") -> str:
        """What a docker command prints; it has to succeed."""
        argv = [self.checkout.client, *(word.replace("NAME", self.checkout.name) for word in words)]
        done = subprocess.run(
            argv, input=stdin, capture_output=True, text=True, check=False, env=self.checkout.environment
        )
        assert done.returncode == 0, f"{argv}: {done.stderr}"
        return done.stdout

    def _break(self, fault: Broken, undo: list[Callable[[], object]]) -> None:
        if fault.edits:
            self._edit(fault, undo)
        if fault.root_sql[0]:
            undo.append(lambda: self._sql(fault.root_sql[1]))
            self._sql(fault.root_sql[0])
        if fault.host[0]:
            undo += [self._settled, lambda: self.docker(*fault.host[1])]
            self.docker(*fault.host[0])
        if fault.override:
            undo.append(lambda: self._compose("up", "-d", "--no-deps", "--wait", *fault.services))
            self._override(fault)
        if fault.acl:
            self._acl(fault.acl, undo)
        if fault.modes[0]:
            path = self.checkout.folder / fault.modes[0]
            undo.append(partial(path.chmod, path.stat().st_mode & 0o777))
            path.chmod(fault.modes[1])
        if fault.shell[0] == "CERTIFICATE":
            self._certificate(fault.shell[1], undo)
        elif fault.shell[0]:
            self._shell(*fault.shell, undo)

    def _edit(self, fault: Broken, undo: list[Callable[[], object]]) -> None:
        live = self.checkout.folder / ".fairlead/edge/live"
        before = {each.file: (live / each.file).read_text() for each in fault.edits}
        undo += [self._reload, lambda: self._write(live, before)]
        after = dict(before)
        for each in fault.edits:
            assert each.old in after[each.file], f"{each.file}: {each.old}"
            after[each.file] = after[each.file].replace(each.old, each.new)
        self._write(live, after)
        if fault.reload:
            self._reload()

    def _write(self, folder: Path, texts: dict[str, str]) -> None:
        for name, text in texts.items():
            (folder / name).write_text(text)

    def _reload(self) -> None:
        """New workers, and the old ones gone: an old one would still answer."""
        edge = f"{self.checkout.name}-nginx-1"
        main = "/etc/nginx/edge/live/nginx.conf"
        before = self._workers(edge)
        self.docker("exec", edge, "nginx", "-c", main, "-t", "-q")
        self.docker("exec", edge, "nginx", "-c", main, "-s", "reload")
        _until(lambda: not before & self._workers(edge), "the old workers of nginx end")

    def _workers(self, edge: str) -> set[str]:
        lines = self.docker("top", edge, "-eo", "pid,args").splitlines()[1:]
        return {line.split()[0] for line in lines if "worker process" in line}

    def _sql(self, statement: str) -> None:
        script = (
            'printf \'[client]\\nuser=root\\npassword="%s"\\n\' "$(cat /run/secrets/mysql_root_password)" |'
            ' mysql --defaults-extra-file=/dev/stdin --execute "$1"'
        )
        self.docker("exec", "NAME-mysql-1", "sh", "-c", script, "sql", statement)

    def _compose(self, *words: str, more: Sequence[str] = ()) -> None:
        folder = self.checkout.folder / "docker"
        files = ("--file", str(folder / "docker-compose.yml"), "--file", str(folder / "docker-compose.prod.yml"), *more)
        self.docker("compose", "--project-name", "NAME", *files, "--env-file", str(folder / ".env"), *words)

    def _override(self, fault: Broken) -> None:
        path = self.checkout.folder / "override.yml"
        path.write_text(fault.override.replace("SECRET", self._secret()))
        self._compose("up", "-d", "--no-deps", "--wait", *fault.services, more=("--file", str(path)))

    def _secret(self) -> str:
        return (self.checkout.folder / ".fairlead/secrets/redis_password").read_text()

    def _acl(self, line: str, undo: list[Callable[[], object]]) -> None:
        path = self.checkout.folder / ".fairlead/secrets/redis_acl"
        before = path.read_text()
        undo += [
            self._settled,
            lambda: self.docker("restart", "--time", "2", "NAME-redis-1"),
            lambda: path.write_text(before),
        ]
        kept = [each for each in before.splitlines() if each.split()[:2] != line.split()[:2]]
        own = next(each for each in before.splitlines() if each.startswith("user agentchat"))
        added = own.replace(" -@admin", "").replace(" -@dangerous", "") if line.startswith("user agentchat") else line
        path.write_text("\n".join([*kept, added]) + "\n")
        self.docker("restart", "--time", "2", "NAME-redis-1")
        self._settled()

    def _shell(self, service: str, do: str, undo_: str, undo: list[Callable[[], object]]) -> None:
        container = f"NAME-{service}-1"
        if undo_ == "RECREATE":
            undo.append(lambda: self._compose("up", "-d", "--no-deps", "--wait", "--force-recreate", service))
        else:
            undo.append(lambda: self.docker("exec", container, "sh", "-c", undo_))
        self.docker("exec", "--detach", container, "sh", "-c", do.replace("$SECRET", self._secret()))

    def _certificate(self, what: str, undo: list[Callable[[], object]]) -> None:
        live = self.checkout.folder / "certs/live"
        if what == "open":
            undo.append(lambda: (live / "privkey.pem").chmod(0o640))
            (live / "privkey.pem").chmod(0o644)
            return
        kept = self.checkout.folder / "kept-certificate"
        shutil.copytree(live, kept, dirs_exist_ok=True)
        undo.append(lambda: shutil.copytree(kept, live, dirs_exist_ok=True))
        command = [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-days",
            "30",
        ]
        paths = ("-keyout", str(live / "privkey.pem"), "-out", str(live / "fullchain.pem"), "-subj", "/CN=localhost")
        subprocess.run([*command, *paths], check=True, capture_output=True)

    def _settled(self) -> None:
        """Waits until every container is healthy again."""
        _until(self._is_settled, "every container is healthy again")

    def _is_settled(self) -> bool:
        words = ("--all", "--filter", "label=com.docker.compose.project=NAME", "--format", "{{.Status}}")
        found = self.docker("ps", *words).splitlines()
        return all("(healthy)" in line or line.startswith("Exited (0)") for line in found)


def _until(question: Callable[[], bool], what: str) -> None:
    """Waits until something is true; fails after three minutes."""
    end = time.monotonic() + 180
    while not question():
        assert time.monotonic() < end, f"never came true: {what}"
        time.sleep(0.2)
