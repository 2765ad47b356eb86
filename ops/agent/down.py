"""Takes the site of a host down: the edge first, so that nobody meets half of it, and the data last."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ..lock import locked
from ..plan import plan_for
from ..step import Run, Step
from .bundle import Bundle, load
from .patient import PatientHost
from .running import LOCK, carry_out, ended, records_in, tell
from .switch import project
from .tier import refuse_half_done


def down(root: str, who: str) -> int:
    """Stops what serves; containers, data and releases stay, and a deploy starts them again."""
    return ended(root, lambda: _down(Path(root), who))


def _down(root: Path, who: str) -> None:
    host, records = PatientHost(), records_in(str(root))
    with locked(root / LOCK, "down", who):
        state = records.state()
        state.refuse_pending("down")
        refuse_half_done(records)
        if not state.current:
            tell("note", text="no release serves here; nothing to stop")
            return
        records.audit(who=who, what="down", release=state.current)
        steps = plan_for(host.name, *_steps(load(str(root), state.current)))
        carry_out(host, records, state.current, steps, take_back=False)


def _steps(bundle: Bundle) -> Iterator[Step]:
    layout = bundle.layout
    base = project(layout.base_project, Path(layout.base) / "compose.yaml")
    app = project(layout.project(bundle.name), bundle.folder / "compose.yaml")
    yield Run("stop the edge", base.command("stop", *bundle.services["edge"]))
    yield Run(f"stop {bundle.name}", app.command("stop"))
    yield Run("stop the data services", base.command("stop"))
