"""What each task does: opens the stack, plans, shows or runs the plan, prints what a person wants to know after."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Iterable, Sequence

from . import bases as base_images
from .compose import log_line, model
from .down import confirm_loss, plan_down, volumes_lost
from .engine import require_engine
from .engine_ready import ready_engine
from .environment import PRIVATE, EnvPlan, plan_env
from .errors import FairleadError, InterruptedRunError, SettingsError
from .execute import execute as execute_plan
from .host import LocalHost
from .lock import locked
from .masking import masked
from .plan import Plan, plan_for
from .progress import Progress
from .stack import Stack, open_stack
from .state import is_well, print_state, state_json
from .step import Write
from .up import LOCAL_REGISTRY, REGISTRY, plan_up, refuse_forgotten


def env(*, dry: bool = False) -> None:
    """`inv env`; asks no engine, so that it can come before one."""
    stack = open_stack(client="docker")
    plan = plan_env(stack.settings.env, stack.values)
    refuse_forgotten(stack, plan)
    path = stack.settings.env.file
    write = Write("write the env file", str(path), plan.text, PRIVATE)
    _carry_out(stack, plan_for(stack.host.name, *([write] if plan.changed else [])), "inv env", dry=dry)
    _print_env(plan, str(path))


def bases(*, rebuild: bool = False, dry: bool = False) -> None:
    """`inv bases`."""
    stack = _running()
    plan = plan_for(stack.host.name, *base_images.steps(stack.host, stack.project.client, rebuild=rebuild))
    _carry_out(stack, plan, "inv bases", dry=dry)
    print(base_images.remark())


def build(*, development: bool = False, dry: bool = False) -> None:
    """`inv build`."""
    stack = _running(development=development)
    _carry_out(stack, plan_up(stack, start=False), "inv build", dry=dry)


def up(*, development: bool = False, scale: Iterable[str] = (), dry: bool = False) -> None:
    """`inv up`."""
    if not dry:
        ready_engine(LocalHost())
    stack = _running(development=development)
    counts = dict(_count(text) for text in scale)
    _carry_out(stack, plan_up(stack, scale=counts), "inv up", dry=dry)
    if not dry:
        after = _running(development=development)
        _settle(after)
        print_state(after)
        if after.values.get(REGISTRY) == LOCAL_REGISTRY:
            print(base_images.remark())


def down(
    *, volumes: bool = False, yes: bool = False, prune: bool = False, hosts: Sequence[str] = (), dry: bool = False
) -> None:
    """`inv down`."""
    if hosts:
        from .serving import down as elsewhere  # noqa: PLC0415 - only where a host is meant

        elsewhere.down(hosts, volumes=volumes, prune=prune, yes=yes, dry=dry)
        return
    stack = _running()
    if volumes and not dry:
        confirm_loss(volumes_lost(stack), yes=yes)
    _carry_out(stack, plan_down(stack, volumes=volumes, prune=prune), "inv down", dry=dry)


def status(*, as_json: bool = False, hosts: Sequence[str] = ()) -> None:
    """`inv status`; exits with 1 where a service is not as it should be."""
    if hosts:
        from .deploy import looking  # noqa: PLC0415 - only where a host is meant

        looking.status(hosts, json_wanted=as_json)
        return
    stack = _running()
    if as_json:
        print(json.dumps(state_json(stack), indent=2))
    else:
        print_state(stack)
    if not is_well(stack):
        sys.exit(FairleadError.exit_code)


def logs(*, service: str = "", follow: bool = False, since: str = "", hosts: Sequence[str] = ()) -> None:
    """`inv logs`."""
    flags = [*(["--follow"] if follow else []), *(["--since", since] if since else [])]
    flags += [] if sys.stdout.isatty() else ["--no-color"]
    if hosts:
        from .deploy import looking  # noqa: PLC0415 - only where a host is meant

        looking.logs(hosts, service=service, flags=tuple(flags))
        return
    stack = _running()
    _check_service(stack, service)
    command = stack.project.command("logs", "--timestamps", *flags, *([service] if service else []))
    result = stack.host.stream(command, lambda line: print(log_line(line), flush=True))
    if not result.ok:
        raise FairleadError(f"docker compose logs: {result.reason}")


def execute(*, service: str, command: str, dry: bool = False, hosts: Sequence[str] = ()) -> None:
    """`inv exec`; exits with the command's exit code."""
    if not (service and command):
        raise SettingsError('exec: say where and what, such as --service backend --command "python --version"')
    words = _words(command)
    if hosts:
        from .deploy import looking  # noqa: PLC0415 - only where a host is meant

        looking.execute(hosts, service=service, words=words, dry=dry)
        return
    stack = _running()
    _check_service(stack, service)
    terminal = [] if sys.stdin.isatty() and sys.stdout.isatty() else ["-T"]
    asked = stack.project.command("exec", *terminal, service, *words)
    if dry:
        print(asked)
        return
    sys.exit(stack.host.attach(asked))


def _words(command: str) -> list[str]:
    try:
        return shlex.split(command)
    except ValueError as error:
        raise SettingsError(f"exec: --command: {str(error).lower()}; quote it as a shell wants it") from error


def config(*, development: bool = False, as_json: bool = False) -> None:
    """`inv config`."""
    stack = open_stack(development=development)
    merged = masked(model(stack.host, stack.project), stack)
    if as_json:
        print(json.dumps(merged, indent=2))
        return
    from ..lint.data import dump_yaml  # noqa: PLC0415 - 30 ms that JSON does not need

    print(dump_yaml(merged), end="")


def _running(*, development: bool = False) -> Stack:
    """The stack, where an engine that is good enough runs."""
    return open_stack(development=development, client=str(require_engine(LocalHost()).client))


def _carry_out(stack: Stack, plan: Plan, what: str, *, dry: bool) -> None:
    if dry:
        print(plan)
        return
    try:
        with locked(stack.settings.state / "lock", what), Progress() as progress:
            execute_plan(plan, {stack.host.name: stack.host}, progress, take_back=False)
    except KeyboardInterrupt:
        raise InterruptedRunError(f"{what}: interrupted; run it again, it goes on from where it was") from None


def _settle(stack: Stack) -> None:
    """The certificate that is served is the one in the stack's folder, or this run has failed."""
    if stack.settings.tls is None:
        return
    from .certificates.settling import settle  # noqa: PLC0415 - only stacks with TLS need cryptography

    with locked(stack.settings.state / "lock", "inv up"), Progress() as progress:
        settle(stack, progress)


def _count(text: str) -> tuple[str, int]:
    name, equals, count = text.partition("=")
    if not (name and equals and count.isdigit()):
        raise SettingsError(f"--scale {text}: write it as SERVICE=N, such as backend=2")
    return name, int(count)


def _check_service(stack: Stack, service: str) -> None:
    known = list(model(stack.host, stack.project)["services"])
    if service and service not in known:
        raise SettingsError(f"{service}: no such service; there are {', '.join(sorted(known))}")


def _print_env(plan: EnvPlan, path: str) -> None:
    if plan.made:
        print(f"made a random value for {', '.join(plan.made)}")
    if plan.gained:
        print(f"added from the example: {', '.join(plan.gained)}")
    if not plan.changed:
        print(f"{path} has everything that the example has")
    if plan.empty:
        print(f"left empty, to be filled in by you where you want them: {', '.join(plan.empty)}")
