"""The application: alive, ready, of this release in every container, and seen in the log of the edge."""

from __future__ import annotations

import hashlib
import json
import os
import re
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from ...command import Command
from ...reach import HERE
from ..outside.site import FRESH
from ..promises.running import Running
from ..verdict import Check, Verdict, check, failed, passed, skipped, unseen, warned
from .asking import application, asked, description, parsed
from .installation import Installation

GROUP = "application"
CLOCK_S = 5.0
IN_A_CONTAINER = "/etc/hosts"
"""The engine mounts this into each container from its own folder, so that the keeper sees how full that disk is."""

DISK_WARN, DISK_FAIL = 85, 95
LOG_WAIT_S = 4.0
LOG_PAUSE_S = 0.3
LOG_LINES = "5000"
STATUS = re.compile(r'"status":\s*"?(\d{3})\b|" (\d{3}) \d+ ')
"""In lines of JSON, and in nginx's own format ``combined``."""

SERVER_ERROR, LEAST_ANSWERS, MOST_ERRORS = 500, 50, 0.05


def _each(stack: Installation, address: str, what: str) -> Iterator[Verdict]:
    """The address of fairlead.yaml, in every container of its service."""
    parts = urlsplit(address)
    containers = [each for each in stack.patient.of(parts.hostname or "") if each.running]
    if not address:
        yield skipped(f"fairlead.yaml has no doctor.{what}")
        return
    if not containers:
        yield failed("200", f"no container of {parts.hostname} runs", address, "inv up")
    for container in containers:
        own = parts._replace(netloc=f"127.0.0.1:{parts.port or 80}").geturl()
        found = asked(stack.patient, container, own)
        target = f"{container.name} {parts.path}"
        if found is None:
            yield failed("200", "no answer", target, f"inv logs --service {container.service}")
        elif found[0] > FRESH:
            yield failed(
                "200", f"{found[0]} {stack.masked(found[1][:120])}", target, "inv doctor says what is behind it"
            )
        else:
            yield passed("200", f"{found[0]} {stack.masked(found[1][:120])}", target)


@check("AP1", GROUP, "error", "the application is alive in every container")
def alive(stack: Installation) -> Iterator[Verdict]:
    """Its health address, past the proxy."""
    yield from _each(stack, stack.patient.doctor.health, "health")


@check("AP2", GROUP, "error", "the application is ready: it reaches its databases")
def ready(stack: Installation) -> Iterator[Verdict]:
    """Its ready address, past the proxy."""
    yield from _each(stack, stack.patient.doctor.ready, "ready")


@check("AP13", GROUP, "error", "the addresses of fairlead.yaml answer", rules=("nginx/asset-answered-with-page",))
def addresses(stack: Installation) -> Iterator[Verdict]:
    """Each with a success, and none but the page's with the page: a fallback would answer anything."""
    opened, web = stack.patient.stack, stack.site.web
    known = opened.addresses() if opened and stack.patient.released is None else {}
    if not known:
        yield skipped("fairlead.yaml has no addresses, or they are those of another machine")
    page = web.ask(known["page"]).digest if "page" in known else stack.site.home.digest
    for name, url in known.items():
        answer = web.ask(url)
        mend = "inv why --url shows which location answers it"
        if answer.status > FRESH and not answer.is_redirect:
            yield failed("a success", str(answer.status), url, mend, answer.line)
        elif name != "page" and answer.digest == page:
            yield failed("an answer of its own", f"{answer.status} with the page", url, mend, answer.line)
        else:
            yield passed("a success", str(answer.status), url)


@check("AP3", GROUP, "error", "the site runs this release")
def release(stack: Installation) -> Iterator[Verdict]:
    """The version address, through the edge."""
    url, opened = stack.patient.address("version"), stack.patient.stack
    if not url or opened is None:
        yield skipped("fairlead.yaml has no addresses.version")
        return
    answer = stack.site.web.ask(url)
    data = answer.json()
    wanted = opened.values.get("RELEASE") or "local"
    if not isinstance(data, dict) or "release" not in data:
        yield unseen(f"{url} says no release", url, wanted)
    elif data["release"] != wanted:
        yield failed(f"release {wanted}", f"release {data['release']}", url, "inv up; the image is built with RELEASE")
    else:
        yield passed(f"release {wanted}", f"{data['release']}, revision {data.get('revision')}", url)


