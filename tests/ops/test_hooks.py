"""The operator's own commands: what they are told, what stops a deploy, and what is only told afterwards."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from fairlead.ops.agent.record import State
from fairlead.ops.agent.switch import COMMIT
from fairlead.ops.agent.tier import ASK, HOOKS
from fairlead.ops.deploy.handing import LateHooks, telling
from fairlead.ops.deploy.layout import Layout
from fairlead.ops.deploy.target import Target
from fairlead.ops.deploy.tier_handing import run_owed_of_tier, tier_event, tier_moment
from fairlead.ops.errors import SettingsError
from fairlead.ops.hooks import HookError, Hooks, LateHookError, Moment
from fairlead.ops.host import LocalHost
from fairlead.ops.hosts import Opened
from fairlead.ops.outward import FINISHED, SERVING, STOPPING, Hook, Outward
from fairlead.ops.settings import load_settings

MOMENT = Moment("prod", "r7", "r6", "feedc0de")
SETTINGS = "name: shop\ncompose: {files: [compose.yml]}\n"


def _python(program, timeout_s=30.0):
    return Hook((sys.executable, "-c", program), timeout_s)


def _hooks(root, **hooks):
    return Hooks(Outward({name.replace("_", "-"): commands for name, commands in hooks.items()}), root)


def test_a_hook_is_told_what_is_deployed_and_runs_in_the_stacks_folder(tmp_path, capfd):
    program = "import os; print(os.getcwd()); print(*(f'{k}={v}' for k, v in os.environ.items() if 'FAIRLEAD_' in k))"
    (step,) = _hooks(tmp_path, before_build=(_python(program),)).steps("before-build", MOMENT)
    step.run(LocalHost(), lambda _: None)

    folder, told = (line.removeprefix("    | ") for line in capfd.readouterr().out.splitlines())
    assert str(tmp_path) == folder
    assert {
        "FAIRLEAD_HOST=prod",
        "FAIRLEAD_RELEASE=r7",
        "FAIRLEAD_PREVIOUS=r6",
        "FAIRLEAD_REVISION=feedc0de",
        "FAIRLEAD_ACTION=deploy",
        "FAIRLEAD_TIER=app",
    } <= set(told.split())


def test_words_are_words_and_no_shell_reads_them(tmp_path, capfd):
    hook = Hook((sys.executable, "-c", "import sys; print(sys.argv[1])", "$HOME; echo `id`"))

    assert "" == _hooks(tmp_path, after_switch=(hook,)).run("after-switch", MOMENT)
    assert "    | $HOME; echo `id`\n" == capfd.readouterr().out


def test_a_hook_that_fails_before_the_switch_stops_it_and_says_what_serves(tmp_path):
    program = "import sys; print('two tests fail'); sys.exit(4)"
    (step,) = _hooks(tmp_path, before_ship=(_python(program),)).steps("before-ship", MOMENT)

    with pytest.raises(HookError) as caught:
        step.run(LocalHost(), lambda _: None)
    said = str(caught.value)
    assert said.startswith(f"prod: before-ship: {sys.executable} -c ")
    assert said.endswith(": exit 4: two tests fail; r6 serves as before: mend it and deploy again")
    assert 1 == caught.value.exit_code


def test_a_program_that_is_not_there_is_said(tmp_path):
    (step,) = _hooks(tmp_path, before_build=(Hook(("no-such-program",)),)).steps("before-build", MOMENT)

    with pytest.raises(HookError, match="prod: before-build: no-such-program: no such file or directory; r6 serves"):
        step.run(LocalHost(), lambda _: None)


def test_a_hook_that_does_not_end_is_ended_with_all_that_it_started(tmp_path):
    program = (
        "import os, subprocess, sys; other = subprocess.Popen(('sleep', '86397')); "
        "open('pids', 'w').write(f'{os.getpid()} {other.pid}'); other.wait()"
    )
    said = _hooks(tmp_path, after_switch=(_python(program, 1.5),)).run("after-switch", MOMENT)

    assert said.endswith("not ended after 1.5 s")
    assert [] == [pid for pid in (tmp_path / "pids").read_text().split() if _sleeps(pid)]


def _sleeps(pid):
    try:
        return "sleep" in Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return False


# ---- once the release serves


class Host(LocalHost):
    """This machine, by another name."""

    def __init__(self):
        super().__init__()
        self.name = "prod"


def _settings(tmp_path):
    (tmp_path / "fairlead.yaml").write_text(SETTINGS)
    return load_settings(tmp_path / "fairlead.yaml")


def _late(tmp_path, **hooks):
    outward = Outward({name.replace("_", "-"): commands for name, commands in hooks.items()})
    settings = replace(_settings(tmp_path), outward=outward)
    return LateHooks(Opened(Host(), Layout("shop", str(tmp_path))), settings, MOMENT)


def _noting(word):
    return (_python(f"open('ran', 'a').write('{word} ')"),)


def test_late_hooks_run_once_when_it_serves_and_when_it_is_over(tmp_path):
    hooks = _late(tmp_path, after_switch=_noting("switched"), after_finish=_noting("finished"))
    hooks.owe()
    line = telling(lambda _: None, hooks)
    for told in ({"event": "start", "step": COMMIT}, {"event": "done", "step": COMMIT}):
        line(told)
    assert ("switched ", ["after-finish"]) == ((tmp_path / "ran").read_text(), hooks.owed())
    line({"event": "done", "step": COMMIT})  # read again after a lost connection
    hooks.run((*SERVING, *FINISHED))

    assert ("switched finished ", []) == ((tmp_path / "ran").read_text(), hooks.owed())


def test_what_is_owed_is_known_to_whoever_resumes(tmp_path):
    _late(tmp_path, after_switch=_noting("switched")).owe()
    other = _late(tmp_path, after_switch=_noting("switched"))

    assert ["after-switch"] == other.owed()
    other.run((*SERVING, *FINISHED))
    assert "switched " == (tmp_path / "ran").read_text()
    assert [] == _late(tmp_path, after_switch=_noting("switched")).owed()


def test_a_release_that_owes_nothing_runs_nothing(tmp_path):
    hooks = _late(tmp_path, before_build=_noting("built"))
    hooks.owe()
    hooks.run((*SERVING, *FINISHED))

    assert (False, False) == ((tmp_path / "ran").exists(), (tmp_path / "releases").exists())


def test_a_late_hook_that_fails_is_told_and_the_others_run(tmp_path):
    hooks = _late(tmp_path, after_switch=(_python("raise SystemExit(9)"), *_noting("second")))
    hooks.owe()
    hooks.run(SERVING)

    assert "second " == (tmp_path / "ran").read_text()
    with pytest.raises(LateHookError, match=r"prod: r7 serves, and is not taken back; after-switch: .*: exit 9: mend"):
        hooks.complain()
    assert 3 == LateHookError.exit_code


@pytest.fixture
def tier(tmp_path):
    """A host where r7 serves, and the settings of a stack whose hook is run after a switch; gives both, and who ran."""
    (tmp_path / "fairlead.yaml").write_text(
        f"{SETTINGS}hooks: {{after-switch: [[sh, -c, 'echo $FAIRLEAD_RELEASE $FAIRLEAD_TIER >>ran']]}}\n"
    )
    (tmp_path / "releases" / "r7").mkdir(parents=True)
    (tmp_path / "releases" / "r7" / "release.json").write_text('{"revision": "feedc0de"}')
    target = Target("docker", "linux/amd64", "999", "1000:1000", ("r7",), State("r7"))
    return Opened(Host(), Layout("shop", str(tmp_path))), target


def test_a_change_of_a_tier_is_about_the_release_that_serves(tier):
    moment = tier_moment(*tier, "data")

    assert {
        "FAIRLEAD_HOST": "prod",
        "FAIRLEAD_RELEASE": "r7",
        "FAIRLEAD_PREVIOUS": "r7",
        "FAIRLEAD_REVISION": "feedc0de",
        "FAIRLEAD_ACTION": "deploy",
        "FAIRLEAD_TIER": "data",
    } == moment.variables
    assert ("data", "r7", "feedc0de") == tuple(tier_event(moment)[key] for key in ("tier", "release", "revision"))


def test_what_a_change_of_a_tier_owes_is_run_by_whoever_resumes(tier, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run_owed_of_tier(*tier)
    assert not (tmp_path / "ran").exists()
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / HOOKS).write_text('{"owed": ["after-switch"], "tier": "data"}')

    run_owed_of_tier(*tier)
    run_owed_of_tier(*tier)

    assert "r7 data\n" == (tmp_path / "ran").read_text()


def test_the_hooks_of_a_tier_run_once_all_answers_again_and_say_what_is_changed(tmp_path):
    hooks = LateHooks(
        Opened(Host(), Layout("shop", str(tmp_path))),
        replace(_settings(tmp_path), outward=Outward({"after-switch": (Hook(("false",)),)})),
        replace(MOMENT, tier="data"),
        str(tmp_path / "owed.json"),
    )
    hooks.owe()
    telling(lambda _: None, hooks)({"event": "done", "step": ASK})

    assert {"owed": [], "tier": "data"} == json.loads((tmp_path / "owed.json").read_text())
    with pytest.raises(
        LateHookError, match="prod: the data tier is changed, and is not taken back; after-switch: false"
    ):
        hooks.complain()


def test_what_an_earlier_change_owed_is_not_owed_by_the_next(tmp_path):
    path, opened = tmp_path / "owed.json", Opened(Host(), Layout("shop", str(tmp_path)))
    path.write_text('{"owed": ["after-switch"], "tier": "data"}')

    LateHooks(opened, _settings(tmp_path), MOMENT, str(path)).owe()

    assert [] == json.loads(path.read_text())["owed"]


# ---- settings


def test_hooks_are_lists_of_words_or_say_how_long_they_may_take(tmp_path):
    path = tmp_path / "fairlead.yaml"
    path.write_text(
        f"{SETTINGS}hooks:\n  before-build: [[npm, test]]\n  after-switch: [{{command: [a], timeout_s: 5}}]\n"
    )
    found = load_settings(path).outward.hooks

    assert {"before-build": (Hook(("npm", "test")),), "after-switch": (Hook(("a",), 5.0),)} == found
    assert 8 == len({*STOPPING, *SERVING, *FINISHED})


@pytest.mark.parametrize(
    "wrong",
    ["before-deploy: [[a]]", "before-build: [npm test]", "before-build: [[]]", "after-switch: [{timeout_s: 5}]"],
)
def test_a_hook_that_is_none_is_refused(tmp_path, wrong):
    path = tmp_path / "fairlead.yaml"
    path.write_text(f"{SETTINGS}hooks:\n  {wrong}\n")

    with pytest.raises(SettingsError, match="hooks"):
        load_settings(path)
