"""An agent that cannot write what it keeps: nothing is left half done, and what to do is said."""

from __future__ import annotations

import json

import pytest

from fairlead.ops.agent.record import RecordError, Records, State
from fairlead.ops.agent.running import carry_out, ended
from fairlead.ops.agent.switching import LateError, _after
from fairlead.ops.errors import StepFailedError, TakeBackError
from fairlead.ops.host import LocalHost
from fairlead.ops.plan import plan_for
from fairlead.ops.step import Do


def _full(records, path):
    """*path* below the state folder cannot be written, as on a full disk."""
    (records.folder / path).mkdir(parents=True)
    return records


@pytest.mark.parametrize(
    ("path", "write"),
    [
        ("journal/r7.jsonl", lambda records: records.journal("r7", event="start", step="x")),
        ("audit.jsonl", lambda records: records.audit(what="switch")),
        ("state.json", lambda records: records.write_state(State("r7"))),
    ],
)
def test_what_cannot_be_kept_is_said_with_its_file(tmp_path, path, write):
    with pytest.raises(RecordError, match=rf"{path}: is a directory; make room there"):
        write(_full(Records(tmp_path), path))

    assert [] == [left for left in tmp_path.iterdir() if left.name.startswith(".")]


def test_a_step_that_cannot_be_journalled_is_not_begun_and_all_before_it_is_taken_back(tmp_path):
    records, seen = Records(tmp_path), []

    def fill(_, __):
        seen.append("first")
        path = tmp_path / "journal" / "r7.jsonl"
        path.unlink()
        path.mkdir()

    steps = (
        Do("first", "", fill, lambda _: seen.append("first back")),
        Do("second", "", lambda _, __: seen.append("second"), lambda _: seen.append("second back")),
    )
    with pytest.raises(RecordError):
        carry_out(LocalHost(), records, "r7", plan_for("localhost", *steps))

    assert "second" not in seen
    assert ["first", "first back"] == [each for each in seen if "first" in each]


def test_what_cannot_be_taken_back_needs_a_person_and_stands_in_the_journal(tmp_path):
    records = Records(tmp_path)

    def stuck(_):
        raise OSError(28, "No space left on device", "live")

    def fail(_, __):
        raise StepFailedError("localhost", "switch", "no")

    with pytest.raises(TakeBackError) as caught:
        carry_out(LocalHost(), records, "r7", plan_for("localhost", Do("switch", "", fail, stuck)))

    assert 3 == caught.value.exit_code
    assert str(caught.value).endswith("; look at the host, then inv deploy --abort")
    events = [json.loads(line)["event"] for line in (tmp_path / "journal" / "r7.jsonl").read_text().splitlines()]
    assert ["start", "failed", "not undone"] == events


def test_what_fails_after_the_release_serves_needs_a_person_and_says_how_to_go_on():
    with pytest.raises(LateError) as caught, _after("r7 serves, and not all is tidied up", "--resume"):
        raise StepFailedError("localhost", "stop r6", "exit 1: no space left on device")

    said = "r7 serves, and not all is tidied up; stop r6: exit 1: no space left on device; mend that, then inv deploy "
    said += "--resume"
    assert (3, said) == (caught.value.exit_code, str(caught.value))


def test_what_was_taken_back_and_cannot_be_noted_has_broken_nothing():
    with pytest.raises(LateError) as caught, _after("start: no; everything was taken back", "--abort", exit_code=1):
        raise RecordError("state.json: no space left on device; make room there")

    assert 1 == caught.value.exit_code


def test_an_agent_ends_with_a_line_whatever_happens(capsys):
    def work():
        raise OSError(28, "No space left on device", "/srv/shop/x")

    assert 3 == ended("", work)
    told = json.loads(capsys.readouterr().out)
    assert ("end", 3, "/srv/shop/x: No space left on device") == (told["event"], told["exit"], told["text"])
