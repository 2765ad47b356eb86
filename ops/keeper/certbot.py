"""
`inv certbot --host`: what a laptop does on itself, done on the host by the keeper.

The host gets a folder with a fairlead.yaml of its own, in which nothing is left to fill in.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext, redirect_stdout
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from ..certbot.account import HMAC, KID
from ..certbot.authority import authority
from ..certbot.job import Job
from ..certbot.preparing import image_steps
from ..certbot.program import SERVICE, Certbot
from ..certificates.site import site_of, tls_of
from ..command import Result, Secret
from ..compose import model, secret_paths
from ..deploy.building import HERE, built_for
from ..deploy.layers import blob_store, image_ids
from ..deploy.making import tiered
from ..deploy.mounting import Sources
from ..deploy.sending import for_host
from ..deploy.shipping import missing_images, ship
from ..deploy.split import JOB, TIER, split
from ..deploy.target import TargetError, examine
from ..domains import DNS_01
from ..engine import require_engine
from ..errors import SettingsError
from ..execute import execute
from ..host import Host, LocalHost
from ..hosts import Opened, open_hosts
from ..plan import plan_for
from ..progress import Progress
from ..secret_files import secret_text
from ..settings import FILE_NAME
from ..stack import Stack, open_stack
from ..step import Do, Say, Step
from ..up import REGISTRY
from .image import KEEPER
from .noting import note
from .running import Keeper

JOB_NAME = "certbot"
COMPOSE, BUNDLE, HOOK, ENV = "compose.yaml", "ca.pem", "hook", ".env"
CLOSED, OPEN, EXECUTABLE = 0o600, 0o640, 0o750


def certbot(names: Sequence[str], task: str, *, as_json: bool = False, dry: bool = False, **flags: bool) -> None:
    """
    Runs *task* of certbot, with those of *flags* that are set, on the hosts that *names* mean.

    Exits with its code where that is not 0.

    Raises:
        FairleadError: it could not be run there.
    """
    words = (task, *(f"--{name.replace('_', '-')}" for name, said in flags.items() if said))
    ended = []
    with open_hosts(names) as hosts:
        for opened in hosts:
            work = Work(opened)
            with built_for(opened.host, HERE):
                if dry:
                    plan = plan_for(opened.host.name, *work.steps())
                    print(f"{plan}\n{opened.host.name}: {work.keeper.command(*words)}")
                    continue
                with redirect_stdout(sys.stderr) if as_json else nullcontext():
                    prepare(work)
            start = f"{opened.host.name} | " if len(hosts) > 1 else ""
            done = work.keeper.run(words) if as_json else work.keeper.run(words, partial(_told, start))
            ended.append((opened.host.name, done))
    if as_json:
        _print_json(ended)
    if code := next((done.exit_code for _, done in ended if not done.ok), 0):
        sys.exit(code)


def _print_json(ended: Sequence[tuple[str, Result]]) -> None:
    """What each host said, as one; a host that said something else says it as an error."""
    told = []
    for name, done in ended:
        try:
            told.append({"host": name, **json.loads(done.out)})
        except ValueError:
            print(f"{name}: {(done.err or done.out).strip()}", file=sys.stderr)
    print(json.dumps({"version": 1, "hosts": told}, indent=2))


def _told(start: str, line: str) -> None:
    print(f"{start}{line}", flush=True)


def prepare(work: Work) -> None:
    """Brings to the host what the keeper needs there and is not there yet."""
    name = work.opened.host.name
    with Progress() as progress:
        execute(plan_for(name, *work.steps()), {name: LocalHost()}, progress, take_back=False)


@dataclass(frozen=True, eq=False)
class Work:
    """What has to be on a host before certbot can be run there."""

    opened: Opened

    @cached_property
    def keeper(self) -> Keeper:
        """The keeper there."""
        target = examine(self.opened.host, self.opened.layout)
        if target.base is None or not target.state.current:
            name = self.opened.host.name
            raise TargetError(f"{name}: no release serves there; inv deploy --host {name}")
        return Keeper(self.opened.host, target, self.opened.layout, JOB_NAME)

    @cached_property
    def client(self) -> str:
        """The docker client here."""
        return str(require_engine(LocalHost()).client)

    @cached_property
    def stack(self) -> Stack:
        """The stack as the host runs it, with the service of certbot."""
        stack = for_host(open_stack(client=self.client), self.opened.host, self.opened.layout, "")
        released = {name: value for name, value in stack.project.environment.items() if name != "RELEASE"}
        stack = replace(stack, project=replace(stack.project, environment=released))
        return stack.with_variables(COMPOSE_PROFILES=SERVICE, CERTBOT_USER=self.keeper.target.user)

    @cached_property
    def job(self) -> Job:
        """The certificate that is wanted."""
        stack, site = self.stack, site_of(self.stack)
        if not stack.settings.domains or site.is_local:
            raise SettingsError("the site has no name yet; set domains in fairlead.yaml, or DOMAINS in the env file")
        wanted = replace(stack.settings.domains[0], names=site.names)
        merged = model(stack.host, stack.project)
        if SERVICE not in merged["services"]:
            raise SettingsError(
                f"{stack.settings.compose_files[0]}: no service {SERVICE}; see docs/https.md for one to copy"
            )
        ca = authority(stack.settings.acme, dict(stack.values), stack.settings.root)
        folder = stack.settings.state / JOB_NAME
        return Job(Certbot(stack, wanted, wanted.name or stack.settings.name, ca, folder), merged, datetime.now(UTC))

    @property
    def registry(self) -> str:
        """Where base images come from."""
        return self.stack.values.get(REGISTRY, "")

    @cached_property
    def images(self) -> tuple[str, str]:
        """The keeper's and certbot's."""
        return KEEPER.name(self.registry), str(self.job.merged["services"][SERVICE]["image"])

    def steps(self) -> Iterator[Step]:
        """Builds here what is not built, and sends what is not there."""
        yield from image_steps(self.job)
        yield from KEEPER.steps(self.stack.host, self.client, self.registry, self.images[0])
        where = self.opened.host.name
        yield Do("send the images", f"to {where}, layer by layer: {', '.join(self.images)}", self._ship)
        yield Do("send the settings", f"to {where}:{self.keeper.folder}", self._send)

    def _ship(self, _: Host, say: Say) -> None:
        host, client = self.opened.host, self.keeper.target.client
        missing = missing_images(host, client, image_ids(self.client, sorted(self.images)))
        ship(host, self.client, missing, blob_store(), say)
        self.keeper.use(self.images[0])

    def _send(self, _: Host, say: Say) -> None:
        for path, (text, mode) in files(self.job, self.keeper).items():
            say(path)
            self.opened.host.put(f"{self.keeper.folder}/{path}", text, mode)
        note(self.keeper)


def files(job: Job, keeper: Keeper) -> dict[str, tuple[str | Secret, int]]:
    """What stands in the keeper's folder: text and mode by path."""
    settings = job.stack.settings
    model_there = _model(job, keeper)
    found: dict[str, tuple[str | Secret, int]] = {
        FILE_NAME: (_json(_settings(job, keeper)), OPEN),
        COMPOSE: (_json(model_there), OPEN),
    }
    for name in model_there["secrets"]:
        path = secret_paths(job.merged)[name]
        content = secret_text(settings.secrets, name, path, job.stack.values)
        found[f"secrets/{name}"] = (content if isinstance(content, Secret) else Secret(str(content)), CLOSED)
    if given := {key: value for key in (KID, HMAC) if (value := job.stack.values.get(key))}:
        found[ENV] = Secret("".join(f"{key}={value}\n" for key, value in given.items())), CLOSED
    if job.authority.bundle is not None:
        found[BUNDLE] = (_text(job.authority.bundle), OPEN)
    if job.certbot.wanted.challenge.hook is not None:
        found[HOOK] = (_text(job.certbot.wanted.challenge.hook), EXECUTABLE)
    return found


