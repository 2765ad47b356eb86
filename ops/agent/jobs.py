"""Runs a job of a release, once: also where an agent was killed, or the engine was away, while it was at work."""

from __future__ import annotations

from dataclasses import dataclass

from ..command import Command, Result
from ..compose import ComposeProject
from ..errors import StepFailedError
from ..host import Host
from ..step import Do, Say, Step, end_of
from .leftovers import ASK_S, END_S, GRACE, containers_of
from .patient import once


def job_step(project: ComposeProject, name: str) -> Step:
    """
    Runs the job *name* of *project*; taking it back ends one that still runs.

    One that is at work already, since its agent was killed, is waited for instead: two migrations at once would be
    worse than one.
    """
    job = Job(project, name)
    return Do(job.title, str(job.command), job.run, job.end)


@dataclass(frozen=True)
class Job:
    """A service that runs to its end."""

    project: ComposeProject
    name: str

    @property
    def title(self) -> str:
        """What its step is called."""
        return f"run the job {self.name}"

    @property
    def command(self) -> Command:
        """What runs it."""
        return self.project.command("run", "--rm", "--no-deps", "-T", self.name)

    def run(self, host: Host, say: Say) -> None:
        """
        Raises:
            StepFailedError: it did not end well.
        """
        found = self._containers(host)
        if found:
            say(f"it is at work already; waiting for {found[0][:12]}")
            result = _outlasted(host, found[0], say)
        else:
            self.end(host)
            result = self._begun(host, say)
        if not result.ok:
            raise StepFailedError(host.name, self.title, result.reason, end_of(result))

    def end(self, host: Host) -> None:
        """
        Ends what runs of it, and removes what is left.

        Raises:
            StepFailedError: it still runs.
        """
        found = self._containers(host, "--all")
        if found:
            host.run(Command(("docker", "stop", "--time", GRACE[1], *found)), END_S)
            host.run(Command(("docker", "rm", "--force", "--volumes", *found)), ASK_S)
        left = self._containers(host)
        if left:
            raise StepFailedError(host.name, self.title, f"{left[0][:12]} still runs; docker rm --force ends it")

    def _begun(self, host: Host, say: Say) -> Result:
        result = once(host).stream(self.command, say)
        left = [] if result.ok else self._containers(host)
        if not left:
            return result
        say(f"the engine was away, and the job was not; waiting for {left[0][:12]}")
        return _outlasted(host, left[0], say)

    def _containers(self, host: Host, *flags: str) -> list[str]:
        labels = (f"service={self.name}", "oneoff=True")
        return containers_of(host, self.project.name, self.title, *flags, labels=labels)


def _outlasted(host: Host, container: str, say: Say) -> Result:
    """How it ends, and what it says until then."""
    return host.stream(Command(("docker", "attach", "--no-stdin", "--sig-proxy=false", container)), say)
