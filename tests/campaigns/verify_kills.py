"""
Breaks a running stack in every way that tests/verify/broken_stacks.py knows, and writes which checks of verify saw it.

    python -m fairlead.tests.campaigns.verify_kills

``tests/system/test_verify_stack.py`` runs a sample of the same on every change, and ``test_verify_sites.py`` all of the
sites that are looked at from outside.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from fairlead.ops.engine import docker_client
from fairlead.ops.host import LocalHost
from fairlead.tests.nginx.served import free_ports
from fairlead.tests.verify.broken_stacks import BROKEN, Breaker, Broken
from fairlead.tests.verify.sites import SPOILED

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "campaigns" / "verify-kills.md"
TOOL = Path(sys.executable).parent / "fairlead"
GOOD_RUNS = 20
COLUMNS = 4


@dataclass(frozen=True)
class Running:
    """A stack in a folder of its own."""

    folder: Path
    name: str
    client: str
    environment: dict[str, str] = field(repr=False)

    def run(self, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        """The tool in this folder, to its end."""
        environment = {**self.environment, **more}
        return subprocess.run(
            [TOOL, *arguments], cwd=self.folder, env=environment, capture_output=True, text=True, check=False
        )


@dataclass(frozen=True)
class Kill:
    """A fault, and what verify said about it."""

    fault: Broken
    red: tuple[str, ...]
    code: int

    @property
    def is_killed(self) -> bool:
        """Whether every check that has to see it did."""
        return set(self.fault.red) <= set(self.red)


@contextmanager
def stack() -> Iterator[Running]:
    """A stack of its own, up and healthy; gone at the end."""
    name = f"fairlead-kills-{secrets.token_hex(3)}"
    ports = dict(zip(("PAGE_PORT", "API_PORT", "HTTP_PORT", "HTTPS_PORT"), map(str, free_ports(4)), strict=True))
    environment = {**os.environ, **ports, "RELEASE": name, "GIT_REVISION": "campaign"}
    with tempfile.TemporaryDirectory() as folder:
        for entry in ("app", "docker"):
            left_out = shutil.ignore_patterns("node_modules", "dist", "__pycache__", ".env", "base")
            shutil.copytree(ROOT / entry, Path(folder) / entry, ignore=left_out)
        settings = (ROOT / "fairlead.yaml").read_text().replace("name: agentchat\n", f"name: {name}\n", 1)
        (Path(folder) / "fairlead.yaml").write_text(settings)
        running = Running(Path(folder), name, docker_client(LocalHost()), environment)
        try:
            ended = running.run("up")
            if ended.returncode:
                raise SystemExit(ended.stdout + ended.stderr)
            yield running
        finally:
            running.run("down", "--volumes", "--yes")
            images = [f"agentchat/{each}:{name}" for each in ("backend", "frontend", "certbot")]
            subprocess.run([running.client, "rmi", *images], capture_output=True, check=False)


def red_of(running: Running, *arguments: str, **environment: str) -> tuple[int, tuple[str, ...]]:
    """The exit code and the checks that failed, in their order."""
    ended = running.run("verify", "--json", *arguments, **environment)
    if not ended.stdout:
        return ended.returncode, ()
    findings = json.loads(ended.stdout)["findings"]
    return ended.returncode, tuple(dict.fromkeys(each["id"] for each in findings if each["verdict"] == "FAIL"))


def kills(running: Running, faults: Sequence[Broken]) -> Iterator[Kill]:
    """Breaks the stack in one way after the other."""
    for fault in faults:
        with Breaker(running).broken(fault):
            code, red = red_of(running, *(["--all"] if fault.everything else []), **fault.environment)
        yield Kill(fault, red, code)


def kept(text: str) -> list[Kill]:
    """The results that *text*, a page of before, has of faults that there still are."""
    faults = {fault.name: fault for fault in BROKEN}
    rows = [row.strip("| ").split(" | ") for row in text.splitlines() if row.startswith("| ")]
    known = [row for row in rows if len(row) == COLUMNS and row[0] in faults]
    return [Kill(faults[name], tuple(red.replace("-", "").split(", ")), 1) for name, _, red, _ in known]


def looked_at(text: str) -> tuple[int, int]:
    """How often the good stack was looked at for *text*, and how often it was red."""
    found = re.search(r"looked at (\d+) times and was red (\d+) times", text)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def page(found: Sequence[Kill], good: tuple[int, int]) -> str:
    """The page of results."""
    killed = sum(kill.is_killed for kill in found)
    rows = [
        f"| {kill.fault.name} | {', '.join(kill.fault.red)} | {', '.join(kill.red) or '-'} "
        f"| {'yes' if kill.is_killed else '**no**'} |"
        for kill in found
    ]
    sites = [f"| {each.name} | {', '.join(each.red)} |" for each in SPOILED]
    return "\n".join(
        [
            "# What `inv verify` sees",
            "",
            "Written by `./inv campaign --name verify-kills`, last on "
            f"{datetime.now(UTC):%Y-%m-%d}. A good stack was looked at {good[0]} times and was red "
            f"{good[1]} times. Of {len(found)} ways of breaking the running stack, "
            f"{killed} turned every check red that has to see them.",
            "",
            "| the running stack, broken | has to be red | was red | seen |",
            "|---|---|---|---|",
            *rows,
            "",
            f"And {len(SPOILED)} ways of spoiling a site that is looked at from outside alone, each of which",
            "`tests/system/test_verify_sites.py` tries against a real nginx on every change:",
            "",
            "| a site, spoiled | red |",
            "|---|---|",
            *sites,
            "",
        ]
    )


def main() -> None:
    """Runs the campaign; exits with 1 where a fault was not seen."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="faults whose name holds one of these; other rows of the page stay")
    parser.add_argument("--good", type=int, default=GOOD_RUNS, help="how often the good stack is looked at")
    wanted = parser.parse_args()
    faults = [fault for fault in BROKEN if any(part in fault.name for part in wanted.only.split(","))]
    with stack() as running:
        good = [red_of(running)[0] for _ in range(wanted.good)]
        found = []
        for kill in kills(running, faults):
            found.append(kill)
            print(f"{'seen' if kill.is_killed else 'MISSED':7}{kill.fault.name}: {', '.join(kill.red)}", flush=True)
    before = PAGE.read_text() if wanted.only and PAGE.exists() else ""
    results = {kill.fault.name: kill for kill in (*kept(before), *found)}
    times, red = looked_at(before)
    counted = times + len(good), red + sum(code != 0 for code in good)
    PAGE.write_text(page([results[fault.name] for fault in BROKEN if fault.name in results], counted))
    sys.exit(0 if all(kill.is_killed for kill in found) else 1)


if __name__ == "__main__":
    main()
