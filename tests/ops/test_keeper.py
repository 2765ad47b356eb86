"""The keeper on a host: how it is run and followed, and what it is told."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from fairlead.ops.agent.record import State
from fairlead.ops.certbot import outside
from fairlead.ops.command import Command, Result
from fairlead.ops.deploy.following import StillRunningError
from fairlead.ops.deploy.layout import Layout
from fairlead.ops.deploy.target import Target
from fairlead.ops.errors import FairleadError, LockedError, UnreachableError
from fairlead.ops.here import Here
from fairlead.ops.host import LocalHost
from fairlead.ops.hosts import Opened, open_hosts
from fairlead.ops.inventory import HostEntry
from fairlead.ops.keeper.running import Keeper
from fairlead.ops.keeper.verify import settings_there
from fairlead.ops.reach import HERE
from fairlead.ops.serving.words import there
from fairlead.ops.settings import load_settings
from fairlead.ops.ssh import RemoteHost
from fairlead.ops.stack import open_stack
from fairlead.ops.timers import Timer

LAYOUT = Layout("shop", "/srv/shop")
TARGET = Target("docker", "linux/amd64", "999", "1000:1001", ("r1",), State("r1"))
SETTINGS = """\
name: shop
compose: {files: [compose.yml], development: [compose.dev.yml]}
env: {file: .env, example: env.example, generate: [PASSWORD]}
secrets: {folder: secrets}
edge: {service: nginx, folder: edge, mount: /etc/nginx/edge, files: [nginx.conf]}
domains: [{names: ["${DOMAINS-}"], profile: shortlived, challenge: {hook: hook.sh}}]
tls: {folder: certs, mount: /etc/nginx/tls, webroot: acme, https_port: "${HTTPS_PORT:-443}"}
addresses: {page: "http://localhost:${PAGE_PORT:-8090}"}
nginx: [other.conf]
policy: {}
hosts:
  prod: {address: deploy@shop.test, folder: /srv/shop, identity: ~/.ssh/own, environment: {WEB_CONCURRENCY: 8}}
  other: {address: deploy@other.test}
