"""The base images are started for real, as the production stack starts them: no root, read-only, no capabilities."""

from __future__ import annotations

import gzip
import os
import secrets
import shutil
import subprocess
import uuid

import pytest

from fairlead.ops import base_cache, bases
from fairlead.ops.base_build import certificates
from fairlead.ops.base_catalogue import base_images, common_key
from fairlead.ops.base_present import missing_images
from fairlead.ops.command import Command
from fairlead.ops.engine import engine_facts
from fairlead.ops.engine_install import start_step
from fairlead.ops.execute import execute
from fairlead.ops.host import LocalHost
from fairlead.ops.plan import plan_for

PATIENCE_S = "180"
HARDENED = ("--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges")
MYSQL = (*HARDENED, "--user=999:999", "--tmpfs=/tmp:mode=1777", "--tmpfs=/var/run/mysqld:uid=999,gid=999,mode=0755")
SMALL = "--innodb-buffer-pool-size=64M"
LISTENS = "port: 3306"


class Docker:
    """The engine's client, and the names of what a test has made."""

    def __init__(self, client: str, images: dict[str, str]) -> None:
        self.client = client
        self.images = images
        self.made: list[tuple[str, ...]] = []

    def __call__(self, *words: str, ok: bool = True, stdin: str = "") -> str:
        done = subprocess.run((self.client, *words), input=stdin, capture_output=True, text=True, check=False)
        assert done.returncode == 0 or not ok, done.stdout + done.stderr
        return done.stdout + done.stderr

    def start(self, image: str, *options: str, arguments: tuple[str, ...] = ()) -> str:
        name = f"fairlead-test-{uuid.uuid4().hex[:12]}"
        self.made.append(("rm", "--force", "--volumes", name))
        self("run", "--detach", "--name", name, *options, self.images[image], *arguments)
        return name

    def volume(self) -> str:
        name = f"fairlead-test-{uuid.uuid4().hex[:12]}"
        self.made.insert(0, ("volume", "rm", "--force", name))
        return self("volume", "create", name).strip()

    def wait_for(self, container: str, words: str) -> None:
        """Follows the log until a line has *words*."""
        command = ("timeout", PATIENCE_S, self.client, "logs", "--follow", container)
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as log:
            seen = []
            for line in log.stdout or ():
                seen.append(line)
                if words in line:
                    log.terminate()
                    return
        raise AssertionError(f"{container} never said {words!r}:\n" + "".join(seen))

    def build(self, text: str) -> str:
        name = f"fairlead-test-{uuid.uuid4().hex[:12]}"
        self.made.insert(0, ("image", "rm", "--force", name))
        self("build", "--tag", name, "-", stdin=text)
        return name

    def clean(self) -> None:
        for words in reversed(self.made):
            self(*words, ok=False)


@pytest.fixture(scope="session")
def base_names(engine):
    """Builds the base images where they are not there yet; their names in the engine."""
    host = LocalHost()
    execute(plan_for(host.name, *bases.steps(host, engine)), {host.name: host}, lambda *_: None)
    return {image.name: image.references[0] for image in base_images(certificates())}


@pytest.fixture
def docker(engine, base_names):
    docker = Docker(engine, base_names)
    yield docker
    docker.clean()


@pytest.fixture
def passwords(tmp_path):
    """Two awkward passwords in files, as the stack's secrets are, and an init folder."""
    texts = {"root": f"r'\"\\ $`{secrets.token_hex(8)}", "app": f"a%_'{secrets.token_hex(8)}"}
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o444)
    (tmp_path / "init").mkdir()
    (tmp_path / "init").chmod(0o755)
    tmp_path.chmod(0o755)
    return texts


