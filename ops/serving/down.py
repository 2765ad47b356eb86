"""`inv down` on a host: the agent there stops what serves."""

from __future__ import annotations

import socket
from collections.abc import Sequence

from ..deploy.consent import ask_once
from ..deploy.following import Agent
from ..deploy.target import examine
from ..deploy.telling import Teller
from ..errors import SettingsError
from ..hosts import open_hosts
from ..lock import user_name
from ..person import person


def down(
    names: Sequence[str], *, volumes: bool = False, prune: bool = False, yes: bool = False, dry: bool = False
) -> None:
    """
    `inv down --host`.

    Raises:
        SettingsError: --volumes or --prune, which are for a laptop; or nobody is there to ask.
        FairleadError: it could not be stopped.
    """
    if volumes or prune:
        flag = "--volumes deletes data" if volumes else "--prune removes what builds left"
        raise SettingsError(f"down {flag}, and is for this machine only; on a host: inv gc")
    with open_hosts(names) as hosts:
        for opened in hosts:
            name = opened.host.name
            target = examine(opened.host, opened.layout)
            if dry or not target.state.current:
                print(
                    f"{name}: {f'stop {target.state.current}, the edge and the data' if dry else 'no release serves'}"
                )
                continue
            reason = f"this takes the site down: {target.state.current} serves, and its visitors will get no answer"
            ask_once(name, [reason], yes=yes, ask=person())
            agent = Agent(opened.host, target, opened.layout)
            words = ("down", "--root", opened.layout.root, "--who", f"{user_name()}@{socket.gethostname()}")
            with Teller() as teller:
                agent.run(agent.image(), words, teller)
            print(f"{name}: down; data and releases stay, inv deploy --host {name} starts it again")
