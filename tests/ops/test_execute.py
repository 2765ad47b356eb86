"""Plans run in order, stop at the first failure and take back what began."""

from __future__ import annotations

import pytest

from fairlead.ops.command import Command, Secret
from fairlead.ops.errors import StepFailedError, TakeBackError
from fairlead.ops.execute import execute
from fairlead.ops.host import LocalHost
from fairlead.ops.plan import Plan, plan_for
from fairlead.ops.step import Do, Run, Write


def _noted(events):
    return lambda event, host, step, text: events.append((event, step.title)) if event != "say" else None


def test_a_failed_step_takes_back_all_that_began_last_first(tmp_path):
    log = tmp_path / "log"
    first = Run("one", Command(("touch", str(tmp_path / "a"))), Command(("sh", "-c", f"echo one >>{log}")))
    second = Run("two", Command(("sh", "-c", "echo no room >&2; exit 3")), Command(("sh", "-c", f"echo two >>{log}")))
    events = []

    with pytest.raises(StepFailedError, match="localhost: two: exit 3: no room"):
        execute(plan_for("localhost", first, second), {"localhost": LocalHost()}, _noted(events))

    assert "two\none\n" == log.read_text()
    assert [
        ("start", "one"),
        ("done", "one"),
        ("start", "two"),
        ("failed", "two"),
        ("undone", "two"),
        ("undone", "one"),
    ] == events


def test_what_cannot_be_taken_back_hinders_nothing_else_and_is_named():
    done = []

    def fail(host, _):
        raise StepFailedError(host.name, "two", "no room")

    def stay(_):
        raise OSError(28, "No space left on device", "live")

    first = Do("one", "first", lambda *_: None, lambda _: done.append("one"))
    plain = Do("between", "nothing to take back", lambda *_: None)
    second = Do("two", "second", fail, stay)
    events = []

    with pytest.raises(TakeBackError, match=r"two: no room; not taken back: two: .*No space left") as caught:
        execute(plan_for("localhost", first, plain, second), {"localhost": LocalHost()}, _noted(events))

    assert (3, ["one"]) == (caught.value.exit_code, done)
    assert [("failed", "two"), ("failed", "two"), ("undone", "one")] == events[-3:]


def test_a_plan_says_the_very_commands_and_hides_secrets():
    secret = Secret("s3cret")
    plan = plan_for(
        "localhost",
        Run("log in", Command(("docker", "login", "--password-stdin"), stdin=secret, environment=(("A", secret),))),
        Write("write the key", "/tmp/key", secret, 0o600),
    )

    assert str(plan) == (
        "localhost: log in\n    A=*** docker login --password-stdin <<< ***\n"
        "localhost: write the key\n    write /tmp/key (mode 0600)"
    )
    assert "s3cret" not in repr(plan)


def test_a_program_that_is_missing_fails_in_one_line():
    with pytest.raises(StepFailedError) as caught:
        execute(
            plan_for("localhost", Run("look", Command(("no-such-program",)))),
            {"localhost": LocalHost()},
            _noted([]),
        )

    assert "localhost: look: exit 127: no-such-program: No such file or directory" == str(caught.value)


def test_an_empty_plan_is_false_and_says_so():
    assert not Plan()
    assert "nothing to do" == str(Plan())


def test_a_file_is_replaced_whole_with_its_mode(tmp_path):
    target = tmp_path / "folder" / "secret"
    target.parent.mkdir()
    target.write_text("old and longer")

    LocalHost().put(str(target), Secret("new"), 0o444)

    assert ("new", 0o444) == (target.read_text(), target.stat().st_mode & 0o777)
    assert [target] == list(target.parent.iterdir())


def test_output_comes_line_by_line_in_order():
    lines = []

    result = LocalHost().stream(Command(("sh", "-c", "echo a; echo b >&2; cat"), stdin="c\n"), lines.append)

    assert (["a", "b", "c"], True) == (lines, result.ok)


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (KeyError("current"), "two: a fault of fairlead itself: KeyError: 'current'"),
        (OSError(28, "No space left on device"), "two: No space left on device"),
        (OSError(28, "No space left on device", "live"), "two: live: No space left on device"),
        (TimeoutError("too late"), "two: too late"),
    ],
)
def test_whatever_goes_wrong_in_a_step_is_a_failure_of_it_and_is_taken_back(error, says):
    done = []

    def fail(*_):
        raise error

    def stuck(_):
        raise ValueError("no number")

    first = Do("one", "first", lambda *_: None, lambda _: done.append("one"))
    with pytest.raises(StepFailedError) as caught:
        execute(plan_for("localhost", first, Do("two", "", fail)), {"localhost": LocalHost()}, _noted([]))
    with pytest.raises(TakeBackError, match="not taken back: two: a fault of fairlead itself: ValueError: no number"):
        execute(plan_for("localhost", first, Do("two", "", fail, stuck)), {"localhost": LocalHost()}, _noted([]))

    assert (f"localhost: {says}", ["one", "one"]) == (str(caught.value), done)
