"""What a host's engine is, what stands in the way of using it, and the plan that mends it."""

from __future__ import annotations

import pytest

from fairlead.ops.command import Command, Result
from fairlead.ops.debian import distribution, mirror
from fairlead.ops.engine import (
    EngineForbiddenError,
    EngineMissingError,
    EngineNotRunningError,
    EngineTooOldError,
    docker_client,
    require_engine,
    version_of,
)
from fairlead.ops.engine_install import InstallError, fix_plan, start_step
from fairlead.ops.errors import FairleadError, StepFailedError
from fairlead.ops.execute import execute
from fairlead.ops.host import LocalHost
from fairlead.ops.plan import plan_for

COMPOSE = "docker compose version --short"
SERVER = "docker version --format '{{.Server.Version}}'"
SYSTEMD = "test -d /run/systemd/system"
MIRROR = "http://mirror.example.com/debian/"
TARGETS = "apt-get indextargets --format '$(REPO_URI) $(ORIGIN) $(LABEL) $(COMPONENT)' 'Created-By: Packages'"
GOOD = {COMPOSE: "2.26.1-4", SERVER: "26.1.5+dfsg1"}
ROOT = {"id -u": "0"}
OLD = {COMPOSE: "1.29.2", SERVER: "20.10.24+dfsg1", "dockerd --version": "Docker version 20.10.24+dfsg1, build 297e128"}
BOOKWORM = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\n'
TRIXIE = 'PRETTY_NAME="Debian GNU/Linux 13 (trixie)"\nID=debian\nVERSION_ID="13"\n'
SID = 'PRETTY_NAME="Debian GNU/Linux forky/sid"\nID=debian\nVERSION_CODENAME=forky\n'
NOBLE = 'PRETTY_NAME="Ubuntu 24.04.1 LTS"\nID=ubuntu\nVERSION_ID="24.04"\n'
JAMMY = 'PRETTY_NAME="Ubuntu 22.04.5 LTS"\nID=ubuntu\nVERSION_ID="22.04"\n'
FEDORA = 'PRETTY_NAME="Fedora Linux 43"\nID=fedora\nVERSION_ID=43\n'


class TableHost:
    """Answers commands from a table by how they are shown; a text is its output, any other command fails."""

    name = "web1"

    def __init__(self, answers, files=None):
        self.answers = answers
        self.files = files or {}

    def run(self, command, timeout_s=None):
        answer = self.answers.get(str(command), Result(127, err=f"{command.argv[0]}: not found"))
        return Result(0, answer) if isinstance(answer, str) else answer

    def stream(self, command, line):
        return self.run(command)

    def attach(self, command):
        return self.run(command).exit_code

    def put(self, path, content, mode):
        self.files[path] = content

    def read(self, path):
        return self.files.get(path)


def _system(os_release, answers):
    return TableHost({**ROOT, **answers}, {"/etc/os-release": os_release})


def _shown(plan):
    return [str(step) for _, step in plan.steps]


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("26.1.5+dfsg1", (26, 1, 5)),
        ("v2.24.4", (2, 24, 4)),
        ("2.26.1-4", (2, 26, 1)),
        ("25", (25,)),
        ("dev", ()),
        ("", ()),
    ],
)
def test_a_version_is_the_numbers_it_begins_with(text, version):
    assert version == version_of(text)


def test_an_engine_that_is_new_enough_and_answers_has_no_problem():
    engine = require_engine(TableHost(GOOD))

    assert ("docker", "2.26.1-4", "26.1.5+dfsg1", True) == (
        engine.client,
        engine.compose,
        engine.server,
        engine.running,
    )


def test_an_older_client_without_compose_on_the_path_is_passed_over():
    host = TableHost({COMPOSE: Result(125, err="unknown flag: --short"), f"/usr/bin/{COMPOSE}": "2.26.1-4"})

    assert "/usr/bin/docker" == docker_client(host)


def test_an_older_compose_on_the_path_is_passed_over_for_a_newer_one():
    assert "/usr/bin/docker" == docker_client(TableHost({COMPOSE: "2.20.0", f"/usr/bin/{COMPOSE}": "2.26.1-4"}))


def test_an_older_compose_is_taken_where_there_is_no_newer():
    assert "docker" == docker_client(TableHost({COMPOSE: "2.20.0", f"/usr/bin/{COMPOSE}": "2.21.0"}))