def _mysql_options(tmp_path, volume):
    return (
        *MYSQL,
        f"--volume={volume}:/var/lib/mysql",
        f"--volume={tmp_path}/root:/run/secrets/root:ro",
        f"--volume={tmp_path}/app:/run/secrets/app:ro",
        f"--volume={tmp_path}/init:/docker-entrypoint-initdb.d:ro",
        "--env=MYSQL_ROOT_PASSWORD_FILE=/run/secrets/root",
        "--env=MYSQL_DATABASE=agent_chat",
        "--env=MYSQL_USER=agent",
        "--env=MYSQL_PASSWORD_FILE=/run/secrets/app",
    )


def _query(docker, container, user, secret, sql, *, ok=True):
    script = (
        'printf \'[client]\\npassword="%s"\\n\' "$(sed \'s/[\\\\"]/\\\\&/g\' "$1")" | '
        'mysql --defaults-extra-file=/dev/stdin --host=127.0.0.1 --user="$0" --batch --skip-column-names --execute="$2"'
    )
    return docker("exec", container, "sh", "-c", script, user, secret, sql, ok=ok).split()


def _write_program(path, script):
    path.parent.mkdir()
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_what_is_built_is_not_built_again(engine, base_names):
    assert [] == list(bases.steps(LocalHost(), engine))


def test_a_base_image_says_what_is_in_it_and_what_it_is_for(docker):
    labels = '{{index .Config.Labels "io.fairlead.version"}}|{{index .Config.Labels "io.fairlead.purpose"}}'

    version, purpose = docker("image", "inspect", "--format", labels, docker.images["nginx"]).strip().split("|")

    assert version.startswith("nginx 1.")
    assert "for trying out and tests" == purpose


def test_mysql_makes_its_database_from_files_without_root_and_shows_no_password(docker, tmp_path, passwords):
    init = tmp_path / "init"
    (init / "1.sql").write_text("CREATE TABLE seen (number INT); INSERT INTO seen VALUES (1);")
    (init / "2.sql.gz").write_bytes(gzip.compress(b"INSERT INTO seen VALUES (2);"))
    (init / "3.sh").write_text('docker_process_sql <<<"INSERT INTO seen VALUES (3)"')
    (init / "4.sh").write_text(
        '#!/bin/sh\nMYSQL_PWD="$MYSQL_ROOT_PASSWORD" mysql -uroot -e "INSERT INTO agent_chat.seen VALUES (4)"'
    )
    (init / "4.sh").chmod(0o755)
    container = docker.start("mysql", *_mysql_options(tmp_path, docker.volume()), arguments=(SMALL,))
    docker.wait_for(container, LISTENS)

    numbers = _query(docker, container, "agent", "/run/secrets/app", "SELECT number FROM agent_chat.seen")
    as_root = _query(docker, container, "root", "/run/secrets/root", "SELECT @@innodb_buffer_pool_size")
    elsewhere = "\n".join(_query(docker, container, "agent", "/run/secrets/app", "SELECT 1 FROM mysql.user", ok=False))
    in_sight = docker("exec", container, "sh", "-c", "cat /proc/[0-9]*/cmdline /proc/1/environ") + docker(
        "logs", container
    )

    assert ["1", "2", "3", "4"] == numbers
    assert [str(64 * 1024**2)] == as_root
    assert "denied" in elsewhere
    assert not [text for text in passwords.values() if text in in_sight + docker("inspect", container)]


def test_mysql_keeps_its_data_and_its_passwords_when_started_again(docker, tmp_path, passwords):
    volume = docker.volume()
    first = docker.start("mysql", *_mysql_options(tmp_path, volume), arguments=(SMALL,))
    docker.wait_for(first, LISTENS)
    _query(docker, first, "agent", "/run/secrets/app", "CREATE TABLE agent_chat.kept (number INT)")
    docker("stop", "--time=60", first)
    (tmp_path / "init" / "late.sql").write_text("DROP TABLE kept;")
    second = docker.start("mysql", *_mysql_options(tmp_path, volume), arguments=(SMALL,))
    docker.wait_for(second, LISTENS)

    assert ["kept"] == _query(docker, second, "agent", "/run/secrets/app", "SHOW TABLES IN agent_chat")