@check("AP3b", GROUP, "error", "every container runs this release")
def everywhere(stack: Installation) -> Iterator[Verdict]:
    """The same path as AP3, asked in each container of the application, so that no old one can hide."""
    url, opened = stack.patient.address("version"), stack.patient.stack
    if not url or not stack.patient.doctor.health or opened is None:
        yield skipped("fairlead.yaml has no addresses.version, or no doctor.health that names the service")
        return
    wanted = opened.values.get("RELEASE") or "local"
    containers, port = application(stack.patient)
    for container in containers:
        found = asked(stack.patient, container, f"http://127.0.0.1:{port}{urlsplit(url).path}")
        said = _release_in(found[1]) if found else ""
        promised = f"release {wanted}"
        if not said:
            yield unseen("it says no release", container.name, promised)
        elif said != wanted:
            yield failed(promised, f"release {said}", container.name, "inv up makes it anew")
        else:
            yield passed(promised, said, container.name)


def _release_in(body: str) -> str:
    data = parsed(body)
    return str(data.get("release") or "") if isinstance(data, dict) else ""


@check("AP6", GROUP, "error", "every container answers by the same description of the API")
def same_api(stack: Installation) -> Iterator[Verdict]:
    """By the digest of its OpenAPI description: two that differ would serve one page by two sets of routes."""
    containers, port = application(stack.patient)
    told = {each.name: description(stack.patient, each, port) for each in containers}
    if not any(told.values()):
        yield skipped("the application does not describe its API, or no container of it runs")
        return
    digests = {name: _digest(data) for name, data in told.items() if data}
    wanted = Counter(digests.values()).most_common(1)[0][0]
    for name, data in told.items():
        seen, routes = digests.get(name, "none"), len((data or {}).get("paths", ()))
        if seen == wanted:
            yield passed(f"description {wanted}", f"{seen}, {routes} routes", name)
        else:
            yield failed(f"description {wanted}", seen, name, "inv up makes the containers of one release")


