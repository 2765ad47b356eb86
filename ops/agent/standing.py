"""What an operator orders for a host and what outlasts the run: maintenance, a freeze."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from .. import edge
from ..errors import FairleadError, LockedError, SettingsError
from ..host import Host
from ..lock import locked
from ..maintenance.order import FILE, Order
from ..maintenance.switching import hsts_in, note_step, order_in, switch_steps
from ..maintenance.texts import with_maintenance
from ..plan import Plan, plan_for
from ..settings import EdgeSettings
from .bundle import Bundle, load
from .freezing import Freeze, freeze_in, write_freeze
from .nginx import running_nginx
from .patient import PatientHost
from .record import Records
from .running import LOCK, carry_out, ended, records_in, tell
from .tier import refuse_half_done


def maintain(root: str, order: str, who: str) -> int:
    """Puts the host into maintenance, as the file *order* in the state folder says; out of it where that is empty."""
    return ended(root, lambda: _maintain(Path(root), order, who))


def freeze(root: str, reason: str, who: str) -> int:
    """Refuses deployments and rollbacks from now on; takes them again where *reason* is empty."""
    return ended(root, lambda: _freeze(Path(root), reason, who))


def _maintain(root: Path, order: str, who: str) -> None:
    host, records = PatientHost(), records_in(str(root))
    handed = records.folder / order if order else None
    with locked(root / LOCK, "maintenance", who):
        wanted = order_in(handed) if handed else None
        what = "maintenance on" if wanted else "maintenance off"
        refuse_half_done(records)
        bundle = _serving(str(root), records)
        plan = _plan(host, records, bundle, wanted)
        records.audit(who=who, what=what, release=bundle.name)
        try:
            carry_out(host, records, bundle.name, plan)
        except FairleadError:
            records.audit(who=who, what=f"{what}: taken back", release=bundle.name)
            raise
        finally:
            if handed:
                handed.unlink(missing_ok=True)
        settings = _edge(bundle)
        records.write_state(replace(records.state(), generation=edge.live_generation(settings) or ""))
        edge.prune(settings)


def _serving(root: str, records: Records) -> Bundle:
    """The release that serves, where no switch is half done: going on with that would end maintenance unseen."""
    state = records.state()
    state.refuse_pending("maintenance")
    if not state.current:
        raise SettingsError("no release serves here, so there is nothing to close; inv deploy")
    return load(root, state.current)


def _plan(host: Host, records: Records, bundle: Bundle, wanted: Order | None) -> Plan:
    files = with_maintenance(bundle.nginx(), wanted, hsts_in(Path(bundle.layout.certificates)))
    nginx = running_nginx(host, bundle.layout.base_project, bundle.edge, bundle.mount)
    note = note_step(records.folder / FILE, wanted)
    return plan_for(host.name, note, *switch_steps(_edge(bundle), nginx, files, bundle.drain_s))


def _edge(bundle: Bundle) -> EdgeSettings:
    return EdgeSettings(bundle.edge, Path(bundle.layout.edge), bundle.mount, ())


def _freeze(root: Path, reason: str, who: str) -> None:
    records = records_in(str(root))
    with locked(root / LOCK, "freeze" if reason else "thaw", who):
        held = freeze_in(records.folder)
        if reason and held:
            raise LockedError(f"{held}; inv lock --off takes that back")
        if not (reason or held):
            tell("note", text="it was not frozen")
            return
        current = records.state().current
        records.audit(who=who, what="frozen" if reason else "thawed", release=current, reason=reason)
        write_freeze(records.folder, Freeze.now(who, reason, current) if reason else None)
