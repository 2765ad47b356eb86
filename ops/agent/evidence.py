"""After a switch: nginx runs on the generations, and sees the one that names the release."""

from __future__ import annotations

from collections.abc import Iterator

from ..command import Command
from ..edge_command import configuration_in, live_configuration
from .bundle import Bundle
from .nginx import Nginx, NginxError

MASTER = "nginx: master process "
ASK_S = 60.0


def see_live(nginx: Nginx, bundle: Bundle) -> None:
    """
    Holds the nginx that runs to the generation that was just switched to.

    A reload and answers of 200 prove nothing where nginx runs on files of its own: the old release gives them.

    Raises:
        NginxError: it runs on another file, or that file is another one in its container.
    """
    wanted = live_configuration(nginx.mount)
    for title in _masters(nginx):
        runs_on = configuration_in(title.split())
        if runs_on not in {wanted, None}:
            raise NginxError(
                f"runs on {runs_on or 'its own nginx.conf'} and not on {wanted}, so no release reaches it; start it "
                f"with -c {wanted}"
            )
    names = sorted(_names(bundle))
    if not names:
        return
    asked = Command((nginx.client, "exec", nginx.container, "nginx", "-T", "-q", "-c", wanted))
    told = nginx.host.run(asked, timeout_s=ASK_S)
    missing = [name for name in names if name not in told.out]
    if missing:
        why = f"does not name {', '.join(missing)}: another folder is mounted at {nginx.mount}"
        raise NginxError(f"{wanted} in its container {why if told.ok else f'is not read: {told.reason}'}")


def _masters(nginx: Nginx) -> Iterator[str]:
    """What each master was started with; nginx keeps it in its title."""
    top = nginx.host.run(Command((nginx.client, "top", nginx.container, "-eo", "pid,args")), timeout_s=ASK_S)
    for line in top.out.splitlines():
        _, found, words = line.partition(MASTER)
        if found:
            yield words


def _names(bundle: Bundle) -> Iterator[str]:
    """The names of the release's containers that its generation asks."""
    text = "\n".join(bundle.nginx().values())
    for service in bundle.services.get("app", ()):
        name = f"{service}-{bundle.name}"
        if name in text:
            yield name
