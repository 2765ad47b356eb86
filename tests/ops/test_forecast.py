"""The plan of a deploy: written, read again, held to, shown, and agreed to once."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from fairlead.ops.deploy.agreeing import Wish, agreed, wish_of
from fairlead.ops.deploy.changes import Names
from fairlead.ops.deploy.consent import RefusedError, ask_once
from fairlead.ops.deploy.events import json_events
from fairlead.ops.deploy.forecast import Changes, Forecast, Pending, digest_of, read, refuse_stale, written
from fairlead.ops.deploy.history import expected_s, note_sent
from fairlead.ops.deploy.room import Room
from fairlead.ops.deploy.showing import shown
from fairlead.ops.deploy.target import TargetError
from fairlead.ops.deploy.weighing import Load
from fairlead.ops.errors import SettingsError
from fairlead.schemas import errors

SALT = "0" * 32
PLAN = Forecast(
    stack="shop",
    host="prod",
    address="deploy@203.0.113.5",
    tier="app",
    release="r5",
    before="r4",
    made="2026-11-23T04:00:00+00:00",
    who="a@b",
    steps=("here: build", "there: switch"),
    images=(
        Load("shop/web:r5", 9, 8, 2_500_000, 7_000_000),
        Load("fairlead-agent:1", 0, 0),
        Load("redis:8", 4, 0, 0, 9_000_000, True),
    ),
    bytes=2_600_000,
    changes=Changes(
        ("nginx: / loses HSTS",),
        {"web": Names(("NEW",), (), ("LEVEL",))},
        Names((), (), ("token",)),
        Names(),
        ("mysql differs",),
    ),
    migrations=Pending(("1",), ("2",), 64_000_000),
    rooms=(Room("disk", "/srv", 5_000_000, 9_000_000), Room("memory", "", 1_000_000, 2_000_000)),
    expected_s=12.4,
    gap="",
    asks=("is marked as protected",),
    salt=SALT,
    of_host="a" * 64,
    of_repository="b" * 64,
)


class Plans:
    """Makes *plan*, with the salt that it is given."""

    def __init__(self, plan=PLAN):
        self.plan = plan

    def forecast(self, salt=""):
        return replace(self.plan, salt=salt or self.plan.salt)


def test_a_plan_that_was_written_is_read_again_and_keeps_to_its_schema(tmp_path):
    path = tmp_path / "plan.json"
    path.write_text(written(PLAN))

    assert [] == errors("plan", json.loads(written(PLAN)))
    assert PLAN == read(path)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "no JSON"),
        ("[]", "no plan of a deploy"),
        ('{"version": 2}', "no plan of a deploy"),
        (None, "no such file"),
    ],
    ids=["cut off", "a list", "another version", "not there"],
)
def test_a_file_that_is_no_plan_is_said(tmp_path, text, says):
    path = tmp_path / "plan.json"
    if text is not None:
        path.write_text(text)

    with pytest.raises(SettingsError, match=says):
        read(path)


@pytest.mark.parametrize(
    ("now", "says"),
    [
        ({"of_host": "c" * 64, "before": "r6"}, "the host has changed since .*: r4 served then, r6 serves now"),
        ({"release": "r7"}, "the host has changed"),
        ({"of_repository": "c" * 64}, "the repository, its images or its secrets have changed since"),
        ({"host": "stage"}, "the plan is for the host prod, not stage"),
        ({"tier": "edge"}, "the plan is for the tier app, not edge"),
    ],
)
def test_a_plan_that_was_left_behind_is_refused_with_what_changed(now, says):
    refuse_stale(PLAN, PLAN)
    with pytest.raises(SettingsError, match=says):
        refuse_stale(PLAN, replace(PLAN, **now))


def test_a_digest_depends_on_every_part_on_their_order_and_on_the_salt():
    digest = digest_of([b"a", b"b"], SALT)

    assert digest == digest_of([b"a", b"b"], SALT)
    others = [digest_of([b"b", b"a"], SALT), digest_of([b"ab"], SALT), digest_of([b"a", b"b"], "1" * 32)]
    assert 4 == len({digest, *others})


def test_a_plan_is_shown_with_what_changes_and_what_there_is():
    assert """prod (deploy@203.0.113.5): r4 -> r5
  steps
    here: build
    there: switch
  images: 2.60 MB go over at most
    shop/web:r5: 2.50 MB, 1 of 9 layers are new there
    fairlead-agent:1: is there
    redis:8: pulled there from its registry, 9 MB unpacked; sent where that fails
  changes of behaviour
    nginx: / loses HSTS
  variables
    web: +NEW, ~LEVEL
  secrets
    ~token
  left as it is
    mysql differs
  migrations
    to run: 2; the database is at 1
    a dump before them, 64 MB at most
  room
    disk at /srv: 5 MB needed, 9 MB there
    memory: 1 MB needed, 2 MB there
  expected time: 12 s, from earlier deploys""" == shown(PLAN)


def test_steps_that_are_shown_as_they_run_are_not_listed_before():
    assert shown(PLAN).replace("  steps\n    here: build\n    there: switch\n", "") == shown(PLAN, runs_now=True)
    assert "here: build" not in shown(PLAN, runs_now=True)


def test_a_plan_alone_sends_nothing_and_asks_nobody(tmp_path, capsys):
    out = tmp_path / "plan.json"

    assert not agreed(Plans(), Wish(show=True))
    assert not agreed(Plans(), Wish(out=str(out)))

    assert (PLAN, 0o600) == (read(out), out.stat().st_mode & 0o777)
    assert f"inv deploy --apply {out} runs exactly this" in capsys.readouterr().out


def test_with_json_the_plan_is_one_event(capsys):
    with json_events(True):
        agreed(Plans(), Wish(show=True))

    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert ["start", "done", "plan", "end"] == [event["event"] for event in told]
    assert [] == errors("plan", told[2]["plan"])


def test_the_plan_that_was_given_is_the_one_that_runs(capsys):
    assert agreed(Plans(), Wish(given=PLAN, yes=True))
    with pytest.raises(SettingsError, match="make it again"):
        agreed(Plans(replace(PLAN, of_repository="c" * 64)), Wish(given=PLAN, yes=True))
    assert ["prod"] == Wish(given=PLAN).hosts


def test_a_host_without_room_is_refused_before_anybody_is_asked(tmp_path):
    out = tmp_path / "plan.json"
    full = replace(PLAN, rooms=(Room("disk", "/srv", 9, 5),))

    with pytest.raises(TargetError, match="nothing was sent"):
        agreed(Plans(full), Wish(out=str(out)))
    assert not out.exists()


def test_a_person_is_asked_once_and_only_where_there_is_a_reason():
    asked = []
    ask_once("prod", [], yes=False, ask=None)
    ask_once("prod", ["a", "b"], yes=True, ask=None)
    ask_once("prod", ["a", "b"], yes=False, ask=lambda text: asked.append(text) or "yes")

    assert ["prod: a\nprod: b\nGo on? Type yes: "] == asked
    with pytest.raises(SettingsError, match="prod: a; b: say --yes"):
        ask_once("prod", ["a", "b"], yes=False, ask=None)
    with pytest.raises(RefusedError, match="not wanted"):
        ask_once("prod", ["a"], yes=False, ask=lambda _: "y")


def test_flags_that_do_not_go_together_are_refused():
    with pytest.raises(SettingsError, match="say one of them"):
        wish_of(plan=True, plan_out="", apply="x", yes=False)


def _audit(*lines):
    return "\n".join(json.dumps({"time": f"2026-11-23T04:{at}+00:00", "what": w, "release": r}) for at, w, r in lines)


def test_the_time_is_that_of_earlier_deploys_and_of_what_goes_over(tmp_path):
    audit = _audit(
        ("00:00", "switch", "r1"),
        ("00:10", "serves", "r1"),
        ("01:00", "switch", "r2"),
        ("01:05", "taken back", "r2"),
        ("02:00", "switch", "r3"),
        ("02:20", "serves", "r3"),
        ("03:00", "switch", "r1"),  # a rollback
        ("03:01", "serves", "r1"),
    )
    path = tmp_path / "folder" / "sent.jsonl"
    note_sent(path, "prod", 2_000_000, 2.0)
    note_sent(path, "prod", 10, 2.0)
    note_sent(path, "other", 2_000_000, 200.0)

    assert 15.0 == expected_s(audit, "", "prod", 5_000_000)
    assert 20.0 == expected_s(audit, path.read_text(), "prod", 5_000_000)
    assert None is expected_s("no JSON\n[]", "", "prod", 1)