@pytest.mark.parametrize(
    ("answers", "kind", "said"),
    [
        ({}, EngineMissingError, "no docker with Compose is installed; ./inv doctor --fix installs it"),
        (
            {**GOOD, COMPOSE: "2.24.3"},
            EngineTooOldError,
            "Compose is 2.24.3, at least 2.24.4 is needed; ./inv doctor --fix installs it",
        ),
        (
            {**GOOD, SERVER: "24.0.9"},
            EngineTooOldError,
            "the engine is 24.0.9, at least 25.0 is needed; ./inv doctor --fix installs it",
        ),
        (
            {**GOOD, SERVER: Result(1, err="Cannot connect to the Docker daemon.\n")},
            EngineNotRunningError,
            "the engine does not run: Cannot connect to the Docker daemon; ./inv doctor --fix starts it",
        ),
        (
            {**GOOD, SERVER: Result(1, err="permission denied\n"), "test -S /var/run/docker.sock": ""},
            EngineForbiddenError,
            "this user may not use the engine at /var/run/docker.sock; run as root, or: "
            "sudo usermod -aG docker $USER, and log in again",
        ),
    ],
)
def test_what_stands_in_the_way_is_one_line_that_says_what_to_do(answers, kind, said):
    with pytest.raises(kind) as caught:
        require_engine(TableHost(answers))

    assert said == str(caught.value)
    assert 5 == caught.value.exit_code


def test_nothing_is_planned_where_nothing_is_wrong():
    assert not fix_plan(_system(BOOKWORM, GOOD), {})


def test_debian_12_gets_the_engine_and_nothing_else_from_debian_13():
    host = _system(BOOKWORM, {**OLD, TARGETS: f"{MIRROR} Debian Debian main\n"})

    pins, source, update, install, _ = _shown(fix_plan(host, {}))

    assert "Package: *\nPin: release n=trixie\nPin-Priority: 50\n" in pins
    assert source == f"tee /etc/apt/sources.list.d/fairlead-trixie.list <<< 'deb {MIRROR} trixie main\n'"
    assert update == "apt-get -o DPkg::Lock::Timeout=300 update -qq"
    assert install.endswith(
        "install -qq --yes --no-install-recommends docker.io docker-cli docker-compose docker-buildx iptables"
    )


@pytest.mark.parametrize(
    ("os_release", "packages"),
    [
        (TRIXIE, "docker.io docker-cli docker-compose docker-buildx iptables"),
        (SID, "docker.io docker-cli docker-compose docker-buildx iptables"),
        (NOBLE, "docker.io docker-compose-v2 docker-buildx iptables"),
    ],
)
def test_newer_systems_take_their_own_packages(os_release, packages):
    update, install, _ = _shown(fix_plan(_system(os_release, {}), {}))

    assert "update" in update
    assert install.endswith(f"--no-install-recommends {packages}")


def test_dockers_own_packages_stay_dockers_own():
    host = _system(JAMMY, {"dpkg-query --show '--showformat=${db:Status-Status}' docker-ce": "installed"})

    assert "docker-ce docker-ce-cli containerd.io" in _shown(fix_plan(host, {}))[-2]


@pytest.mark.parametrize("os_release", [JAMMY, FEDORA, 'ID=debian\nVERSION_ID="11"\nPRETTY_NAME="Debian 11"\n', ""])
def test_a_system_that_we_do_not_know_is_told_so(os_release):
    host = _system(os_release, {})

    with pytest.raises(InstallError) as caught:
        fix_plan(host, {})

    assert str(caught.value) == (
        f"{distribution(host).name}: we install an engine on Debian 12 and later and on Ubuntu 24.04 and later only; "
        "install Docker 25 or later with Compose 2.24.4 or later by this system's own way"
    )


def test_an_installed_engine_that_does_not_run_is_only_started():
    daemon = {"dockerd --version": "Docker version 26.1.5+dfsg1, build a72d7cd"}

    plan = fix_plan(_system(BOOKWORM, {COMPOSE: "2.26.1-4", SERVER: Result(1), **daemon}), {})

    assert ["setsid dockerd >/var/log/dockerd.log 2>&1 &"] == _shown(plan)


def test_an_engine_that_is_too_old_is_installed_and_started_though_it_runs():
    plan = fix_plan(_system(TRIXIE, OLD), {})

    assert ["read the lists of packages", "install the engine and Compose", "start the engine"] == [
        step.title for _, step in plan.steps
    ]


