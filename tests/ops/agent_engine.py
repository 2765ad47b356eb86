"""An engine for the agent, in memory: containers by project and service, and an nginx that answers what it is told."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from fairlead.ops.command import Result
from fairlead.ops.host import LocalHost

MANIFEST = {
    "version": 1,
    "stack": "shop",
    "services": {"edge": ["nginx"], "data": ["mysql"], "app": ["web"], "job": ["migrate"]},
    "networks": {},
    "volumes": {},
    "images": {},
    "edge": "nginx",
    "mount": "/e",
    "smoke": ["http://localhost/"],
    "drain_s": 0,
    "watch_s": 0,
}

FINE = Result(0)
CURL = Result(0, "curl 8")


def write_release(root, name, **more):
    """A release as the laptop sends it; *more* goes into its manifest."""
    folder = root / "releases" / name
    (folder / "nginx").mkdir(parents=True)
    (folder / "nginx" / "nginx.conf").write_text(f"# {name}\n")
    (folder / "compose.yaml").write_text("{}")
    data = {**MANIFEST, "name": name, "probes": [f"http://web-{name}/health"], **more}
    (folder / "release.json").write_text(json.dumps(data))


@dataclass
class Container:
    """One container; *once* of one that `docker compose run` made."""

    project: str
    service: str
    state: str = "running"
    exit_code: int = 0
    once: bool = False


@dataclass
class Engine:
    """
    A host with such an engine.

    Attributes:
        containers: By id.
        answers: The status of an address by a part of it; 200 where none fits.
        torn: Projects whose files Compose does not read.
        dead: Services that do not start.
        job: How a job ends.
        goes_on: Whether its container goes on after that, as where the engine was away.
        asked: Every command, as one text.
        logs: What nginx's access log has.
    """

    name: str = "here"
    containers: dict[str, Container] = field(default_factory=dict)
    answers: dict[str, int] = field(default_factory=dict)
    torn: list[str] = field(default_factory=list)
    dead: list[str] = field(default_factory=list)
    job: Result = FINE
    goes_on: bool = False
    asked: list[str] = field(default_factory=list)
    logs: Result = FINE
    curl: Result = CURL
    worker: int = 100

    def have(self, project, service, **more):
        """Adds a container, and gives its id."""
        identity = f"{project}-{service}-{len(self.containers)}"
        self.containers[identity] = Container(project, service, **more)
        return identity

    def running(self):
        """The containers that run, by project and service."""
        return sorted((each.project, each.service) for each in self.containers.values() if each.state == "running")

    def run(self, command, timeout_s=None):
        """See `Host`."""
        words = command.argv
        self.asked.append(" ".join(words))
        if words[0] != "docker":
            return LocalHost().run(command)
        if words[1] == "compose":
            at = words.index("--project-name") + 1
            rest = words[at + 1 :]
            while rest[0] == "--file":
                rest = rest[2:]
            return getattr(self, f"_compose_{rest[0]}")(words[at], rest[1:])
        return getattr(self, f"_{words[1]}", lambda *_: Result(0))(*words[2:])

    def stream(self, command, line):
        """See `Host`."""
        result = self.run(command)
        for text in (result.out + result.err).splitlines():
            line(text)
        return result

    def put(self, path, content, mode):
        """See `Host`."""
        LocalHost().put(path, content, mode)

    def _ps(self, *words):
        wanted = dict(word.removeprefix("label=").split("=", 1) for word in words if word.startswith("label="))
        found = [
            identity
            for identity, each in self.containers.items()
            if each.project == wanted.get("com.docker.compose.project", each.project)
            and each.service == wanted.get("com.docker.compose.service", each.service)
            and str(each.once) == wanted.get("com.docker.compose.oneoff", str(each.once))
            and ("--all" in words or each.state == "running")
        ]
        return Result(0, "".join(f"{identity}\n" for identity in found))

    def _exec(self, container, *words):
        if self.containers[container].state != "running":
            return Result(1, err="is not running")
        if words == ("curl", "--version"):
            return self.curl
        if words[0] == "curl":
            status = next((each for part, each in self.answers.items() if part in " ".join(words)), 200)
            return Result(0, f"said\n{status}")
        if "reload" in words:
            self.worker += 1
        return Result(0)

    def _top(self, container, *_):
        if self.containers[container].state != "running":
            return Result(1, err="is not running")
        return Result(0, f"PID COMMAND\n1 nginx: master process\n{self.worker} nginx: worker process\n")

    def _logs(self, *_):
        return self.logs

    def _inspect(self, *words):
        each = self.containers[words[-1]]
        if "State.Health" in words[1]:
            return Result(0, "null")
        return Result(0, f"{each.state} {each.exit_code}\n")

    def _attach(self, *words):
        each = self.containers.pop(words[-1])
        return Result(each.exit_code, "at the end\n")

    def _stop(self, *names):
        for name in names:
            if name in self.containers:
                self.containers[name].state = "exited"
        return Result(0)

    def _rm(self, *names):
        for name in names:
            self.containers.pop(name, None)
        return Result(0)

    def _compose_up(self, project, words):
        for service in [word for word in words if not word.startswith("--")]:
            there = [each for each in self.containers.values() if (each.project, each.service) == (project, service)]
            each = there[0] if there else self.containers[self.have(project, service)]
            if each.state != "restarting":
                each.state = "exited" if service in self.dead else "running"
        return Result(0)

    def _compose_restart(self, project, words):
        for each in self.containers.values():
            if each.project == project and each.service in words:
                each.state = "exited" if each.service in self.dead else "running"
        return Result(0)

    def _compose_ps(self, project, _):
        rows = [
            {
                "Service": each.service,
                "Name": name,
                "State": each.state,
                "ExitCode": each.exit_code,
                "Health": "healthy" if each.state == "running" else "",
                "Labels": f"com.docker.compose.oneoff={each.once}",
            }
            for name, each in self.containers.items()
            if each.project == project
        ]
        return Result(0, "\n".join(json.dumps(row) for row in rows))

    def _compose_run(self, project, words):
        if "curl" in words:
            return self.curl
        if self.goes_on:
            self.have(project, words[-1], once=True)
        return self.job

    def _compose_stop(self, project, _):
        if project in self.torn:
            return Result(15, err="no such file or directory")
        for each in self.containers.values():
            if each.project == project and not each.once:
                each.state = "exited"
        return Result(0)

    def _compose_down(self, project, _):
        if project in self.torn:
            return Result(15, err="no such file or directory")
        gone = [name for name, each in self.containers.items() if each.project == project and not each.once]
        return self._rm(*gone)
