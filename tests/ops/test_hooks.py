"""The operator's own commands: what they are told, what stops a deploy, and what is only told afterwards."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from fairlead.ops.agent.switch import COMMIT
from fairlead.ops.deploy.handing import LateHooks, _telling
from fairlead.ops.deploy.layout import Layout
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


def _late(tmp_path, **hooks):
    (tmp_path / "fairlead.yaml").write_text(SETTINGS)
    outward = Outward({name.replace("_", "-"): commands for name, commands in hooks.items()})
    settings = replace(load_settings(tmp_path / "fairlead.yaml"), outward=outward)
    return LateHooks(Opened(Host(), Layout("shop", str(tmp_path))), settings, MOMENT)


def _noting(word):
    return (_python(f"open('ran', 'a').write('{word} ')"),)


def test_late_hooks_run_once_when_it_serves_and_when_it_is_over(tmp_path):
    hooks = _late(tmp_path, after_switch=_noting("switched"), after_finish=_noting("finished"))
    hooks.owe()
    line = _telling(lambda _: None, hooks)
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
