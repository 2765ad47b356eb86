"""What `inv init` and `inv ready` print."""

from __future__ import annotations

import json
import sys
from itertools import groupby
from pathlib import Path
from typing import Any

from ..lint import cli as linter
from ..lint import family
from ..lint.data import load_yaml
from ..lint.files import Files
from ..lint.scope import scope_of
from ..lint.settings import settings_for
from .errors import FairleadError
from .execute import execute
from .host import LocalHost
from .initialise import plan_init
from .progress import Progress
from .readiness import Need, needs
from .settings import FILE_NAME, load_settings

BASELINE = "fairlead-baseline.json"


def initialise(*, baseline: bool, dry: bool) -> None:
    """`inv init`: writes what is missing, then lints; with *baseline* freezes what it found."""
    plan = plan_init(Path.cwd())
    if dry:
        print(plan)
        return
    host = LocalHost()
    with Progress() as progress:
        execute(plan, {host.name: host}, progress)
    code = linter.main(["--baseline", BASELINE] if baseline else [])
    if baseline and code == 0:
        _remember_baseline(Path.cwd() / FILE_NAME)
    print("inv ready says what more this stack could have")
    sys.exit(code)


def ready(*, as_json: bool) -> None:
    """`inv ready`; exits with 1 where something is lacking."""
    found = _needs()
    print(json.dumps([vars(need) for need in found], indent=2) if as_json else _text(found), end="\n")
    if not all(need.met for need in found):
        sys.exit(FairleadError.exit_code)


def _needs() -> list[Need]:
    path = Path.cwd() / FILE_NAME
    files = Files()
    settings = settings_for(".")
    paths = scope_of((), settings, files).paths
    models: dict[str, Any] = {
        name: family.load(name, paths[name], files, settings.options) for name in ("compose", "nginx") if paths[name]
    }
    data = load_yaml(path.read_text(encoding="utf-8"), FILE_NAME) if path.exists() else {}
    own = load_settings(path) if path.exists() else None
    return needs(own, models.get("compose", ()), models.get("nginx", ()), data)


def _text(found: list[Need]) -> str:
    lines = []
    for level, group in groupby(found, key=lambda need: need.level):
        members = list(group)
        lacking = sum(not need.met for need in members)
        lines.append(f"{level}: {'ready' if not lacking else f'lacks {lacking} of {len(members)}'}")
        lines += [
            f"  {'ok   ' if need.met else 'lacks'}  {need.what}{'' if need.met else f': {need.mend}'}"
            for need in members
        ]
    return "\n".join(lines)


def _remember_baseline(path: Path) -> None:
    text = path.read_text(encoding="utf-8").replace("# lint:\n#   preset: strict\n", f"lint:\n  baseline: {BASELINE}\n")
    LocalHost().put(str(path), text, 0o644)
