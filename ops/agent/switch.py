"""
The switch from one release to another, on the host: a plan of steps that can each be repeated and taken back.

The order is what loses no request: the new release answers before nginx names it, and the old one stops only when no
worker of nginx is left that could still ask it. tests/system/test_deploy.py counts what is lost.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from .. import edge
from ..command import Command
from ..compose import ComposeProject
from ..deploy.split import APP, DATA, EDGE, JOB
from ..errors import StepFailedError
from ..host import Host
from ..maintenance.order import FILE, Order
from ..maintenance.switching import hsts_in, order_in
from ..maintenance.texts import with_maintenance
from ..plan import Plan, plan_for
from ..settings import EdgeSettings
from ..step import Do, Run, Say, Step
from ..waiting import wait_step
from .bundle import Bundle
from .dump import TITLE as DUMP
from .dump import dump_before_migrations
from .evidence import see_live
from .having import have_networks, have_volumes
from .jobs import job_step
from .leftovers import remove, stop
from .nginx import Nginx, NginxError, running_nginx
from .own_images import own_images_step
from .proving import answers_by_name, ask_by_name, ask_until_well, curl_step, watch
from .record import Records, State
from .standing_up import again_step, first_steps
from .sweeping import end_step

START = "start the new release"
PROBE = "ask the new release from where nginx asks it"
SWITCH = "switch nginx to the new release"
SMOKE = "ask through nginx, and watch its answers"
COMMIT = "note that it serves"
PAUSE_S = 0.2


class Switch:
    """
    The steps that make *bundle* the release that serves.

    Args:
        before: What serves now.
        jobs: Whether the release's jobs run, such as migrations; a rollback runs none.
        note: Takes what whoever follows has to keep, such as where a dump is.
    """

    def __init__(
        self,
        host: Host,
        bundle: Bundle,
        records: Records,
        before: State,
        *,
        jobs: bool = True,
        note: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.host = host
        self.bundle = bundle
        self.records = records
        self.before = before
        self.jobs = jobs
        self.note = note
        layout = bundle.layout
        self.base = project(layout.base_project, Path(layout.base) / "compose.yaml")
        self.app = project(layout.project(bundle.name), bundle.folder / "compose.yaml")
        self.edge = EdgeSettings(bundle.edge, Path(layout.edge), bundle.mount, ())
        self._by_name: dict[str, int] = {}

    def until_serving(self) -> Plan:
        """Everything until the new release serves and is proven; each step is taken back when a later one fails."""
        return plan_for(self.host.name, *self._until_serving())

    def after(self) -> Plan:
        """What is left once the new release serves: nothing here is taken back."""
        return plan_for(self.host.name, *self._after())

    def _until_serving(self) -> Iterator[Step]:
        services = self.bundle.services
        yield from have_networks(self.bundle.networks)
        yield from have_volumes(self.bundle.volumes)
        if services[DATA]:
            yield Run("have the data services run", self._up(self.base, services[DATA]))
            yield wait_step(self.base, services=services[DATA])
        up = self._up(self.base, services[EDGE])
        nginx = self._nginx()
        if nginx is None and self.before.generation:
            yield again_step(self.base, up, services[EDGE], self._nginx)
        yield from curl_step(self.bundle, *self._curl(nginx))
        yield from own_images_step(self.bundle, jobs=self.jobs)
        if self.jobs and self.bundle.migrations is not None:
            yield Do(DUMP, "only where migrations are pending; mysqldump, gzip", self._dump)
        for name in services[JOB] if self.jobs else ():
            yield job_step(self.app, name)
        if self.bundle.assets is not None:
            yield end_step(self.bundle.stack)
        start = Run(START, self._up(self.app, services[APP]))
        is_there = self.bundle.name == self.before.current
        yield Do(START, str(start), start.run, None if is_there else self._end)
        yield wait_step(self.app)
        if nginx is None:
            yield from first_steps(
                self.base, up, services[EDGE], nginx=self._nginx, write=self._write, back=self._switch_back
            )
        yield Do(PROBE, "\n    ".join(self.bundle.probes) or "nothing is named to be asked", self._probe)
        yield Do(
            SWITCH,
            f"a generation that names {self.bundle.name}, nginx -t, link, reload",
            self._switch,
            self._switch_back,
        )
        yield Do(SMOKE, "\n    ".join(self.bundle.smoke) or "its answers only", self._smoke)

    def _after(self) -> Iterator[Step]:
        yield Do(COMMIT, "state.json, current", self._commit)
        yield Do("let the old workers of nginx end", f"wait, at most {self.bundle.drain_s:g} s", self._drain)
        old = self.before.before(self.bundle.name)
        if old:
            title = f"stop {old}, which stays for a rollback"
            gone = project(self.bundle.layout.project(old), Path(self.bundle.layout.release(old)) / "compose.yaml")
            yield Do(title, str(gone.command("stop")), lambda host, say: stop(host, gone, title, say))

    def _up(self, what: ComposeProject, services: tuple[str, ...]) -> Command:
        return what.command("up", "--detach", "--no-build", "--no-recreate", "--no-deps", *services)

    def _curl(self, nginx: Nginx | None) -> tuple[Command, Command]:
        words = ("curl", "--version")
        alone = self.base.command(
            "run", "--rm", "--no-deps", "-T", "--entrypoint", words[0], self.bundle.edge, *words[1:]
        )
        return (Command(("docker", "exec", nginx.container, *words)) if nginx else alone), alone

    def _end(self, host: Host) -> None:
        """Taking back a release that ran before only stops it: it is what a rollback goes to."""
        if self.bundle.name in self.before.previous:
            stop(host, self.app, START, lambda _: None)
        else:
            remove(host, self.app, START)

    def _nginx(self) -> Nginx | None:
        return running_nginx(self.host, self.base.name, self.bundle.edge, self.bundle.mount)

    def _running_nginx(self, step: str) -> Nginx:
        nginx = self._nginx()
        if nginx is None:
            raise StepFailedError(self.host.name, step, f"no container of {self.base.name} runs {self.bundle.edge}")
        return nginx

    def _dump(self, host: Host, say: Say) -> None:
        note = dump_before_migrations(host, self.bundle, say)
        if note:
            self.records.journal(self.bundle.name, event="dump", step=DUMP, text=note)
            self.note(note)

    def _probe(self, host: Host, say: Say) -> None:
        nginx = self._running_nginx(PROBE)
        for address in self.bundle.probes:
            ask_until_well(host, nginx, address, PROBE, say)

    def _write(self, host: Host, say: Say) -> None:
        """A generation with this release's files; nothing where the live one has them."""
        for step in edge.edge_steps(self.edge, self._files()):
            step.run(host, say)

    def _files(self) -> dict[str, str]:
        """The release's own files, and those of maintenance while it is on."""
        hsts = hsts_in(Path(self.bundle.layout.certificates))
        return with_maintenance(self.bundle.nginx(), self._order(), hsts)

    def _order(self) -> Order | None:
        return order_in(self.records.folder / FILE)

    def _switch(self, host: Host, say: Say) -> None:
        nginx = self._running_nginx(SWITCH)
        files = self._files()
        if edge.live_files(self.edge) != files:
            self._by_name = answers_by_name(nginx, self.bundle)
            write, link = edge.edge_steps(self.edge, files)
            write.run(host, say)
            newest = f"g{edge.generations(self.edge)[-1]}"
            say(f"nginx -t of {newest}")
            _named(host, SWITCH, partial(nginx.test, newest))
            link.run(host, say)
        say("reload")
        _named(host, SWITCH, nginx.reload)
        _named(host, SWITCH, partial(see_live, nginx, self.bundle))

    def _switch_back(self, host: Host) -> None:
        """
        Only where nginx may name the new release; the old one still runs.

        A link that names the old generation already is of a take-back that was cut off: nginx may not know of it.
        """
        generation = self.before.generation
        newest = edge.generations(self.edge)[-1:]
        if not generation or (edge.live_generation(self.edge) == generation and generation == f"g{newest[0]}"):
            return
        edge.point(self.edge, generation)
        nginx = self._nginx()
        if nginx is not None:
            nginx.reload()
            self._drain(host, lambda _: None)

    def _smoke(self, host: Host, say: Say) -> None:
        nginx = self._running_nginx(SMOKE)
        begun, closed = time.time(), self._order() is not None
        for address in self.bundle.smoke:
            ask_until_well(host, nginx, address, SMOKE, say)
        for told in ask_by_name(host, nginx, self.bundle, SMOKE, say, before=self._by_name, closed=closed):
            self.note(told)
        unseen = watch(host, nginx, SMOKE, say, begun=begun, watch_s=self.bundle.watch_s, closed=closed)
        if unseen:
            self.note(unseen)

    def _commit(self, _: Host, say: Say) -> None:
        generation = edge.live_generation(self.edge) or ""
        self.records.write_state(self.before.served_by(self.bundle.name, generation))
        link = Path(self.bundle.root) / ".current.new"
        link.unlink(missing_ok=True)
        link.symlink_to(f"releases/{self.bundle.name}")
        link.replace(self.bundle.layout.current)
        edge.prune(self.edge)
        say(f"{self.before.current or 'nothing'} -> {self.bundle.name}")

    def _drain(self, _: Host, say: Say) -> None:
        nginx = self._nginx()
        until = time.monotonic() + self.bundle.drain_s
        while nginx is not None and (leaving := nginx.leaving()):
            say(f"{len(leaving)} still at work")
            if time.monotonic() > until:
                return  # their connections have had their time; nginx ends them by worker_shutdown_timeout
            time.sleep(PAUSE_S)


def project(name: str, file: Path) -> ComposeProject:
    """A compose project whose one file is complete: nothing is left to be filled in."""
    return ComposeProject("docker", name, (file,), None, {})


def _named(host: Host, step: str, call: Callable[[], None]) -> None:
    try:
        call()
    except NginxError as error:
        raise StepFailedError(host.name, step, str(error)) from error