def test_mysql_starts_anew_after_an_initialisation_that_was_killed(docker, tmp_path, passwords):
    init, volume = tmp_path / "init", docker.volume()
    (init / "1.sql").write_text("CREATE TABLE seen (number INT); INSERT INTO seen VALUES (1);")
    (init / "2.sh").write_text("#!/bin/sh\necho in the middle\nexec sleep 600\n")
    (init / "2.sh").chmod(0o755)
    killed = docker.start("mysql", *_mysql_options(tmp_path, volume), arguments=(SMALL,))
    docker.wait_for(killed, "in the middle")
    in_sight = docker("exec", killed, "sh", "-c", "cat /proc/[0-9]*/cmdline")
    docker("kill", killed)
    (init / "2.sh").unlink()

    container = docker.start("mysql", *_mysql_options(tmp_path, volume), arguments=(SMALL,))
    docker.wait_for(container, "was cut off; no server has served from it, so it is made anew")
    docker.wait_for(container, LISTENS)

    assert ["1"] == _query(docker, container, "agent", "/run/secrets/app", "SELECT number FROM agent_chat.seen")
    assert not [text for text in passwords.values() if text in in_sight]


def test_mysql_names_the_init_script_that_failed_and_makes_it_all_anew(docker, tmp_path, passwords):
    script, volume = tmp_path / "init" / "1.sh", docker.volume()
    script.write_text("CREATE TABLE seen;")
    options = _mysql_options(tmp_path, volume)
    failed = docker("run", "--rm", *options, docker.images["mysql"], SMALL, ok=False)
    script.unlink()
    container = docker.start("mysql", *options, arguments=(SMALL,))
    docker.wait_for(container, LISTENS)

    assert "stopped while running /docker-entrypoint-initdb.d/1.sh; the next start makes the database anew" in failed
    assert [] == _query(docker, container, "agent", "/run/secrets/app", "SHOW TABLES IN agent_chat")


def test_mysql_takes_plain_variables_too_and_steps_down_from_root(docker):
    password = secrets.token_hex(12)
    options = ("--env", "MYSQL_ROOT_PASSWORD", "--env=MYSQL_ROOT_HOST=localhost")
    os.environ["MYSQL_ROOT_PASSWORD"] = password
    try:
        container = docker.start("mysql", *options, arguments=("--max-connections=77", SMALL))
    finally:
        del os.environ["MYSQL_ROOT_PASSWORD"]
    docker.wait_for(container, LISTENS)
    query = (
        'MYSQL_PWD="$MYSQL_ROOT_PASSWORD" mysql --user=root --batch --skip-column-names -e "SELECT @@max_connections"'
    )
    query += '; grep ^Uid: /proc/1/status; tr "\\0" "\\n" </proc/1/environ | grep -c PASSWORD'

    answer = docker("exec", "--user=999", container, "sh", "-c", query, ok=False).split()

    assert ["77", "Uid:", "999", "999", "999", "999", "0"] == answer


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "the database is new and has no root password: set MYSQL_ROOT_PASSWORD_FILE"),
        (
            ("--env=MYSQL_ROOT_PASSWORD_FILE=/no/such",),
            "MYSQL_ROOT_PASSWORD_FILE names /no/such, which mysql cannot read",
        ),
        (
            ("--env=MYSQL_ROOT_PASSWORD_FILE=/etc/hostname", "--env=MYSQL_ROOT_PASSWORD=x"),
            "both MYSQL_ROOT_PASSWORD and MYSQL_ROOT_PASSWORD_FILE are set; set one of them",
        ),
        (("--env=MYSQL_ALLOW_EMPTY_PASSWORD=1", "--env=MYSQL_USER=a"), "MYSQL_USER is set and MYSQL_PASSWORD is not"),
    ],
)
def test_mysql_says_in_one_line_which_setting_is_wrong(docker, options, said):
    words = ("run", "--rm", *MYSQL, "--tmpfs=/var/lib/mysql:uid=999,gid=999,mode=0750", *options)

    lines = docker(*words, docker.images["mysql"], ok=False).splitlines()

    assert 1 == len(lines)
    assert said in lines[0]