def _settings(job: Job, keeper: Keeper) -> dict[str, Any]:
    """A fairlead.yaml, with places of the host and values in place of variables."""
    stack, layout = job.stack, keeper.layout
    site, tls, edge = site_of(stack), tls_of(stack), stack.settings.edge
    if edge is None:
        raise SettingsError("fairlead.yaml: edge is not set; name the service that runs nginx and its files")
    own = {"site": f"edge/{edge.site.name}"} if edge.site else {}
    return {
        "name": layout.base_project,
        "compose": {"files": [f"{layout.base}/compose.yaml", COMPOSE]},
        "env": {"file": ENV},
        "edge": {
            "service": edge.service,
            "folder": layout.edge,
            "mount": edge.mount,
            "files": ["edge/nginx.conf"],
            **own,
        },
        "domains": [_certificate(job)],
        "tls": {
            "folder": layout.certificates,
            "mount": tls.mount,
            "webroot": layout.webroot,
            "http_port": str(site.http_port),
            "https_port": str(site.https_port),
        },
        "certbot": _authority(job),
    }


def _certificate(job: Job) -> dict[str, Any]:
    wanted = job.certbot.wanted
    challenge: str | dict[str, Any] = wanted.challenge.kind
    if wanted.challenge.kind == DNS_01:
        given = {
            "plugin": wanted.challenge.plugin,
            "hook": HOOK if wanted.challenge.hook else "",
            "credentials": wanted.challenge.credentials,
        }
        challenge = {key: value for key, value in given.items() if value}
        if wanted.challenge.plugin:
            challenge["propagation_s"] = wanted.challenge.propagation_s
    told = {"name": job.name, "names": list(wanted.names), "profile": wanted.profile, "key": wanted.key}
    return {key: value for key, value in told.items() if value} | {"challenge": challenge}


def _authority(job: Job) -> dict[str, Any]:
    acme, ca = job.stack.settings.acme, job.authority
    told: Mapping[str, Any] = {
        "email": acme.email,
        "server": ca.server,
        "staging": ca.staging,
        "ca_bundle": BUNDLE if ca.bundle else "",
        "addresses": list(acme.addresses),
        "resolvers": list(acme.resolvers),
        "notify": list(acme.notify),
    }
    return {key: value for key, value in told.items() if value}


def _model(job: Job, keeper: Keeper) -> dict[str, Any]:
    """The service of certbot alone, as it runs on the host, with the networks and secrets that it uses."""
    stack, layout = job.stack, keeper.layout
    merged = tiered(stack)
    tls = tls_of(stack)
    known = {str(tls.webroot): layout.webroot, str(stack.settings.state): f"{keeper.folder}/.fairlead"}
    merged["services"] = {
        name: service for name, service in merged["services"].items() if name == SERVICE or service[TIER] != JOB
    }
    images = {name: str(service["image"]) for name, service in merged["services"].items()}
    app = split(merged, JOB_NAME, layout, Sources(str(stack.settings.root), known), images).app
    service = app["services"][SERVICE]
    secrets = sorted({each["source"] for each in service.get("secrets") or ()})
    return {
        "services": {SERVICE: {key: value for key, value in service.items() if key != TIER}},
        "networks": {name: app["networks"][name] for name in service.get("networks") or ()},
        "secrets": {name: {"file": f"{keeper.folder}/secrets/{name}"} for name in secrets},
    }


def _json(data: Any) -> str:
    return json.dumps(data, indent=1, sort_keys=True) + "\n"


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise SettingsError(f"{path}: {reason}; fairlead.yaml names it") from error
