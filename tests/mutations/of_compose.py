"""A fault for every rule about Compose files."""

# ruff: noqa: E501 - texts of files, as they stand there

from __future__ import annotations

from fairlead.tests.mutations.mutation import Mutation

BASE, PRODUCTION, EXAMPLE = "docker-compose.yml", "docker-compose.prod.yml", ".env.example"

_DIGEST = "@sha256:" + "0123456789abcdef" * 4
_MADE_UP = "kw8Zr2Vb91"
_TOKEN = "ghp_" + "aB3dE5fG7hJ9kL2mN4pQ6rS8tV0wX1yZ3bC5"
_JWT = "${JWT_SECRET_KEY:?}"
_UPLOADS = 'volumes: ["uploads:/app/uploads"]'
_MIGRATE = "command: [alembic, upgrade, head]"
_DB_OPTIONS = "--character-set-server=utf8mb4"
_SERVICES = ("edge:", "app:", "db:", "cache:")
_ENV = """\
LOG_LEVEL=info
APP_MEMORY=1g
DB_PASSWORD=kw8Zr2Vb91QmXc47TyLd
MYSQL_ROOT_PASSWORD=Lw8Zr2Vb91QmXc47TyLd
REDIS_PASSWORD=Mw8Zr2Vb91QmXc47TyLd
JWT_SECRET_KEY=Nw8Zr2Vb91QmXc47TyLdAq3sPz6u
"""


def _instead(old: str, new: str, at: str | tuple[str, ...] = "", **more: object) -> Mutation:
    return Mutation(((BASE, old, new),), at, **more)  # type: ignore[arg-type]


def _app(text: str, at: str = "", **more: object) -> Mutation:
    anchor = "    secrets: [signing_key]\n"
    return _instead(anchor, f"{anchor}    {text}\n", at, **more)


def _db(text: str, at: str = "", **more: object) -> Mutation:
    anchor = "    stop_grace_period: 1m\n"
    return _instead(anchor, f"{anchor}    {text}\n", at, **more)


def _migrate(text: str, at: str = "", **more: object) -> Mutation:
    anchor = f"    {_MIGRATE}\n"
    return _instead(anchor, f"{anchor}    {text}\n", at, **more)


def _environment(text: str, at: str = "", **more: object) -> Mutation:
    return _instead("      TOKEN_TTL: 3600\n", f"      TOKEN_TTL: 3600\n      {text}\n", at, **more)


def _mounted(text: str, at: str = "", **more: object) -> Mutation:
    return _instead(_UPLOADS, f'volumes: ["uploads:/app/uploads", {text}]', at, **more)


def _secret(value: str, **more: object) -> Mutation:
    edits = (BASE, _JWT, value), (EXAMPLE, "JWT_SECRET_KEY=\n", "")
    return Mutation(edits, **more)  # type: ignore[arg-type]


def _option(text: str, **more: object) -> Mutation:
    return _instead(_DB_OPTIONS, f"{_DB_OPTIONS}, {text}", **more)


def _production(text: str, at: str = "", **more: object) -> Mutation:
    anchor = "    stop_grace_period: 40s\n"
    return Mutation(((PRODUCTION, anchor, f"{anchor}    {text}\n"),), at, **more)  # type: ignore[arg-type]


def _other(
    image: str,
    *lines: str,
    check: str = "healthcheck: {test: [CMD, /check], interval: 10s, timeout: 5s}",
    user: str = 'user: "1000:1000"',
    networks: str = "back",
) -> tuple[str, str, str]:
    """The edit that adds one more service, good but for the fault."""
    text = "\n    ".join(
        ["  other:", "<<: *hardened", f"image: {image}", user, f"networks: [{networks}]", check, *lines]
    )
    text = "\n".join(line for line in text.split("\n") if line.strip())
    return BASE, "\nnetworks:\n  front", f"\n{text}\n\nnetworks:\n  front"


def _service(image: str, *lines: str, at: str = "", **more: str) -> Mutation:
    return Mutation((_other(image, *lines, **more),), at)