def test_mysql_leaves_a_folder_alone_that_holds_something_else(docker):
    volume = docker.volume()
    options = (f"--volume={volume}:/var/lib/mysql", "--env=MYSQL_ALLOW_EMPTY_PASSWORD=1")
    docker("run", "--rm", *options, docker.images["mysql"], "touch", "/var/lib/mysql/thesis.txt")

    said = docker("run", "--rm", *options, docker.images["mysql"], ok=False)

    assert "holds no database and is not empty (/var/lib/mysql/thesis.txt); give it an empty volume" in said
    assert "thesis.txt\n" == docker("run", "--rm", *options, docker.images["mysql"], "ls", "/var/lib/mysql")


def test_mysql_refuses_a_setting_that_its_server_no_longer_knows(docker):
    said = docker("run", "--rm", docker.images["mysql"], "--query-cache-size=256M", ok=False)

    assert "unknown variable 'query-cache-size=256M'" in said
    assert said.rstrip().endswith("mysqld refuses its configuration; the lines above say why")


def test_redis_answers_only_who_its_acl_file_names(docker, tmp_path):
    password = secrets.token_hex(12)
    (tmp_path / "acl").write_text(f"user default off\nuser agent on >{password} ~* +@all\n")
    (tmp_path / "acl").chmod(0o444)
    tmp_path.chmod(0o755)
    options = (*HARDENED, "--user=999:999", f"--volume={tmp_path}/acl:/run/secrets/acl:ro")
    container = docker.start("redis", *options, arguments=("--aclfile", "/run/secrets/acl", "--appendonly", "yes"))
    docker.wait_for(container, "Ready to accept connections")
    asked = ("redis-cli", "--no-auth-warning", "--user", "agent", "ping")

    assert "NOAUTH" in docker("exec", container, "redis-cli", "ping", ok=False)
    assert "PONG\n" == docker("exec", f"--env=REDISCLI_AUTH={password}", container, *asked)
    assert "appendonlydir\n" == docker("exec", container, "ls", "/data")


def test_redis_as_root_gives_its_folder_away_and_steps_down(docker):
    volume = docker.volume()
    docker("run", "--rm", f"--volume={volume}:/data", docker.images["debian"], "touch", "/data/old.rdb")
    container = docker.start("redis", f"--volume={volume}:/data")
    docker.wait_for(container, "Ready to accept connections")

    seen = docker("exec", container, "sh", "-c", "stat -c %u /data/old.rdb; grep ^Uid: /proc/1/status").split()

    assert ["999", "Uid:", "999", "999", "999", "999"] == seen


def test_nginx_serves_as_its_own_user_on_a_read_only_root(docker, tmp_path):
    template = "server { listen 8080; location / { return 200 '$WHO says $uri'; } }"
    (tmp_path / "site.conf.template").write_text(template)
    tmp_path.chmod(0o755)
    tmpfs = [f"--tmpfs={path}:uid=101,gid=101,mode=0755" for path in ("/var/cache/nginx", "/run", "/etc/nginx/conf.d")]
    options = (*HARDENED, "--user=101:101", *tmpfs, f"--volume={tmp_path}:/etc/nginx/templates:ro", "--env=WHO=nginx")
    container = docker.start("nginx", *options)
    docker.wait_for(container, "start worker process ")

    answer = docker("exec", container, "curl", "--silent", "--fail", "http://127.0.0.1:8080/page")
    docker("stop", "--time=60", container)

    assert "nginx says /page" == answer
    assert '"GET /page HTTP/1.1" 200' in docker("logs", container)
    assert "0 SIGQUIT\n" == docker("inspect", "--format={{.State.ExitCode}} {{.Config.StopSignal}}", container)


