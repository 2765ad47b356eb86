"""No secret of a host is in what its agent tells or keeps, whatever a program says of it."""

from __future__ import annotations

import json

import pytest

from fairlead.ops.agent.hiding import hiding
from fairlead.ops.agent.record import Records
from fairlead.ops.agent.running import carry_out, ended
from fairlead.ops.command import Command
from fairlead.ops.errors import StepFailedError
from fairlead.ops.host import LocalHost
from fairlead.ops.plan import plan_for
from fairlead.ops.step import Do, Run

PASSWORD, KEY = "Tr0ub4dor&3 x", "-----BEGIN KEY-----\nMIIEvQIBADANBg\n-----END KEY-----\n"


@pytest.fixture
def root(tmp_path):
    """A host's folder with secrets of two releases, of the base, and of a base to come."""
    texts = {
        "releases/r1/secrets/db": "old-pass\n",
        "releases/r2/secrets/db": PASSWORD,
        "releases/r2/secrets/short": "on\n",
        "base/secrets/key": KEY,
        "base.next-0a1b2c3d/secrets/root": "to-come-soon",
    }
    for path, text in texts.items():
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    (tmp_path / "base" / "secrets" / "folder").mkdir()
    return tmp_path


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (f"Access denied (using password: {PASSWORD})", "Access denied (using password: ***)"),
        ("mysql://shop:Tr0ub4dor%263%20x@db", "mysql://shop:***@db"),
        ("old-pass, to-come-soon", "***, ***"),
        ("read MIIEvQIBADANBg from the file", "read *** from the file"),
        ("depends on the folder", "depends on the folder"),
    ],
)
def test_what_a_secret_file_holds_is_masked_wherever_it_stands(root, said, shown):
    assert shown == hiding(root)(said)


def test_a_secret_that_a_failing_job_says_is_not_told_and_not_kept(root, capsys):
    records = Records(root / "state")
    job = Run(
        "run the job migrate", Command(("sh", "-c", f"echo 'with {PASSWORD}'; echo '{PASSWORD}: no' >&2; exit 3"))
    )

    def work():
        carry_out(LocalHost(), records, "r2", plan_for("localhost", job))

    assert 1 == ended(root, work)
    told, kept = capsys.readouterr().out, (root / "state" / "journal" / "r2.jsonl").read_text()
    assert (False, False) == (PASSWORD in told, PASSWORD in kept)
    end = json.loads(told.splitlines()[-1])
    assert ("run the job migrate: exit 3: ***: no", True) == (end["text"], "with ***" in end["details"])
    assert "with ***" in told
    assert "exit 3: ***: no" in kept


def test_a_secret_in_what_cannot_be_taken_back_is_masked_too(root, capsys):
    def fail(host, _):
        raise StepFailedError(host.name, "one", PASSWORD)

    def stuck(host):
        raise StepFailedError(host.name, "one", f"not with {PASSWORD}")

    steps = plan_for("localhost", Do("one", "", fail, stuck))

    assert 3 == ended(root, lambda: carry_out(LocalHost(), Records(root / "state"), "r2", steps))
    assert PASSWORD not in capsys.readouterr().out + (root / "state" / "journal" / "r2.jsonl").read_text()
