"""A host over SSH: a real sshd on loopback, commands that behave as they do here, and every way not to get in."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from fairlead.ops.command import Command, Secret
from fairlead.ops.errors import SettingsError, UnreachableError
from fairlead.ops.inventory import HostEntry
from fairlead.ops.ssh import RemoteHost

from .sshd import children, key, server


@pytest.fixture(scope="module")
def sshd(tmp_path_factory):
    made = server(tmp_path_factory.mktemp("ssh"))
    with made.running():
        yield made


@pytest.fixture
def at_home(sshd, monkeypatch):
    """This user's home is the one that the server lets in."""
    monkeypatch.setenv("HOME", str(sshd.home))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    sshd.trust()
    (sshd.home / ".ssh" / "config").unlink(missing_ok=True)


@pytest.fixture
def entry(sshd, at_home):
    return HostEntry("prod", "127.0.0.1", port=sshd.port)


@pytest.fixture
def host(entry):
    with RemoteHost(entry) as made:
        yield made


def _sh(text, **more):
    return Command(("sh", "-c", text), **more)


# ---- commands


def test_a_command_gives_what_it_printed_and_its_exit_code(host):
    result = host.run(_sh("echo out; echo err >&2; exit 3"))

    assert (3, "out\n", "err\n") == (result.exit_code, result.out, result.err)


def test_words_arrive_as_they_are_whatever_they_hold(host):
    words = ("a b", "$HOME", "it's", '"', "*", "", "-n", "line\nbreak", "ü")

    assert "\0".join(words) == host.run(Command(("printf", r"%s\0", *words))).out.removesuffix("\0")


def test_a_long_answer_and_a_long_input_do_not_wait_for_each_other(host):
    text = "0123456789abcdef\n" * 200_000

    result = host.run(_sh("tee /dev/stderr", stdin=text))

    assert (text, text) == (result.out, result.err)


def test_an_input_that_nobody_reads_is_no_error(host):
    assert host.run(Command(("true",), "x" * 10_000_000)).ok


def test_the_environment_and_the_folder_are_the_commands_own(host, tmp_path):
    result = host.run(_sh('echo "$A"; pwd; cat', stdin="in", environment=(("A", "b c"),), directory=str(tmp_path)))

    assert f"b c\n{tmp_path}\nin" == result.out


def test_a_secret_is_in_the_environment_and_in_no_argument(host):
    word = Secret(os.urandom(12).hex() + " '\"\nü$(id)")

    seen = host.run(
        _sh(
            'printf %s "$S"; cat; cat /proc/[0-9]*/cmdline 2>/dev/null | tr "\\0" " " >&2',
            stdin="rest",
            environment=(("S", word),),
        )
    )

    assert f"{word.value}rest" == seen.out
    assert word.value[:24] not in seen.err
    assert "/proc/[0-9]*/cmdline" in seen.err


def test_a_program_or_folder_that_is_not_there_is_a_result(host):
    assert 127 == host.run(Command(("no-such-program",))).exit_code
    assert "no-such-folder" in host.run(Command(("true",), directory="/no-such-folder")).err


def test_lines_come_as_they_are_printed(host, tmp_path):
    go = tmp_path / "go"
    seen = []

    def take(line):
        seen.append(line)
        if line == "first":
            go.touch()  # only now may the command go on

    command = _sh(f"echo first; until [ -e {go} ]; do sleep 0.01; done; echo second >&2; exit 4")
    result = host.stream(command, take)

    assert (["first", "second"], 4, "first\nsecond\n") == (seen, result.exit_code, result.out)


def test_a_command_that_takes_too_long_is_ended_there_too(host):
    result = host.run(_sh("echo $$; exec sleep 86399"), timeout_s=1)

    assert (124, "sh: no answer within 1 s") == (result.exit_code, result.err)
    assert not Path(f"/proc/{result.out.strip()}").exists()


