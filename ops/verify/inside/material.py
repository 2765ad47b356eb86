"""The certificate on the disk: served as it is, with its own key, which nobody else may read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ...certificates.x509 import Certificate, CertificateError, key_fault, read_chain
from ...command import Command, Secret
from ..outside.handshake import no_tls, seen
from ..verdict import Check, Verdict, check, failed, passed, skipped, unseen
from .installation import INSPECT_S, Installation

GROUP = "tls"
FOR_OTHERS, READABLE = 0o007, 0o644
CHAIN, KEY = "fullchain.pem", "privkey.pem"


def _folder(stack: Installation) -> Path | None:
    tls = stack.patient.settings.tls
    return tls.folder / "live" if tls else None


def _on_disk(stack: Installation, folder: Path) -> Certificate:
    """
    The certificate that nginx was told to serve.

    Raises:
        CertificateError: there is none that can be read.
    """
    path = folder / CHAIN
    text = stack.patient.host.read(str(path))
    if text is None:
        raise CertificateError(f"{path}: no such file")
    return read_chain(text, str(path))[0]


@check("TL4", GROUP, "error", "the certificate that is served is the one on the disk")
def served(stack: Installation) -> Iterator[Verdict]:
    """A renewal whose reload failed looks well on the disk, and the old one is served until it expires."""
    folder = _folder(stack)
    why = no_tls(stack.site) if folder else "fairlead.yaml has no tls"
    if folder is None or why:
        yield skipped(why, stack.site.base)
        return
    wanted, found = _on_disk(stack, folder), seen(stack.site).certificate
    promised = f"{wanted.fingerprint[:16]}, until {wanted.not_after:%Y-%m-%d}"
    observed = f"{found.fingerprint[:16]}, until {found.not_after:%Y-%m-%d}"
    if wanted.fingerprint == found.fingerprint:
        yield passed(promised, observed, stack.site.server.label)
    else:
        yield failed(promised, observed, stack.site.server.label, "inv certbot reloads nginx and looks again")


@check("TL14", GROUP, "error", "the key is read by nginx alone")
def private(stack: Installation) -> Iterator[Verdict]:
    """No right for other users of the machine."""
    folder = _folder(stack)
    if folder is None:
        yield skipped("fairlead.yaml has no tls")
        return
    path = folder / KEY
    told = stack.patient.host.run(Command(("stat", "--dereference", "--format", "%a", str(path))), timeout_s=INSPECT_S)
    if not told.ok:
        yield unseen(told.reason, str(path), "no right for others")
        return
    mode = int(told.out, 8)
    if mode & FOR_OTHERS:
        yield failed("no right for others", f"{mode:04o}", str(path), "chmod o= on the file")
    else:
        yield passed("no right for others", f"{mode:04o}", str(path))


@check("TL15", GROUP, "error", "the key belongs to the certificate")
def pair(stack: Installation) -> Iterator[Verdict]:
    """nginx would not start again with another one."""
    folder = _folder(stack)
    if folder is None:
        yield skipped("fairlead.yaml has no tls")
        return
    certificate, path = _on_disk(stack, folder), folder / KEY
    text = stack.patient.host.read(str(path))
    if text is None:
        yield unseen("no such file", str(path), "its own key")
        return
    fault = key_fault(certificate, Secret(text))
    if fault:
        yield failed("its own key", fault, str(path), "inv certbot writes both anew")
    else:
        yield passed("its own key", "they fit", str(path))


@check("RN5", "renewal", "error", "a challenge of the CA is answered", rules=("nginx/acme-challenge-shadowed",))
def challenge(stack: Installation) -> Iterator[Verdict]:
    """A token is put where certbot puts it, asked for over plain HTTP as the CA does, and taken away again."""
    tls, plain = stack.patient.settings.tls, stack.site.plain
    if tls is None or not plain:
        yield skipped("fairlead.yaml has no tls, or port 80 is not published here")
        return
    if not stack.patient.changing:
        yield skipped("it writes a token, and --dry changes nothing", plain)
        return
    name = f".well-known/acme-challenge/fairlead-token-{stack.site.nonce}"
    path, token = tls.webroot / name, f"{stack.site.nonce}.{stack.site.web.run}"
    host = stack.patient.host
    try:
        # nginx, which is another user, has to get through every folder on the way
        host.run(Command(("install", "-d", "-m", "0755", str(path.parent.parent), str(path.parent))))
        host.put(str(path), token, READABLE)
        answer = stack.site.web.ask(f"{plain}{name}")
    finally:
        host.run(Command(("rm", "--force", str(path))), timeout_s=INSPECT_S)
    promised = "200 with the token"
    if answer.text == token:
        yield passed(promised, str(answer.status), answer.url)
    else:
        mend = "location ^~ /.well-known/acme-challenge/ before any redirect, with the webroot mounted"
        yield failed(promised, f"{answer.status}, something else", answer.url, mend, *answer.shown(("location",)))


CHECKS: tuple[Check[Installation], ...] = (served, private, pair, challenge)
