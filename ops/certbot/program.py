"""certbot's command lines. State of one CA is a folder of its own, so that staging never meets production."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ..command import Command
from ..domains import DNS_01, CertificateSettings
from ..stack import Stack
from .authority import Authority

SERVICE = "certbot"
STATE = PurePosixPath("/acme")
WEBROOT = "/srv/acme"
BUNDLE, HOOK, OWNER = "ca.pem", "hook", "owner.ini"
CURVES = {"ecdsa-p256": "secp256r1", "ecdsa-p384": "secp384r1"}


@dataclass(frozen=True)
class Certbot:
    """
    certbot for one certificate at one CA.

    Attributes:
        name: What certbot calls the certificate.
        folder: Where the state of all CAs is kept on the host.
    """

    stack: Stack
    wanted: CertificateSettings
    name: str
    authority: Authority
    folder: Path

    def state(self, server: str = "") -> Path:
        """The folder on the host with the state of *server*, or of the CA itself."""
        return self.folder / self.authority.label(server)

    @property
    def container(self) -> str:
        """What its container is called, so that one that outlived its caller is found."""
        return f"{self.stack.project.name}-certbot-run"

    def register(self, *, owned: bool = False) -> Command:
        """
        Makes an account at the CA.

        Args:
            owned: With what the file `OWNER` in the CA's folder says of its owner.
        """
        server = self.authority.server
        proof = ["--config", f"{STATE}/{self.authority.label(server)}/{OWNER}"] if owned else []
        return self._run(server, "register", *self._folders(server), "--server", server, *self._account(), *proof)

    def issue(self, *, dry: bool = False, replace: bool = False) -> Command:
        """
        Asks for the certificate.

        Args:
            dry: At the staging server, keeping nothing.
            replace: Also where certbot holds the one there is for good enough.
        """
        server = self.authority.staging if dry else self.authority.server
        words = ["certonly", *self._folders(server), "--server", server, *self._account(), *self._certificate()]
        words += ["--dry-run"] if dry else ["--renew-with-new-domains"]
        return self._run(server, *words, *(["--force-renewal"] if replace and not dry else []))

    def renew(self, *, force: bool = False) -> Command:
        """
        Renews what is due as certbot and the CA reckon, by the settings as they are now.

        Hooks after it are never given: certbot would keep them, and not tell when they fail.
        """
        server = self.authority.server
        words = ["renew", *self._folders(server), "--non-interactive", "--cert-name", self.name]
        words += ["--no-random-sleep-on-renew", *self._profile(), *self._challenge()]
        words += ["--force-renewal"] if force else []
        return self._run(server, *words)

    def _run(self, server: str, *words: str) -> Command:
        bundle = f"{STATE}/{self.authority.label(server)}/{BUNDLE}"
        environment = ["--env", f"REQUESTS_CA_BUNDLE={bundle}"] if self.authority.bundle else []
        run = ("run", "--rm", "--no-deps", "--no-TTY", "--name", self.container, *environment, SERVICE)
        return self.stack.project.command(*run, *words)

    def _folders(self, server: str) -> Iterator[str]:
        state = STATE / self.authority.label(server)
        for name in ("config", "work", "logs"):
            yield from (f"--{name}-dir", str(state / name))
        yield from ("--max-log-backups", "20")

    def _account(self) -> list[str]:
        email = self.stack.settings.acme.email
        address = ["--email", email, "--no-eff-email"] if email else ["--register-unsafely-without-email"]
        return ["--non-interactive", "--agree-tos", *address]

    def _certificate(self) -> list[str]:
        kind, _, size = self.wanted.key.partition("-")
        curve = CURVES.get(self.wanted.key)
        key = ["--elliptic-curve", curve] if curve else ["--rsa-key-size", size]
        names = [word for name in self.wanted.names for word in ("--domain", name)]
        return ["--cert-name", self.name, "--key-type", kind, *key, *self._profile(), *self._challenge(), *names]

    def _profile(self) -> list[str]:
        return ["--preferred-profile", self.wanted.profile] if self.wanted.profile else []

    def _challenge(self) -> list[str]:
        challenge = self.wanted.challenge
        if challenge.kind != DNS_01:
            return ["--webroot", "--webroot-path", WEBROOT]
        if challenge.hook is not None:
            hook = f"{STATE}/{HOOK}"
            hooks = ["--manual-auth-hook", f"{hook} auth", "--manual-cleanup-hook", f"{hook} cleanup"]
            return ["--manual", "--preferred-challenges", "dns", *hooks]
        flag = f"--dns-{challenge.plugin}"
        named = [f"{flag}-credentials", f"/run/secrets/{challenge.credentials}"] if challenge.credentials else []
        return [flag, *named, f"{flag}-propagation-seconds", str(challenge.propagation_s)]
