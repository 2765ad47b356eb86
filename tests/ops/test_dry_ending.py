"""--dry, where what has begun on a host, or two values of a secret, would be ended: nothing is done."""

from __future__ import annotations

import pytest

from fairlead.ops.agent.forgetting import FILE
from fairlead.ops.command import Result
from fairlead.ops.deploy.agreeing import Wish
from fairlead.ops.deploy.going_on import go_on, refuse_contradictions
from fairlead.ops.deploy.layout import Layout
from fairlead.ops.deploy.rotating import _Here
from fairlead.ops.errors import SettingsError
from fairlead.ops.host import LocalHost
from fairlead.ops.hosts import Opened
from fairlead.ops.rotation import KEY, Rotation, text_of
from fairlead.ops.settings import load_settings
from fairlead.ops.stack import Stack

ANSWERS = {"compose version": "2.30.0", "docker version": "28.0.0", "test -w": "", "ls -1": "r1\nr2\n"}


class Host:
    """A host that answers what is asked; *files* are what stands there."""

    name = "prod"

    def __init__(self, files, running="false"):
        self.files = files
        self.answers = {"inspect --format {{.State.Running}}": running, **ANSWERS}
        self.changed = []

    def run(self, command, timeout_s=None):
        shown = " ".join(command.argv)
        if {"run", "rm"} & {*command.argv[1:2]}:
            self.changed.append(shown)
        return next((Result(0, text) for part, text in self.answers.items() if part in shown), Result(127))

    def read(self, path):
        return self.files.get(path.removeprefix("/srv/shop/"))

    def put(self, path, content, mode):
        self.changed.append(path)


def _opened(files=None, **more):
    return Opened(Host(files or {}, **more), Layout("shop", "/srv/shop"))


PENDING = {"state/state.json": '{"current": "r1", "pending": "r2"}'}
TIER = {
    "state/state.json": '{"current": "r1"}',
    "state/tier": "base.next-1",
    "base.next-1/tier.json": '{"tier": "data"}',
}
LOCK = {**PENDING, "state/lock": "deploy of r2 by ann@laptop, since 2026-11-23 04:00:00 UTC (process 1)"}


@pytest.mark.parametrize(
    ("opened", "abort", "says"),
    [
        (_opened(PENDING), True, "would take back the switch to r2"),
        (_opened(TIER), True, "would take back the change of the data tier"),
        (_opened(TIER), False, "would go on with the change of the data tier"),
        (_opened(PENDING), False, "would go on with the switch to r2"),
        (
            _opened({"state/state.json": '{"current": "r1"}'}),
            True,
            "r1 serves; nothing is left to do but hooks that it owes",
        ),
        (
            _opened(LOCK, running="true"),
            True,
            "deploy of r2 by ann@laptop, since 2026-11-23 04:00:00 UTC is at work there; it would be followed",
        ),
    ],
)
def test_what_has_begun_is_told_and_left_as_it_is(opened, abort, says, capsys):
    go_on(opened, abort=abort, dry=True)

    assert f"prod: {says}\n" == capsys.readouterr().out
    assert [] == opened.host.changed


@pytest.mark.parametrize(
    ("wish", "flags", "says"),
    [
        (Wish(), {"resume": True, "abort": True}, "--resume goes on and --abort takes back; say one of them"),
        (
            Wish(show=True),
            {"resume": False, "abort": True},
            "--abort is for what has begun on the host, and --plan for",
        ),
        (
            Wish(out="plan.json"),
            {"resume": True, "abort": False},
            "--resume is for what has begun .* and --plan-out for",
        ),
        (Wish(), {"resume": True, "abort": False, "build_on": "host"}, "and --build-on for what has not; say one"),
        (Wish(tier="edge"), {"resume": False, "abort": False, "build_on": "host"}, "--build-on is for the images of"),
        (Wish(tier="data"), {"resume": True, "abort": False}, "and --tier for what has not; say one of them"),
    ],
)
def test_a_flag_that_would_be_ignored_is_refused(wish, flags, says):
    with pytest.raises(SettingsError, match=says):
        refuse_contradictions(wish, **flags)


def test_flags_that_go_together_are_not_refused():
    refuse_contradictions(Wish(show=True), resume=False, abort=False)
    refuse_contradictions(Wish(yes=True), resume=True, abort=False)


def test_the_old_value_of_a_secret_stays_valid(tmp_path, capsys):
    (tmp_path / "fairlead.yaml").write_text("name: shop\ncompose: {files: [compose.yml]}\n")
    settings = load_settings(tmp_path / "fairlead.yaml")
    kept = settings.state / FILE
    kept.parent.mkdir()
    rotation = Rotation("API_KEY", KEY)
    kept.write_text(text_of({"API_KEY": rotation}))
    before = kept.read_text()

    _Here(Stack(settings, LocalHost(), {}, None, development=False), rotation).end(dry=True)

    assert "localhost: API_KEY: would end the old value\n" == capsys.readouterr().out
    assert before == kept.read_text()
