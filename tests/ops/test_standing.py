"""What an operator orders on a host: kept, audited, under the agent's lock, and refused where it would do harm."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fairlead.ops import edge
from fairlead.ops.agent.__main__ import main
from fairlead.ops.agent.freezing import Freeze, freeze_in, freeze_of, refuse_frozen
from fairlead.ops.agent.record import Records, State, chain_break
from fairlead.ops.errors import LockedError, SettingsError
from fairlead.ops.lock import locked
from fairlead.ops.maintenance.order import Order, order_text
from fairlead.ops.settings import EdgeSettings

FILES = {
    "nginx.conf": "http { include site/visitors.conf; server { include site/maintenance.conf; } }\n",
    "site/visitors.conf": "# empty\n",
    "site/maintenance.conf": "# empty\n",
}
ABOUT = '{"app": {"name": "app", "kind": "app", "releases": []}}'
MANIFEST = {
    "version": 1,
    "stack": "shop",
    "name": "r1",
    "services": {"app": [], "edge": ["nginx"], "data": [], "job": []},
    "networks": {},
    "volumes": {},
    "images": {},
    "edge": "nginx",
    "mount": "/e",
    "probes": [],
    "smoke": [],
    "drain_s": 1,
    "watch_s": 0,
}


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A host's folder, where r1 serves and the engine says of everything that it does not run."""
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "docker").write_text("#!/bin/sh\n")
    (tmp_path / "docker").chmod(0o755)
    release = tmp_path / "releases" / "r1"
    for path, text in FILES.items():
        file = release / "nginx" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    (release / "release.json").write_text(json.dumps(MANIFEST))
    for step in edge.edge_steps(_edge(tmp_path), FILES):
        step.run(_Host(), lambda _: None)
    Records(tmp_path / "state").write_state(State("r1", "g1"))
    return tmp_path


class _Host:
    """Writes files here."""

    name = "here"

    def put(self, path, content, mode):
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text(content)


def _edge(root):
    return EdgeSettings("nginx", root / "nginx", "/e", ())


def _agent(root, capsys, *words):
    """The exit code of the agent, and its last line."""
    code = main([*words, "--root", str(root), "--who", "ann@laptop"])
    return code, json.loads(capsys.readouterr().out.splitlines()[-1])


def _ordered(root):
    order = Order("ann@laptop", "2026-11-23T03:40:00+00:00", "site", page="<p>closed</p>")
    (root / "state" / "order-1.json").write_text(order_text(order))
    return "--order", "order-1.json"


def test_an_order_closes_the_site_is_kept_and_audited(root, capsys):
    assert 0 == _agent(root, capsys, "maintenance", *_ordered(root))[0]

    assert "closed" in edge.live_files(_edge(root))["site/visitors.conf"]
    assert State("r1", "g2") == Records(root / "state").state()
    assert not (root / "state" / "order-1.json").exists()
    assert 0 == _agent(root, capsys, "maintenance")[0]
    assert (FILES, State("r1", "g3")) == (edge.live_files(_edge(root)), Records(root / "state").state())
    audit = (root / "state" / "audit.jsonl").read_text()
    lines = [json.loads(line) for line in audit.splitlines()]
    assert [("maintenance on", "ann@laptop"), ("maintenance off", "ann@laptop")] == [
        (line["what"], line["who"]) for line in lines
    ]
    assert 0 == chain_break(audit)


def test_a_release_that_does_not_include_the_files_stays_open(root, capsys):
    (root / "releases" / "r1" / "nginx" / "nginx.conf").write_text("http {}\n")
    code, end = _agent(root, capsys, "maintenance", *_ordered(root))

    assert (2, True) == (code, "add `include site/visitors.conf;` to http" in end["text"])
    assert (FILES, False) == (edge.live_files(_edge(root)), (root / "state" / "maintenance.json").exists())


@pytest.mark.parametrize(
    ("state", "says"),
    [
        (State("r1", "g1", pending="r2"), "a switch to r2 has begun and not ended"),
        (State(), "no release serves here"),
    ],
)
def test_maintenance_is_refused_where_it_would_be_lost(root, capsys, state, says):
    Records(root / "state").write_state(state)
    code, end = _agent(root, capsys, "maintenance", *_ordered(root))

    assert (2, True) == (code, says in end["text"])


def test_a_freeze_is_kept_and_refuses_releases_until_it_is_taken_back(root, capsys):
    assert 0 == _agent(root, capsys, "freeze", "--reason", "stock-taking")[0]
    frozen = freeze_in(root / "state")
    again = _agent(root, capsys, "freeze", "--reason", "again")
    refused = [_agent(root, capsys, command, "--release", "r1") for command in ("switch", "rollback")]
    assert 0 == _agent(root, capsys, "freeze")[0]

    assert ("ann@laptop", "stock-taking", "r1") == (frozen.who, frozen.reason, frozen.release)
    for code, end in (again, *refused):
        assert (4, True) == (code, "frozen by ann@laptop since " in end["text"])
        assert "with r1 serving: stock-taking; inv lock --off" in end["text"]
    assert freeze_in(root / "state") is None
    audit = (root / "state" / "audit.jsonl").read_text()
    assert ["frozen", "thawed"] == [json.loads(line)["what"] for line in audit.splitlines()]
    assert State("r1", "g1") == Records(root / "state").state()


def test_orders_wait_for_nobody_who_is_at_work(root, capsys):
    with locked(root / "state" / "lock", "deploy of r2", "bob@desk"):
        code, end = _agent(root, capsys, "freeze", "--reason", "x")

    assert (4, True) == (code, "deploy of r2 by bob@desk, since " in end["text"])


def test_a_freeze_of_another_make_counts_as_one():
    with pytest.raises(SettingsError, match=r"frozen\.json: not what this tool writes"):
        freeze_of("[]")
    with pytest.raises(LockedError, match=r"prod: frozen by ann.*; inv lock --off --host prod thaws it"):
        refuse_frozen(Freeze("ann@laptop", "why", "2026-11-23T03:40:00+00:00", ""), "prod")
    refuse_frozen(None)


@pytest.mark.parametrize("words", [("down",), ("rotated", "--about", ABOUT)])
def test_nothing_is_stopped_or_rotated_while_a_change_of_a_tier_is_half_done(root, capsys, words):
    (root / "state" / "tier").write_text("base.next-1\n")

    code, end = _agent(root, capsys, *words)

    assert (2, True) == (code, "a change of the edge or the data has begun and not ended" in end["text"])