MUTATIONS: dict[str, Mutation] = {
    "address-conflict": _instead(
        "  front: {}\n  back: {internal: true}",
        "  front: {ipam: {config: [{subnet: 10.0.0.0/16}]}}\n"
        "  back: {internal: true, ipam: {config: [{subnet: 10.0.1.0/24}]}}",
    ),
    "always-restart-revives-old-release": _instead("restart: unless-stopped", "restart: always"),
    "anonymous-volume": _mounted("/app/cache"),
    "cache-above-memory-limit": _instead("pool-size=128M", "pool-size=2G"),
    "cache-near-memory-limit": _instead("pool-size=128M", "pool-size=480M"),
    "cache-without-maxmemory": _instead(", --maxmemory, 256mb, --maxmemory-policy, allkeys-lru", "", "cache:"),
    "cache-without-password": _instead(
        "--aclfile, /run/secrets/redis_acl, ",
        "",
        "cache:",
        also={"stack/cache-password-not-asked": "the stack hands out a password besides"},
    ),
    "cannot-merge": _production("volumes: {a: b}"),
    "capabilities-kept": _app("cap_drop: [NET_RAW]", "app:"),
    "capability-over-host": _app("cap_add: [SYS_ADMIN]"),
    "collation-of-other-charset": _option("--collation-server=latin1_swedish_ci"),
    "command-cut-off": _instead(_MIGRATE, "command: alembic upgrade head && echo done"),
    "confinement-off": _app('security_opt: ["no-new-privileges:true", "seccomp:unconfined"]'),
    "conflicting-limits": _db("deploy: {resources: {limits: {memory: 1g}}}", "512m"),
    "console-in-production": _service("phpmyadmin:5.2.2" + _DIGEST, at="other"),
    "container-name-with-replicas": _app("container_name: shop-app\n    scale: 2"),
    "dangerous-capability": _app("cap_add: [NET_ADMIN]"),
    "database-beside-proxy": _instead(
        "networks: [front]\n    depends_on", "networks: [front, back]\n    depends_on", ("db:", "cache:"), times=2
    ),
    "database-on-loopback": _option("--bind-address=127.0.0.1"),
    "database-password-missing": Mutation(
        (
            (BASE, "      MYSQL_ROOT_PASSWORD: ${MYSQL_ROOT_PASSWORD:?}\n", ""),
            (EXAMPLE, "MYSQL_ROOT_PASSWORD=\n", ""),
        ),
        "db:",
    ),
    "database-reads-files": _option("--secure-file-priv="),
    "database-without-password": _instead(
        "      MYSQL_USER", '      MYSQL_ALLOW_EMPTY_PASSWORD: "1"\n      MYSQL_USER'
    ),
    "database-without-volume": Mutation(
        ((BASE, '    volumes: ["data:/var/lib/mysql"]\n', ""), (BASE, "  data: {}\n", "")), "db:"
    ),
    "debug-in-production": _environment('DEBUG: "true"'),
    "debugger-in-production": _environment(
        "JAVA_TOOL_OPTIONS: -agentlib:jdwp=transport=dt_socket,server=y,address=*:5005"
    ),
    "default-login": _service(
        "minio/minio:RELEASE.2025-02-03T21-03-04Z" + _DIGEST, 'ports: ["8443:9001"]', at='"8443:9001"'
    ),
    "dependency-behind-profile": _instead(
        "    secrets: [redis_acl", "    profiles: [more]\n    secrets: [redis_acl", "cache:"
    ),
    "dependency-cycle": _db("depends_on:\n      app: {condition: service_healthy}", "migrate: {"),
    "dependency-only-started": _instead(
        "cache: {condition: service_healthy}", "cache: {condition: service_started}", "service_started"
    ),
    "deploy-key-for-swarm": _app("deploy: {update_config: {order: start-first}}"),
    "development-server-in-production": _instead('"app:app"]', '"app:app", --reload]'),
    "docker-socket": _mounted("/var/run/docker.sock:/var/run/docker.sock:ro"),
    "documented-variable-unused": Mutation(((EXAMPLE, "APP_MEMORY", "REGION=eu\nAPP_MEMORY"),)),
    "dollar-in-secret": _secret(
        "kw8Zr2$Vb91QmXc", also={"compose/undocumented-variable": "Compose takes the rest for one"}
    ),
    "duplicate-container-name": Mutation(
        (
            (
                BASE,
                '    user: "10001:10001"\n    tmpfs',
                '    container_name: shop\n    user: "10001:10001"\n    tmpfs',
            ),
            (BASE, f"    {_MIGRATE}\n", f"    container_name: shop\n    {_MIGRATE}\n"),
        ),
        also={"compose/fixed-container-name": "each of the two is fixed besides"},
    ),
    "duplicate-key": _environment("DB_HOST: db"),
    "duplicate-port": _app('ports: ["127.0.0.1:443:7860"]'),
    "engine-api-socket": _app("use_api_socket: true"),
    "env-file-for-all": Mutation(
        (_other("memcached:1.6.39" + _DIGEST, "env_file: .env"),),
        files={".env": _ENV},
    ),
    "env-file-overridden": _app("env_file: [app.env]", "TOKEN_TTL", files={"app.env": "TOKEN_TTL=60\n"}),
    "env-file-unread-by-swarm": Mutation(
        ((PRODUCTION, "services:", "services: # all"),),
        ("${LOG", "${DB", "${REDIS", "${JWT", "${MYSQL"),
        BASE,
        files={".env": _ENV.replace("APP_MEMORY=1g\n", "")},
        times=5,
    ),
    "eviction-without-maxmemory": _instead("--maxmemory, 256mb, ", ""),
    "example-of-wrong-kind": Mutation(((EXAMPLE, "APP_MEMORY=1g", "APP_MEMORY=1 gig"),)),
    "extends-unresolved": _app("extends: ap"),
    "everybody-allowed": _environment('ALLOWED_HOSTS: "*"'),
    "file-mode-not-octal": _instead("secrets: [signing_key]", "secrets: [{source: signing_key, mode: 440}]"),
    "fixed-container-name": _app("container_name: shop-app"),
    "fixed-port-with-replicas": _instead(
        "    stop_signal: SIGQUIT\n", "    stop_signal: SIGQUIT\n    scale: 2\n", ('"80:8080"', '"443:8443"'), times=2
    ),
    "grant-tables-skipped": _option("--skip-grant-tables"),
    "healthcheck-cannot-fail": _instead("curl, --fail, ", "curl, "),
    "healthcheck-left-to-image": _service("ghcr.io/acme/other:1.2.3" + _DIGEST, check="", at="other"),
    "host-address-lost-in-swarm": _app('ports: ["127.0.0.1:7000:7860"]'),
    "host-device": _app("devices: [/dev/sda]"),
    "host-namespace": _app("pid: host"),
    "host-near-service": _instead("REDIS_HOST: cache", "REDIS_HOST: cahe"),
    "ignored-by-swarm": _app("container_name: shop-app"),
    "healthcheck-without-times": _instead("      interval: 30s\n", "", "healthcheck"),
    "image-past-end-of-life": _instead("image: redis:8.2.1@", "image: redis:6.0.20@"),
    "image-without-digest": _instead("redis:8.2.1" + _DIGEST, "redis:8.2.1"),
    "image-without-tag": _instead("redis:8.2.1" + _DIGEST, "redis"),
    "include-unresolved": _instead("name: shop\n", "name: shop\ninclude: [more/compose.yml]\n"),
    "invalid-alias": _app("annotations: *none"),
    "invalid-interpolation": _app("hostname: ${}"),
    "key-not-text": _app("annotations: {8080: inside}"),
    "legacy-links": _app("links: [db]"),
    "limit-of-a-few-bytes": _migrate("mem_limit: 512"),
    "limits-above-host-memory": Mutation(
        ((PRODUCTION, "APP_MEMORY:-1g", "APP_MEMORY:-2g"),), policy={"services": {"host_memory_mb": 3600}}
    ),
    "literal-secret": _secret(_MADE_UP),
    "literal-secret-in-command": _instead(
        "[alembic, upgrade, head]", f"[alembic, upgrade, head, --password, {_MADE_UP}]"
    ),
    "localhost-instead-of-service": _instead("REDIS_HOST: cache", "REDIS_HOST: localhost"),
    "log-option-refused": _instead('max-file: "3"', 'compress: "true"'),
    "log-options-replaced": _production("logging: {driver: local}"),
    "major-only-tag-on-database": _instead(
        "mysql:9.7.4" + _DIGEST,
        "mysql:9",
        also={"compose/image-without-digest": "a digest would pin it whatever the tag"},
    ),
    "map-replaced-by-override": _app("labels: {tier: app}"),
    "may-gain-privileges": _app("security_opt: []", "app:"),
    "migration-not-awaited": _instead("service_completed_successfully", "service_started"),
    "missing-build-context": _instead("context: page\n", "context: pagee\n"),
    "missing-env-file": _app("env_file: [conf/ap.env]", files={"conf/app.env": "MODE=fast\n"}),
    "missing-file-mounted": _instead("./nginx.conf:/etc", "./ngnix.conf:/etc"),
    "missing-key": _app("env_file: [{required: false}]"),
    "more-workers-than-cpus": _instead('--workers, "3"', '--workers, "30"'),
    "moving-tag": _instead("redis:8.2.1" + _DIGEST, "redis:latest"),
    "near-miss-variable": Mutation(
        ((BASE, "${LOG_LEVEL:-info}", "${LOG_LEVL}"),),
        files={".env": _ENV, EXAMPLE: None},
    ),
    "no-cpu-limit": _instead("  cpus: 1\n", "", _SERVICES, times=4),
    "no-healthcheck": _service("memcached:1.6.39" + _DIGEST, check="", at="other"),
    "no-image-for-swarm": _instead(f"    image: ghcr.io/acme/app:2.3.1{_DIGEST}\n    build", "    build", "app:"),
    "no-log": _app("logging: {driver: none, options: {}}"),
    "no-memory-limit": _instead("  mem_limit: 512m\n", "", _SERVICES, times=3),
    "no-pids-limit": _instead("  pids_limit: 200\n", "", _SERVICES, times=4),
    "no-restart-policy": _instead("  restart: unless-stopped\n", "", _SERVICES, times=4),
    "not-compose": Mutation((), "- web", "docker-compose.more.yml", files={"docker-compose.more.yml": "- web\n"}),
    "number-may-be-empty": Mutation(((BASE, "TOKEN_TTL: 3600", "TOKEN_TTL: ${TOKEN_TTL}"),), files={EXAMPLE: None}),
    "obsolete-version": _instead("name: shop\n", 'version: "3.8"\nname: shop\n'),
    "one-platform": _app("platform: linux/arm64"),
    "open-dashboard": _service(
        "traefik:v3.5.0" + _DIGEST,
        "command: [--api.insecure=true]",
        'ports: ["8080:8080"]',
        networks="front",
        at="--api",
    ),
    "operator-as-argument": _instead("[alembic, upgrade, head]", '[alembic, upgrade, head, "&&", echo]'),
    "outdated-charset": _instead("server=utf8mb4", "server=utf8"),
    "override-of-no-service": Mutation(((PRODUCTION, "services:\n", "services:\n  ap:\n    init: true\n"),)),
    "password-in-url": _environment(f"URL: mysql://app:{_MADE_UP}@db/shop"),
    "ping-without-proof": _instead(
        '[CMD-SHELL, \'MYSQL_PWD="$$MYSQL_PASSWORD" mysql -h 127.0.0.1 -u app -e "SELECT 1" | grep -q 1\']',
        "[CMD, mysqladmin, ping, -h, 127.0.0.1]",
    ),
    "placeholder-secret": _secret("changeme"),
    "port-added-by-override": Mutation(
        ((PRODUCTION, "services:\n", 'services:\n  edge:\n    ports: ["8080:8080"]\n'),)
    ),
    "port-beside-proxy": _app('ports: ["7000:7860"]'),
    "port-on-all-interfaces": Mutation(
        (
            (BASE, "    secrets: [signing_key]\n", '    secrets: [signing_key]\n    ports: ["7000:7860"]\n'),
            (BASE, '"80:8080", "443:8443"', '"127.0.0.1:80:8080", "127.0.0.1:443:8443"'),
        )
    ),
    "port-without-quotes": _app("ports: [22:22]", also={"stack/published-port-not-open": "and nothing listens there"}),
    "private-port-published": _db('ports: ["3306:3306"]'),
    "privileged": _app("privileged: true"),
    "provider-token": _environment(f"HUB: {_TOKEN}"),
    "published-port-inside": Mutation(
        (
            (BASE, "      DB_HOST: db\n      DB_USER", '      DB_PORT: "3307"\n      DB_HOST: db\n      DB_USER'),
            (BASE, "    stop_grace_period: 1m\n", '    stop_grace_period: 1m\n    ports: ["127.0.0.1:3307:3306"]\n'),
        )
    ),
    "queue-may-be-evicted": _environment("CELERY_BROKER_URL: redis://cache:6379/0", "--maxmemory-policy"),
    "read-only-without-tmpfs": _instead(
        '    tmpfs: ["/var/run/mysqld:uid=999,gid=999,mode=0755", "/tmp:uid=999,gid=999,mode=0700"]\n', "", "true"
    ),
    "redefined-anchor": _instead("\nvolumes:\n", "\nx-more: &hardened {a: b}\n\nvolumes:\n"),
    "refused-by-swarm": _db("env_file: [{path: app.env, required: false}]"),
    "registry-not-allowed": Mutation(
        (_other("quay.io/acme/other:1.2.3" + _DIGEST),),
        policy={"images": {"registries": ["docker.io", "ghcr.io/acme"]}},
    ),
    "repeated-entry": _app('security_opt: ["no-new-privileges:true", "no-new-privileges:true"]'),
    "required-before-override": Mutation(
        (
            (BASE, "    secrets: [signing_key]\n", "    hostname: ${APP_HOST:?}\n    secrets: [signing_key]\n"),
            (PRODUCTION, "    stop_grace", "    hostname: app.example\n    stop_grace"),
            (EXAMPLE, "APP_MEMORY", "APP_HOST=\nAPP_MEMORY"),
        )
    ),
    "required-variable-missing": Mutation(
        (),
        "${JWT_SECRET_KEY:?}",
        BASE,
        files={
            ".env": "DB_PASSWORD=kw8Zr2Vb91QmXc47TyLd\nMYSQL_ROOT_PASSWORD=Lw8Zr2Vb91QmXc47TyLd\n"
            "REDIS_PASSWORD=Mw8Zr2Vb91QmXc47TyLd\nAPP_MEMORY=1g\nLOG_LEVEL=info\n"
        },
    ),
    "reservation-above-limit": _db("mem_reservation: 1g"),
    "restarting-job": _instead('restart: "no"', "restart: unless-stopped"),
    "root-as-database-user": _instead("MYSQL_USER: app", "MYSQL_USER: root"),
    "root-password-shared": _instead("${MYSQL_ROOT_PASSWORD:?}", "${DB_PASSWORD:?}"),
    "root-user": _instead('user: "999:999"\n    tmpfs: ["/tmp', 'user: "0"\n    tmpfs: ["/tmp'),
    "rough-stop-signal": _instead("SIGQUIT", "SIGKILL"),
    "secret-file-unreadable": Mutation(
        (
            (
                BASE,
                "secrets: [redis_acl, redis_password]",
                "secrets: [redis_acl, {source: redis_password, mode: 0400}]",
            ),
            (BASE, "redis_password: {file: ./secrets/redis_password}", "redis_password: {environment: REDIS_PASSWORD}"),
        ),
        also={"stack/secret-in-readonly-service": "only one from the environment has a mode that is known"},
    ),
    "secret-in-build-argument": Mutation(
        (
            (
                BASE,
                "        VITE_API_BASE_URL: /api\n",
                "        VITE_API_BASE_URL: /api\n        NPM_TOKEN: ${JWT_SECRET_KEY:?}\n",
            ),
            ("page/Dockerfile", "COPY package.json", "ARG NPM_TOKEN\nCOPY package.json"),
        ),
        also={"dockerfile/secret-in-variable": "the Dockerfile that takes it is at fault as well"},
    ),
    "secret-file-open-to-all": Mutation(
        (),
        "./secrets/signing_key",
        BASE,
        files={"secrets/signing_key": "# mode 0644\n"},
    ),
    "secret-in-front-end": _environment("VITE_JWT_SECRET: ${JWT_SECRET_KEY:?}"),
    "secret-in-text": _environment("""SETTINGS: '{"db": {"password": "kw8Zr2Vb91"}}'"""),
    "secret-may-be-empty": Mutation(((BASE, _JWT, "${JWT_SECRET_KEY}"),), files={EXAMPLE: None}),
    "secret-on-command-line": _instead(
        "[alembic, upgrade, head]", '[alembic, upgrade, head, --password, "${DB_PASSWORD:?}"]'
    ),
    "secret-with-default": _instead(_JWT, "${JWT_SECRET_KEY:-" + _MADE_UP + "}"),
    "selinux-relabels-system": _mounted("/home:/data:Z"),
    "sensitive-mount": _mounted("/etc:/host"),
    "sensitive-mount-read-only": _mounted("/etc:/host:ro"),
    "server-option-deprecated": _option("--binlog-format=ROW"),
    "server-option-removed": _option("--default-authentication-plugin=mysql_native_password"),
    "server-option-twice": _option("--max-connections=500"),
    "server-options-contradict": _option("--gtid-mode=ON, --enforce-gtid-consistency=OFF"),
    "shared-data-folder": _service(
        "mysql:9.7.4" + _DIGEST,
        'volumes: ["data:/var/lib/mysql"]',
        'tmpfs: ["/var/run/mysqld", /tmp]',
        "stop_grace_period: 1m",
        'environment: {MYSQL_ROOT_PASSWORD: "${MYSQL_ROOT_PASSWORD:?}"}',
    ),
    "shared-propagation": _mounted("./more:/more:shared"),
    "shell-without-init": _instead(
        'command: [gunicorn, --bind, "0.0.0.0:7860", --workers, "3", --graceful-timeout, "20", --timeout, "30", "app:app"]',
        'command: [sh, -c, "./warm; gunicorn --bind 0.0.0.0:7860 --graceful-timeout 20 --timeout 30 app:app"]',
    ),
    "short-stop-grace": _instead("stop_grace_period: 1m", "stop_grace_period: 2s"),
    "slow-healthcheck": _instead("timeout: 5s", "timeout: 50s"),
    "small-shared-memory": _service("selenium/standalone-chrome:138.0" + _DIGEST, at="other"),
    "source-mounted-in-production": _mounted("./app/app:/app/app"),
    "superuser-application": _instead("DB_USER: app", "DB_USER: root"),
    "tag-without-base": _instead("ports: [", "ports: !override ["),
    "terminal-in-production": _app("tty: true"),
    "two-base-files": Mutation((), "x-shop", "compose.yaml", files={"compose.yaml": "x-shop: 1\nservices: {}\n"}),
    "unbounded-log": _instead("max-size: 10m, ", "", "logging"),
    "undefined-network": _instead("networks: [front, back]", "networks: [front, bak]"),
    "undefined-secret": _instead("secrets: [signing_key]", "secrets: [signing_ky]"),
    "undefined-service": _instead("cache: {condition: service_healthy}", "cach: {condition: service_healthy}"),
    "undefined-volume": _mounted("uplods:/app/more"),
    "undocumented-variable": _environment("REGION: ${REGION}"),
    "unknown-restart-policy": _instead("restart: unless-stopped", "restart: unless_stopped", "unless_stopped"),
    "unknown-key": _app("lables: {a: b}"),
    "untagged-build": _instead("acme/edge:2.3.1" + _DIGEST, "acme/edge"),
    "unused-anchor": _app("annotations: &marks {a: b}"),
    "unused-definition": _instead("  uploads: {}\n", "  uploads: {}\n  more: {}\n"),
    "value-changed-by-yaml": _instead("TOKEN_TTL: 3600", "TOKEN_TTL: 03600"),
    "value-repeats-base": _production('user: "10001:10001"'),
    "volume-beside-data": Mutation(
        (
            _other(
                "postgres:18.0" + _DIGEST,
                'volumes: ["more:/var/lib/postgresql/data"]',
                "tmpfs: [/var/run/postgresql, /tmp]",
                'environment: {POSTGRES_PASSWORD: "${DB_PASSWORD:?}"}',
                "stop_grace_period: 1m",
            ),
            (BASE, "  uploads: {}\n", "  uploads: {}\n  more: {}\n"),
        )
    ),
    "waiting-for-no-healthcheck": Mutation(
        (
            (BASE, "cache: {condition: service_healthy}", "cache: {condition: service_healthy}  # waits"),
            (
                BASE,
                """test: [CMD-SHELL, 'REDISCLI_AUTH="$$(cat /run/secrets/redis_password)" redis-cli ping | grep -qx PONG']""",
                "disable: true",
            ),
        ),
        "service_healthy}  # waits",
        also={"compose/no-healthcheck": "the one is why the other waits for ever"},
    ),
    "writable-config-mount": _instead("/etc/nginx/nginx.conf:ro", "/etc/nginx/nginx.conf"),
    "writable-root": _app("read_only: false"),
    "database-never-made": _instead("MYSQL_USER: app", "MYSQL_USER: shop", "app\n      DB_PASSWORD"),
    "database-of-other-kind": _environment("DATABASE_URL: postgresql://db/shop"),
    "wrong-database-port": _environment('REDIS_PORT: "6380"'),
    "bind-mount-in-swarm": _mounted("./more:/srv/more"),
    "fixed-address-ignored-by-swarm": _instead(
        "networks: [front, back]", "networks: {front: {ipv4_address: 10.5.0.5}, back: {}}"
    ),
    "form-refused-by-swarm": _environment("DEBUGGING: false"),
    "merge-tag-ignored-by-swarm": _production(
        'tmpfs: !override ["/tmp:uid=10001,gid=10001,mode=0750"]',
        also={"compose/ignored-by-swarm": "a swarm knows no tmpfs of that form either"},
    ),
    "open-cache-published": Mutation(
        (
            (BASE, "--aclfile, /run/secrets/redis_acl, ", ""),
            (BASE, '    volumes: ["kept:/data"]\n', '    volumes: ["kept:/data"]\n    ports: ["10.0.0.5:6379:6379"]\n'),
        ),
        also={"stack/cache-password-not-asked": "the stack hands out a password besides"},
    ),
    "server-value-refused": _instead("allkeys-lru", "allkeys_lru"),
    "shell-variable-filled-in": _instead(
        _MIGRATE,
        'command: [sh, -c, "NOW=1; alembic upgrade $NOW"]',
        also={"compose/undocumented-variable": "Compose takes it for one of its own"},
    ),
    "log-size-of-a-few-bytes": _instead("max-size: 10m", "max-size: 10"),
    "wrong-value": _app("stop_signal: 15"),
    "yaml-syntax": _app("annotations: {a: b"),
}

EXCUSED: dict[str, str] = {}
"""Rules that no edit of the good stack can break, each with the reason."""