def _digest(data: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()[:12]


@check("AP9", GROUP, "warning", "requests are found again in the edge's log")
def logged(stack: Installation) -> Iterator[Verdict]:
    """By path and by the id of this run: whoever looks for a request later will find it."""
    edge = stack.edge
    if edge is None:
        yield skipped("no nginx of this stack is published on this machine")
        return
    path, run = f"/fairlead-{stack.site.nonce}-logged", stack.site.web.run
    stack.site.web.ask(stack.site.at(path))
    if run in _line_with(stack, [edge.container], path):
        yield passed(f"{path} by run {run}", "there", edge.container)
        return
    mend = "access_log with $uri and $http_user_agent"
    yield failed(f"{path} by run {run}", "not there", edge.container, mend, place=edge.main)


@check("AP12", GROUP, "warning", "the application's log names the same request and the same visitor")
def named_alike(stack: Installation) -> Iterator[Verdict]:
    """By the id that the answer carries: nginx has to hand on the id, and the address of who asks."""
    edge, path = stack.edge, next(iter(stack.site.api), "")
    containers, _ = application(stack.patient)
    if edge is None or not path or not containers or not _logs_ids(edge):
        yield skipped("no route of an API is known, or the edge's log names no request's id")
        return
    answer = stack.site.web.ask_anew(stack.site.at(path))
    number = answer.header("x-request-id")
    line = _line_with(stack, [edge.container], number) if number else ""
    if not line:
        mend, seen = "add_header X-Request-ID $request_id always;", f"{number[:8]}, in no line" if number else "none"
        yield failed("the id that the edge logs, in X-Request-ID", seen, stack.site.at(path), mend, answer.line)
        return
    client = (parsed(line) or {}).get("client")
    if not isinstance(client, str):
        yield skipped("the edge's log names no client in JSON", edge.container)
        return
    promised, target = f"{number[:8]}... by {client}", containers[0].service
    own = _line_with(stack, [each.name for each in containers], number)
    mend = "proxy_set_header X-Request-ID $request_id; and X-Real-IP $remote_addr;"
    if not own:
        yield failed(promised, "the id is in no line", target, mend, answer.line)
    elif not re.search(rf"(?<![\w.:]){re.escape(client)}(?![\w.:])", own):
        yield failed(promised, "the line names another visitor", target, mend, answer.line)
    else:
        yield passed(promised, "there", target)


def _logs_ids(edge: Running) -> bool:
    return any("$request_id" in " ".join(each.args) for each in edge.config.find("log_format"))


def _line_with(stack: Installation, containers: Sequence[str], text: str) -> str:
    """The first line with *text* in the log of one of *containers*, as soon as it is there; empty where it never is."""
    ends_at = time.monotonic() + LOG_WAIT_S
    while True:
        for container in containers:
            told = stack.docker("logs", "--since", "2m", container)
            line = next((each for each in (told.out + told.err).splitlines() if text in each), "")
            if line or time.monotonic() > ends_at:
                return line
        time.sleep(LOG_PAUSE_S)


@check("AP8", GROUP, "warning", "few answers are errors of the servers")
def errors(stack: Installation) -> Iterator[Verdict]:
    """In the edge's log, since its container started or among its last lines; the requests of this run count too."""
    edge = stack.edge
    if edge is None:
        yield skipped("no nginx of this stack is published on this machine")
        return
    told = stack.docker("logs", "--tail", LOG_LINES, edge.container)
    statuses = [int(found[1] or found[2]) for found in map(STATUS.search, told.out.splitlines()) if found]
    bad = sum(status >= SERVER_ERROR for status in statuses)
    promised = f"at most {MOST_ERRORS:.0%} of the answers 500 or above"
    observed = f"{bad} of {len(statuses)}"
    if len(statuses) < LEAST_ANSWERS:
        yield skipped(f"only {len(statuses)} answers with a status in the log", edge.container)
    elif bad > MOST_ERRORS * len(statuses):
        yield warned(promised, observed, edge.container, "inv logs --service of the edge, and of what it passes on to")
    else:
        yield passed(promised, observed, edge.container)


@check("CT8", "containers", "error", "there is room on the disk")
def disk(stack: Installation) -> Iterator[Verdict]:
    """Space and inodes where the engine keeps its data."""
    root = str(stack.patient.machine.get("DockerRootDir") or "/")
    for flag, what in (("--output=pcent", "space"), ("--output=ipcent", "inodes")):
        told = stack.patient.host.run(_df(flag, IN_A_CONTAINER if os.environ.get(HERE) else root), timeout_s=10)
        used = told.out.splitlines()[-1].strip().rstrip("%") if told.ok and told.out.strip() else ""
        promised, target = f"less than {DISK_FAIL} % used", f"{root} {what}"
        if not used.isdigit():
            yield unseen(told.reason if not told.ok else "df does not say", target, promised)
        elif int(used) >= DISK_FAIL:
            yield failed(promised, f"{used} %", target, "inv down --prune, or a larger disk")
        elif int(used) >= DISK_WARN:
            yield warned(promised, f"{used} %", target, "inv down --prune, or a larger disk")
        else:
            yield passed(promised, f"{used} %", target)


def _df(flag: str, root: str) -> Command:
    return Command(("df", flag, root))


@check("CT9", "containers", "warning", "the clocks agree")
def clock(stack: Installation) -> Iterator[Verdict]:
    """The edge's Date beside this machine's own."""
    answer = stack.site.web.ask_anew(stack.site.base)
    try:
        told = parsedate_to_datetime(answer.header("date")).timestamp()
    except (TypeError, ValueError):
        yield unseen("the answer has no Date", stack.site.base, "the same time")
        return
    apart = abs(time.time() - told)
    if apart > CLOCK_S:
        yield failed(f"at most {CLOCK_S:g} s apart", f"{apart:.0f} s", stack.site.base, "see the clock of the host")
    else:
        yield passed(f"at most {CLOCK_S:g} s apart", f"{apart:.1f} s", stack.site.base)


CHECKS: tuple[Check[Installation], ...] = (
    alive,
    ready,
    addresses,
    release,
    everywhere,
    same_api,
    logged,
    named_alike,
    errors,
    disk,
    clock,
)