def test_an_engine_that_is_older_than_the_installed_one_is_not_joined_by_a_second():
    daemon = {"dockerd --version": "Docker version 26.1.5+dfsg1, build a72d7cd"}
    host = _system(TRIXIE, {COMPOSE: "2.26.1-4", SERVER: "20.10.24", **daemon})

    with pytest.raises(EngineTooOldError) as caught:
        fix_plan(host, {})

    assert str(caught.value) == (
        "the engine is 20.10.24, at least 25.0 is needed; a newer one is installed and the old one still runs: restart "
        "it, which stops its containers for a moment: sudo systemctl restart docker"
    )


def test_rights_that_are_missing_are_not_mended_by_packages():
    answers = {**GOOD, SERVER: Result(1), "test -S /var/run/docker.sock": ""}

    with pytest.raises(EngineForbiddenError):
        fix_plan(_system(TRIXIE, answers), {})


def test_systemd_starts_the_engine_where_it_runs():
    assert "systemctl enable --now docker" == str(start_step(_system(TRIXIE, {SYSTEMD: ""}), {}))


def test_who_is_not_root_goes_through_sudo():
    host = TableHost({"id -u": "1000", "sudo --version": "Sudo version 1.9"}, {"/etc/os-release": TRIXIE})

    shown = _shown(fix_plan(host, {}))

    assert shown[0].startswith("sudo apt-get")
    assert shown[1].startswith("sudo env DEBIAN_FRONTEND=noninteractive apt-get")
    assert shown[2].startswith("sudo setsid dockerd")


def test_who_is_not_root_and_has_no_sudo_is_told_so():
    host = TableHost({"id -u": "1000"}, {"/etc/os-release": TRIXIE})

    with pytest.raises(FairleadError, match="web1: installing packages needs root, and there is no sudo"):
        fix_plan(host, {})


def test_a_daemon_that_ends_at_once_is_reported_with_the_end_of_its_log(tmp_path):
    daemon = tmp_path / "dockerd"
    daemon.write_text("#!/bin/sh\necho no room on device >&2\nexit 1\n")
    daemon.chmod(0o755)
    names = {"FAIRLEAD_DOCKERD_LOG": str(tmp_path / "log"), "FAIRLEAD_DOCKERD_PIDFILE": str(tmp_path / "pid")}
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin", "DOCKER_HOST": f"unix://{tmp_path}/none.sock", **names}
    host = LocalHost(environment)

    with pytest.raises(StepFailedError) as caught:
        execute(plan_for(host.name, _without_systemd(host, names)), {host.name: host}, lambda *_: None)

    assert f"localhost: start the engine: dockerd ended; its log is {tmp_path}/log" == str(caught.value)
    assert "no room on device\n" == caught.value.details


def _without_systemd(host, names):
    return start_step(TableHost({"id -u": host.run(Command(("id", "-u"))).out}), names)


def test_the_mirror_is_debians_main_archive_not_the_security_one():
    lines = [
        "http://mirror.example.com/debian-security/ Debian Debian-Security main",
        "https://packages.example.com/apt cloud cloud main",
        f"{MIRROR} Debian Debian main",
    ]

    assert mirror(_system(BOOKWORM, {TARGETS: "\n".join(lines)})) == MIRROR


def test_the_mirror_is_found_before_apt_has_read_any_list():
    addresses = (
        "http://mirror.example.com/debian-security/dists/bookworm-security/InRelease",
        "https://packages.example.com/apt/dists/cloud/InRelease",
        "http://mirror.example.com/debian/dists/bookworm/InRelease",
        "http://mirror.example.com/debian/dists/bookworm-updates/InRelease",
    )
    lines = [f"'{address}' mirror_InRelease 0 " for address in addresses]

    found = mirror(_system(BOOKWORM, {TARGETS: "", "apt-get --print-uris update": "\n".join(lines)}))

    assert "http://mirror.example.com/debian" == found


def test_the_operators_own_mirror_goes_before():
    assert "http://other.example.com/debian" == mirror(_system(NOBLE, {}), "http://other.example.com/debian")


@pytest.mark.parametrize(
    "lines", ["", "cdrom://x Debian Debian main", "http://archive.example.com/ubuntu Ubuntu Ubuntu main"]
)
def test_a_system_without_a_mirror_of_debian_is_told_which_name_to_set(lines):
    with pytest.raises(FairleadError, match="apt knows no mirror of Debian; set FAIRLEAD_DEBIAN_MIRROR"):
        mirror(_system(NOBLE, {TARGETS: lines}))