def test_nginx_knows_the_modules_that_the_stack_asks_for(docker):
    said = docker("run", "--rm", docker.images["nginx"], "nginx", "-V")

    wanted = ("http_v2", "http_v3", "http_ssl", "http_realip", "http_gzip_static", "http_stub_status")
    assert [] == [module for module in wanted if f"--with-{module}_module" not in said]


def test_a_build_on_python_installs_from_pip_and_from_debian(docker):
    image = docker.build(f"""
        FROM {docker.images["python"]} AS build
        RUN python -m venv /opt/app && /opt/app/bin/pip install --quiet idna && pip install --quiet certifi
        FROM {docker.images["python"]}
        RUN apt-get update -qq && apt-get install -qq -y --no-install-recommends netcat-openbsd gcc libc6-dev
        COPY --from=build /opt/app /opt/app
    """)

    script = "from idna import encode; import sys; print(encode('ä.example').decode(), *sys.version_info[:2])"
    assert "xn--4ca.example 3 13\n" == docker("run", "--rm", image, "/opt/app/bin/python", "-c", script)


def test_a_build_on_node_installs_from_npm(docker):
    image = docker.build(f"""
        FROM {docker.images["node"]}
        WORKDIR /app
        RUN npm init --yes >/dev/null && npm install --silent is-odd@3.0.1
        USER node
    """)

    said = docker("run", "--rm", image, "-e", "console.log(require('is-odd')(3), process.version, process.getuid())")
    npm = docker("run", "--rm", image, "npm", "--version")

    assert ["true", "1000"] == [said.split()[0], said.split()[2]]
    assert said.split()[1].startswith("v24.")
    assert int(npm.split(".")[0]) >= 11


def test_a_fresh_engine_takes_the_copy_instead_of_building(engine, base_names, tmp_path):
    here, client = LocalHost(), engine
    images = base_images(certificates())
    kept = base_cache.archive(common_key(images))
    if not kept.exists():
        base_cache.save(here, client, [name for image in images for name in image.references], kept)
    # a network of its own: an engine without a bridge removes the docker0 that it finds
    _write_program(tmp_path / "bin" / "dockerd", f'exec unshare --net -- {shutil.which("dockerd")} "$@"')
    names = {
        "PATH": f"{tmp_path}/bin:{os.environ['PATH']}",
        "DOCKER_HOST": f"unix://{tmp_path}/engine.sock",
        "FAIRLEAD_DOCKERD_LOG": str(tmp_path / "log"),
        "FAIRLEAD_DOCKERD_PIDFILE": str(tmp_path / "ours.pid"),
        "FAIRLEAD_DOCKERD_FLAGS": f"--host=unix://{tmp_path}/engine.sock --data-root={tmp_path}/data "
        f"--exec-root={tmp_path}/run --pidfile={tmp_path}/dockerd.pid --bridge=none --iptables=false",
    }
    fresh = LocalHost(os.environ | names)

    try:
        execute(plan_for(fresh.name, start_step(fresh, names)), {fresh.name: fresh}, lambda *_: None)
        steps = list(bases.steps(fresh, client))
        execute(plan_for(fresh.name, *steps), {fresh.name: fresh}, lambda *_: None)

        assert engine_facts(fresh).problem is None
        assert ["load the base images kept from an earlier build"] == [step.title for step in steps]
        assert () == missing_images(fresh, client, images)
    finally:
        pid = (tmp_path / "ours.pid").read_text().strip()
        here.run(Command(("sh", "-c", 'kill "$0"; timeout 60 tail --pid="$0" -f /dev/null', pid)))
        here.run(Command(("sh", "-c", f"umount {tmp_path}/run/netns/* {tmp_path}/data/* 2>/dev/null; true")))
