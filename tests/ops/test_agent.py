"""The agent's own parts: what it keeps, what it reads, and what it may import in an image that has only Python."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from fairlead.ops.agent.bundle import load
from fairlead.ops.agent.gc import old_releases
from fairlead.ops.agent.record import RecordError, Records, State, chain_break, cut_off
from fairlead.ops.agent.watching import STATUS
from fairlead.ops.errors import SettingsError

ROOT = Path(__file__).parents[2]


def test_the_agent_needs_nothing_but_python(tmp_path):
    (tmp_path / "fairlead").symlink_to(ROOT)
    program = "import sys, fairlead.ops.agent.__main__; print(*sys.modules)"

    run = subprocess.run(
        (sys.executable, "-S", "-c", program),
        env={"PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert 0 == run.returncode, run.stderr
    assert "fairlead.ops.agent.switch" in run.stdout.split()


def test_a_state_that_was_written_is_read_again(tmp_path):
    records = Records(tmp_path)
    assert State() == records.state()

    state = State("r3", "g7", ("r2", "r1"), "r4", jobs=False)
    records.write_state(state)

    assert state == records.state()
    assert ["state.json"] == [path.name for path in tmp_path.iterdir()]


def test_a_release_that_serves_has_those_before_it_in_their_order():
    first = State().served_by("r1", "g1")
    second = first.served_by("r2", "g2")

    assert State("r2", "g2", ("r1",), "r2") == second
    assert State("r1", "g3", ("r2",), "r1") == second.served_by("r1", "g3")
    assert second == second.served_by("r2", "g2")


@pytest.mark.parametrize(
    ("state", "stops"),
    [(State("r1"), "r1"), (State("r2", previous=("r1",)), "r1"), (State(), ""), (State("r2"), "")],
)
def test_what_stops_is_the_release_before_also_when_a_cut_off_switch_goes_on(state, stops):
    assert stops == state.before("r2")


def test_an_audit_line_that_was_changed_removed_or_added_is_found(tmp_path):
    records = Records(tmp_path)
    for number in range(4):
        records.audit(what="switch", release=f"r{number}")
    text = (tmp_path / "audit.jsonl").read_text()
    lines = text.splitlines()

    assert 0 == chain_break(text)
    assert 3 == chain_break(text.replace('"r1"', '"r9"'))
    assert 2 == chain_break("\n".join([lines[0], *lines[2:]]))
    assert 2 == chain_break("\n".join([lines[0], "no JSON", *lines[1:]]))
    assert 1 == chain_break("[]")
    assert 5 == chain_break(text + json.dumps({"what": "x", "before": "0" * 64}) + "\n")


def _audited(folder, count):
    records = Records(folder)
    for number in range(count):
        records.audit(what="switch", release=f"r{number}")
    return records, folder / "audit.jsonl"


def test_a_line_that_a_loss_of_power_tore_is_no_change_by_hand(tmp_path):
    records, path = _audited(tmp_path, 2)
    path.write_text(f'{path.read_text()}{{"time": "2026-')
    assert 0 == chain_break(path.read_text())

    records.audit(what="switch", release="r3")

    text = path.read_text()
    assert (0, 4, 0) == (
        chain_break(text),
        len(text.splitlines()),
        cut_off(text, (tmp_path / "state.json").read_text()),
    )
    assert 3 == chain_break(text.replace('"2026-\n', '"2027-\n'))
    first, second, torn, last = text.splitlines()
    assert 2 == chain_break("\n".join((first, torn, last)))
    assert 3 == chain_break("\n".join((first, second, last)))


def test_a_line_that_finds_no_room_leaves_nothing_of_itself(tmp_path, monkeypatch):
    records, path = _audited(tmp_path, 1)
    before = path.read_text()

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(RecordError, match="no space left"):
        records.audit(what="switch", release="r1")

    assert before == path.read_text()


@pytest.mark.parametrize(("left", "said"), [(3, 0), (2, 3), (0, 3)])
def test_lines_that_are_cut_off_at_the_end_of_an_audit_are_missed(tmp_path, left, said):
    records, path = _audited(tmp_path, 3)
    records.write_state(State("r1"))
    text = "".join(path.read_text().splitlines(keepends=True)[:left])

    assert said == cut_off(text, (tmp_path / "state.json").read_text())
    assert (0, State("r1")) == (chain_break(text), records.state())
    assert 0 == cut_off(text, '{"current": "r1"}')


def test_a_journal_line_that_was_torn_does_not_take_the_next_one_with_it(tmp_path):
    records = Records(tmp_path)
    records.journal("r1", event="start", step="one")
    path = tmp_path / "journal" / "r1.jsonl"
    path.write_text(path.read_text() + '{"time": "2026-')

    records.journal("r1", event="done", step="one")

    assert ["start", "done"] == [json.loads(path.read_text().splitlines()[number])["event"] for number in (0, 2)]


def test_a_release_that_is_not_there_or_of_another_version_is_said(tmp_path):
    with pytest.raises(SettingsError, match="r9: no such release on this host"):
        load(str(tmp_path), "r9")
    folder = tmp_path / "releases" / "r9"
    folder.mkdir(parents=True)
    (folder / "release.json").write_text('{"version": 99}')
    with pytest.raises(SettingsError, match="version 99; this agent reads version 1"):
        load(str(tmp_path), "r9")


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ('{"time":"x","status":502,"bytes":1}', "502"),
        ('{"status": "200"}', "200"),
        ('203.0.113.5 - - [22/Nov/2026:10:00:00 +0000] "GET /a HTTP/1.1" 404 153 "-" "curl"', "404"),
        ("2026/11/22 10:00:00 [error] 7#7: *1 connect() failed", None),
    ],
)
def test_statuses_are_read_from_both_kinds_of_access_log(line, status):
    found = STATUS.search(line)

    assert status == (found and (found[1] or found[2]))


@pytest.mark.parametrize(
    ("state", "keep", "old"),
    [
        (State("r7", previous=("r5", "r4", "r1")), 2, ["r1", "r2", "r4", "r6"]),  # r2 and r6 never served
        (State("r7", previous=("r5", "r4", "r1")), 1, ["r1", "r2", "r4", "r5", "r6"]),
        (State("r7", previous=("r5", "r4", "r1")), 9, ["r2", "r6"]),
        (State("r5", previous=("r7", "r4")), 2, ["r1", "r2", "r4", "r6"]),
        (State("r7", previous=("r5",), pending="r6"), 2, ["r1", "r2", "r4"]),
        (State(), 1, ["r1", "r2", "r4", "r5", "r6", "r7"]),
    ],
)
def test_what_served_last_stays_and_what_never_served_goes(state, keep, old):
    assert old == old_releases(["r4", "r1", "r2", "r5", "r7", "r6", "r6.x1y2z3", "lost"], state, keep)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "state.json: empty, so nothing says what serves"),
        ("\n", "state.json: empty, so nothing says what serves"),
        ('{"version": 2, "current": "r1"}', "state.json: of version 2, and this tool reads 1"),
    ],
)
def test_a_state_that_does_not_say_what_serves_is_no_host_without_a_release(tmp_path, text, says):
    (tmp_path / "state.json").write_text(text)
    records = Records(tmp_path)

    for touch in (records.state, lambda: records.write_state(State("r2"))):
        with pytest.raises(SettingsError, match=says):
            touch()
    assert text == (tmp_path / "state.json").read_text()


def test_names_whose_folders_are_gone_take_no_place_of_those_that_are_kept():
    assert ["r2"] == old_releases(["r2", "r3", "r9"], State("r9", previous=("r8", "r7", "r3", "r2")), 2)