def test_two_commands_run_at_the_same_time_on_one_connection(host, tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    os.mkfifo(first)
    os.mkfifo(second)
    results = []
    other = threading.Thread(target=lambda: results.append(host.run(_sh(f"cat {first}; echo two > {second}"))))
    other.start()

    assert "two\n" == host.run(_sh(f"echo one > {first}; cat {second}")).out
    other.join()
    assert "one\n" == results[0].out


# ---- files


def test_a_file_is_replaced_in_one_step_with_its_mode(host, tmp_path):
    path = tmp_path / "deep" / "er" / "file"

    host.put(str(path), Secret("one\n"), 0o600)
    host.put(str(path), "two ü\n", 0o640)

    assert ("two ü\n", 0o640) == (path.read_text(), path.stat().st_mode & 0o777)
    assert 0o700 == path.parent.stat().st_mode & 0o777
    assert ["file"] == [each.name for each in path.parent.iterdir()]
    assert "two ü\n" == host.read(str(path))


def test_a_file_that_is_not_there_is_none_and_one_that_cannot_be_read_is_said(host, tmp_path):
    assert host.read(str(tmp_path / "none")) is None
    with pytest.raises(SettingsError, match=f"prod: {tmp_path}: exit 1: cat: "):
        host.read(str(tmp_path))


def test_a_file_that_cannot_be_written_is_an_error_and_leaves_nothing(host, tmp_path):
    (tmp_path / "folder").mkdir()

    with pytest.raises(OSError, match="mv: cannot overwrite directory"):
        host.put(str(tmp_path / "folder"), "x", 0o600)
    assert ["folder"] == [each.name for each in tmp_path.iterdir()]


# ---- how it is reached


def test_ssh_config_says_where_and_as_whom(sshd, at_home):
    (sshd.home / ".ssh" / "config").write_text(f"Host prod\n  HostName 127.0.0.1\n  Port {sshd.port}\n  User root\n")

    with RemoteHost(HostEntry("web", "prod")) as host:
        assert "root\n" == host.run(Command(("id", "-un"))).out


@pytest.mark.parametrize("written", ["fairlead.yaml", "ssh_config"])
def test_jump_hosts_are_gone_through_in_their_order(sshd, at_home, tmp_path, written):
    last, first = server(tmp_path / "last"), server(tmp_path / "first")
    for each in (last, first):
        shutil.copy(sshd.folder / "authorized_keys", each.folder)
        with sshd.known_hosts.open("a") as known:
            known.write(each.known_hosts.read_text())
    jump = tuple(f"root@127.0.0.1:{each.port}" for each in (first, last))
    config = f"Host prod\n  HostName 127.0.0.1\n  Port {sshd.port}\n"
    with last.running() as at_last, first.running() as at_first:
        if written == "ssh_config":
            config += f"  ProxyJump {','.join(jump)}\n"
        (sshd.home / ".ssh" / "config").write_text(config)
        with RemoteHost(HostEntry("prod", "prod", jump=jump if written == "fairlead.yaml" else ())) as host:
            said = host.run(_sh("echo $SSH_CONNECTION")).out.split()

        assert str(sshd.port) == said[3]
        assert [1, 1] == [len(children(each.pid)) for each in (at_first, at_last)]


def test_a_key_of_the_hosts_own_is_used(sshd, at_home, entry, tmp_path):
    own = key(tmp_path / "own")
    other = server(tmp_path / "other")
    (other.folder / "authorized_keys").write_text(own.with_suffix(".pub").read_text())
    shutil.copy(other.known_hosts, sshd.known_hosts)
    with other.running():
        elsewhere = replace(entry, port=other.port)
        with pytest.raises(UnreachableError, match="is not let in"):
            RemoteHost(elsewhere).run(Command(("true",)))
        with RemoteHost(replace(elsewhere, identity=str(own))) as host:
            assert host.run(Command(("true",))).ok


# ---- keys of hosts


def test_an_unknown_host_is_refused_where_nobody_can_look_at_its_key(sshd, entry):
    sshd.known_hosts.unlink()

    with pytest.raises(UnreachableError) as caught:
        RemoteHost(entry).run(Command(("true",)))

    assert 5 == caught.value.exit_code
    assert f"prod: [127.0.0.1]:{sshd.port}: its ED25519 key is SHA256:" in str(caught.value)
    assert not sshd.known_hosts.exists()


def test_a_person_decides_on_an_unknown_host_and_is_asked_once(sshd, entry):
    sshd.known_hosts.unlink()
    asked = []

    def answer(question):
        asked.append(question)
        return "yes"

    for _ in range(2):
        with RemoteHost(entry, answer) as host:
            assert host.run(Command(("true",))).ok

    assert 1 == len(asked)
    assert "This machine has never seen it" in asked[0]
    assert 0o600 == sshd.known_hosts.stat().st_mode & 0o777


def test_a_person_may_say_no(sshd, entry):
    sshd.known_hosts.unlink()

    with pytest.raises(UnreachableError, match="its key was not accepted; nothing was done"):
        RemoteHost(entry, lambda _: "y").run(Command(("true",)))
    assert not sshd.known_hosts.exists()


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa"])
def test_a_changed_key_is_refused_and_nobody_is_asked(sshd, entry, tmp_path, kind):
    other = tmp_path / "other"
    subprocess.run(("ssh-keygen", "-q", "-t", kind, "-N", "", "-f", other), check=True)
    name, value, *_ = other.with_suffix(".pub").read_text().split()
    sshd.known_hosts.write_text(f"[127.0.0.1]:{sshd.port} {name} {value}\n")

    with pytest.raises(UnreachableError) as caught:
        RemoteHost(entry, lambda _: "yes").run(Command(("true",)))

    assert "its key has changed" in str(caught.value)
    assert f"ssh-keygen -R '[127.0.0.1]:{sshd.port}' -f {sshd.known_hosts}" in str(caught.value)


def test_ssh_configs_accept_new_takes_an_unknown_host_in(sshd, entry):
    sshd.known_hosts.unlink()
    (sshd.home / ".ssh" / "config").write_text("Host *\n  StrictHostKeyChecking accept-new\n")

    with RemoteHost(entry) as host:
        assert host.run(Command(("true",))).ok
    assert f"[127.0.0.1]:{sshd.port} ssh-ed25519 " in sshd.known_hosts.read_text()


# ---- ways not to get in


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"address": "no-such-host.invalid"}, "prod: no address is known for no-such-host.invalid"),
        ({"port": 1}, "prod: 127.0.0.1 port 1: connection refused; is it up, and does sshd listen there?"),
        ({"user": "no-such-user"}, "prod: no-such-user@127.0.0.1 is not let in"),
    ],
)
def test_a_host_that_cannot_be_reached_is_said_in_one_line(entry, changed, says):
    with pytest.raises(UnreachableError) as caught:
        RemoteHost(replace(entry, **changed)).run(Command(("true",)))

    assert str(caught.value).startswith(says)
    assert 1 == len(str(caught.value).splitlines())


def test_a_connection_that_breaks_is_said_with_what_ran_and_the_next_command_connects_anew(at_home, tmp_path, sshd):
    other = server(tmp_path / "other")
    shutil.copy(sshd.folder / "authorized_keys", other.folder)
    shutil.copy(other.known_hosts, sshd.known_hosts)
    with other.running() as process, RemoteHost(HostEntry("prod", "127.0.0.1", port=other.port)) as host:

        def cut(_line):
            for each in children(process.pid):
                each.kill()

        with pytest.raises(
            UnreachableError, match="prod: the connection was lost while this ran: sh; whether it ended"
        ):
            host.stream(_sh("while echo; do sleep 0.1; done"), cut)
        assert "again\n" == host.run(Command(("echo", "again"))).out