groups: {both: [prod, other]}
"""


class Engine:
    """A host whose docker client answers by its first words; what it was asked is kept."""

    name = "prod"

    def __init__(self, **answers: Result | Exception) -> None:
        self.answers = answers
        self.asked: list[str] = []

    def run(self, command: Command, timeout_s: float | None = None) -> Result:
        """Answers from the table."""
        self.asked.append(" ".join(command.argv[1:]))
        found = self.answers.get(command.argv[1], Result(0))
        if isinstance(found, Exception):
            raise found
        return found

    def stream(self, command: Command, line: Callable[[str], None]) -> Result:
        """Hands on the lines of the answer."""
        result = self.run(command)
        for text in result.out.splitlines():
            line(text)
        return result


def _keeper(host: Engine) -> Keeper:
    return Keeper(host, TARGET, LAYOUT, "certbot")  # type: ignore[arg-type]


def test_a_keeper_works_in_its_folder_as_the_user_who_deploys_with_no_more_rights_than_it_needs() -> None:
    words = _keeper(Engine()).command("certbot.renew", named="timed").argv
    text = " ".join(words)

    assert text.startswith("docker run --rm --name shop-keeper-certbot-timed --user 1000:1001 --group-add 999")
    for part in (
        "--read-only",
        "--cap-drop ALL",
        "--security-opt no-new-privileges",
        "--workdir /srv/shop/keep/certbot",
        "--log-driver json-file --log-opt max-size=10m",
    ):
        assert part in text
    assert text.endswith("fairlead-keeper:shop certbot.renew")


def test_a_run_goes_on_alone_is_followed_line_by_line_and_gives_its_exit_code() -> None:
    engine, lines = Engine(inspect=Result(1), logs=Result(0, "one\ntwo\n"), wait=Result(0, "7\n")), []

    assert 7 == _keeper(engine).run(("certbot",), lines.append).exit_code
    assert ["one", "two"] == lines
    assert any(asked.startswith("run --detach --name shop-keeper-certbot ") for asked in engine.asked)
    assert "rm --force shop-keeper-certbot" == engine.asked[-1]


def test_what_a_program_reads_comes_whole_and_errors_apart() -> None:
    engine = Engine(inspect=Result(1), logs=Result(0, "{}\n", "a note\n"), wait=Result(0, "0\n"))

    assert Result(0, "{}\n", "a note\n") == _keeper(engine).run(("certbot.status", "--json"))


def test_the_newest_keeper_takes_the_name_that_timers_know_and_earlier_ones_go() -> None:
    newest, earlier = "fairlead-keeper:0123456789abcdef", "fairlead-keeper:fedcba9876543210"
    engine = Engine(images=Result(0, f"{newest}\n{earlier}\nfairlead-keeper:shop\nfairlead-keeper:other\n"))

    _keeper(engine).use(newest)

    assert [f"tag {newest} fairlead-keeper:shop", f"image rm {earlier}"] == [
        asked for asked in engine.asked if not asked.startswith("images")
    ]


def test_of_two_keepers_of_one_work_the_second_is_refused() -> None:
    engine = Engine(inspect=Result(0, "true\n"))

    with pytest.raises(LockedError, match=r"prod: shop-keeper-certbot is at work there; docker logs .* shows"):
        _keeper(engine).run(("certbot",), print)
    assert not any(asked.startswith("run") for asked in engine.asked)


def test_a_lost_connection_leaves_the_keeper_at_work_and_says_so() -> None:
    engine = Engine(inspect=Result(1), logs=UnreachableError("prod: the connection was lost"))

    with pytest.raises(StillRunningError, match="prod: the connection was lost, the task goes on there"):
        _keeper(engine).run(("certbot",), print)
    assert "rm --force shop-keeper-certbot" != engine.asked[-1]


def test_a_keeper_that_was_ended_in_the_middle_is_no_success() -> None:
    engine = Engine(inspect=Result(1), wait=Result(1, err="no such container\n"))

    with pytest.raises(FairleadError, match="was ended in the middle"):
        _keeper(engine).run(("certbot",), print)


def test_a_host_gets_settings_in_which_nothing_is_left_to_fill_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "fairlead.yaml").write_text(SETTINGS)
    for name, value in {
        "DOMAINS": "shop.test,www.shop.test",
        "HTTPS_PORT": "8443",
        "PASSWORD": "not-for-there",
    }.items():
        monkeypatch.setenv(name, value)
    stack = open_stack(start=tmp_path, client="docker")
    entry = stack.settings.inventory.hosts["prod"]
    told = settings_there(stack, Opened(RemoteHost(entry), LAYOUT))
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "fairlead.yaml").write_text(json.dumps(told))
    there_ = load_settings(tmp_path / "there" / "fairlead.yaml")

    assert "$" not in json.dumps(told)
    assert "not-for-there" not in json.dumps(told)
    assert ("shop.test", "www.shop.test") == there_.domains[0].names
    assert {"page": "http://localhost:8090"} == there_.addresses
    assert ["prod"] == list(there_.inventory.hosts)
    assert (Path("/srv/shop"), {"WEB_CONCURRENCY": "8"}) == (
        Path(there_.inventory.hosts["prod"].folder),
        there_.inventory.hosts["prod"].environment,
    )
    assert there_.tls is not None
    assert "8443" == there_.tls.https_port


def test_a_host_on_which_this_runs_is_not_reached_over_the_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "fairlead.yaml").write_text(SETTINGS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(HERE, "prod")

    with open_hosts(["prod", "other"]) as (prod, other):
        assert (Here, RemoteHost) == (type(prod.host), type(other.host))
        assert "prod\n" == prod.host.run(Command(("echo", prod.host.name))).out


def test_what_only_the_host_sees_of_its_timers_is_read_where_it_was_written_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "fairlead.yaml").write_text(SETTINGS)
    stack = open_stack(start=tmp_path, client="no-such-client")
    monkeypatch.setenv(HERE, "prod")
    assert "none" == outside.renewers(stack)[0].kind

    outside.write(LocalHost(), str(tmp_path), Timer("systemd", armed=True, next="soon"), ["a timer of certbot"])
    found, others = outside.renewers(stack)

    assert (Timer("systemd", armed=True, next="soon"), "a timer of certbot") == (found, others[0])


@pytest.mark.parametrize(
    ("here", "wanted"),
    [
        ("inv up starts it", "inv deploy --host prod starts it"),
        ("inv up; inv logs --service backend", "inv deploy --host prod; inv logs --host prod --service backend"),
        ("inv certbot.status says more", "inv certbot.status --host prod says more"),
        ("inv certbot --host prod", "inv certbot --host prod"),
        ("./inv doctor --fix installs it", "inv provision --host prod installs it"),
        ("winv up", "winv up"),
    ],
)
def test_what_to_do_is_said_as_it_is_done_for_a_host(here: str, wanted: str) -> None:
    assert wanted == there(here, "prod")


def test_a_host_entry_names_itself() -> None:
    assert "prod" == Here(HostEntry("prod", "shop.test")).name
