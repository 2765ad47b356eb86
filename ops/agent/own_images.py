"""A release runs the images that it was made with, whatever its names stand for on the host by now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ..command import Command
from ..deploy.split import APP, JOB
from ..errors import StepFailedError
from ..host import Host
from ..kept_json import data_of
from ..step import Do, Say, Step
from .bundle import Bundle

TITLE = "see that its images are those it was made with"
ASK_S = 60.0


def own_images_step(bundle: Bundle, *, jobs: bool) -> Iterator[Step]:
    """
    Before anything of *bundle* runs: a name that stands for another image gets its own back, where that is there.

    Args:
        jobs: Whether the release's jobs run.
    """
    services = (*bundle.services[APP], *(bundle.services[JOB] if jobs else ()))

    def look(host: Host, say: Say) -> None:
        for reference in _references(bundle, services):
            _hold_to(host, reference, bundle.images.get(reference, ""), bundle.name, say)

    yield Do(TITLE, "docker image inspect", look)


def _references(bundle: Bundle, services: Iterable[str]) -> list[str]:
    file = bundle.folder / "compose.yaml"
    text = file.read_text(encoding="utf-8", errors="replace")
    models: Mapping[str, Mapping[str, str]] = data_of(text, str(file)).get("services", {})
    return sorted({models[name]["image"] for name in services if "image" in models.get(name, {})})


def _hold_to(host: Host, reference: str, identity: str, release: str, say: Say) -> None:
    """A manifest that names no id of it is of a release whose images were never told apart."""
    found = _id_of(host, reference)
    if not identity or found == identity:
        return
    say(f"{reference}: stands for {found[:19] or 'nothing'}; {release} was made with {identity[:19]}")
    named = host.run(Command(("docker", "tag", identity, reference)), timeout_s=ASK_S)
    if not named.ok or _id_of(host, reference) != identity:
        is_now = f"is {found[:19]} on this host" if found else "is not on this host"
        raise StepFailedError(
            host.name, TITLE, f"{reference} {is_now}, and {release} was made with {identity[:19]}; deploy it anew"
        )


def _id_of(host: Host, reference: str) -> str:
    asked = Command(("docker", "image", "inspect", "--format", "{{.Id}}", reference))
    found = host.run(asked, timeout_s=ASK_S)
    return found.out.strip() if found.ok else ""
