"""Gets the images to the host that it has not: pulled there where they come from a registry, sent where not."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from ..ssh import RemoteHost
from ..stack import Stack
from ..step import Say
from .building import refuse_foreign
from .layers import BlobStore
from .pruning import prune
from .pulling import Pulled, logins_of, pinned_names, pull
from .shipping import Sent, ship
from .target import Target

DAY_S = 86_400.0
GIGABYTE = 1_000_000_000


@dataclass(frozen=True)
class Carrier:
    """
    Brings images from this machine to a host.

    Attributes:
        client: The docker client here.
    """

    host: RemoteHost
    target: Target
    client: str
    stack: Stack
    store: BlobStore

    def carry(self, wanted: Mapping[str, str], missing: Iterable[str], say: Say) -> Sent:
        """
        Brings the images *missing*, under the same names; says which way each of them took.

        Args:
            wanted: The id here of each image that the host needs, by reference.

        Raises:
            FairleadError: one does not arrive, or the host could not run it.
        """
        missing = list(missing)
        pulled = self._pulled(missing, say)
        if pulled.references:
            print(f"  pulled there from a registry: {', '.join(pulled.references)}")
        for reference, reason in pulled.refused.items():
            print(f"  {reference}: sent from here, since {self.host.name} does not pull it: {reason}")
        left = [each for each in missing if each not in pulled.references]
        refuse_foreign(self.host, self.host.entry.platform or self.target.platform, self.client, left)
        sent = ship(self.host, self.client, left, self.store, say)
        self._prune(wanted)
        return replace(sent, pulled=pulled.references)

    def _pulled(self, missing: Iterable[str], say: Say) -> Pulled:
        deploy = self.stack.settings.deploy
        pinned = pinned_names(self.client, missing) if deploy.pull else {}
        logins = logins_of(deploy.registries, self.stack.values) if pinned else {}
        return pull(self.host, self.target.client, pinned, logins, say)

    def _prune(self, wanted: Mapping[str, str]) -> None:
        known = (self.store.packed(reference, identity) for reference, identity in wanted.items())
        needed = [digest for image in known if image for digest in (image.id, image.digest, *image.sizes)]
        cache = self.stack.settings.deploy.cache
        prune(self.store, needed, time.time() - cache.days * DAY_S, round(cache.gigabytes * GIGABYTE))
