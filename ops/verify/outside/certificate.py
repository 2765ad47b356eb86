"""The certificate: believed, for this name, renewed in time, of a real authority, with a strong key."""

from __future__ import annotations

import ssl
from collections.abc import Iterator

from ..tls.hello import TLS_1_2, Refusal
from ..verdict import Check, Verdict, check, failed, passed, skipped, unseen, warned
from .handshake import label, no_tls, no_trust, seen
from .site import Site

GROUP = "tls"
FAIL_BELOW, WARN_BELOW = 1 / 4, 1 / 3
"""Parts of a certificate's lifetime that are left: every renewer acts at a third, so less means that it does not."""

MIN_RSA_BITS = 2048
CURVE_NAMES = ("ecdsa-p256", "ecdsa-p384")
STAGING = ("(STAGING)", "Fake LE ", "Pebble ")
_UNTRUSTED = {10: "it has expired", 18: "it is signed by itself", 19: "the chain ends at a root that is not trusted"}
_UNTRUSTED |= {
    20: "its issuer is not among what was sent and not trusted",
    21: "the intermediate certificate is missing",
}


@check("TL1", GROUP, "error", "the certificate is trusted, with its whole chain")
def trusted(site: Site) -> Iterator[Verdict]:
    """A handshake that believes the system's roots, or those of --ca."""
    if why := no_trust(site):
        yield skipped(why, site.base)
        return
    context = site.trust.context()
    context.check_hostname = False
    promised = f"a chain to {site.trust.bundle or 'a root that this machine trusts'}"
    try:
        site.server.presented(context)
    except ssl.SSLCertVerificationError as error:
        found = seen(site)
        reason = _UNTRUSTED.get(error.verify_code, error.verify_message or "not trusted")
        evidence = (f"issuer: {found.certificate.issuer}", f"certificates sent: {len(found.presented.chain)}")
        yield failed(promised, reason, label(site), "serve fullchain.pem; inv certbot gets one", *evidence)
        return
    except ssl.SSLError as error:
        yield unseen(f"the handshake fails: {(error.reason or str(error)).lower()}", label(site), promised)
        return
    found = seen(site)
    yield passed(
        promised, f"by {found.certificate.issuer}, {len(found.presented.chain)} certificates sent", label(site)
    )


@check("TL2", GROUP, "error", "the certificate is for this name")
def named(site: Site) -> Iterator[Verdict]:
    """One of its subjectAltNames fits; the common name counts for nothing."""
    if why := no_trust(site):
        yield skipped(why, site.base)
        return
    certificate, names = seen(site).certificate, (site.server.name, *site.names)
    shown = ", ".join(certificate.names[:8]) or "no name at all"
    for name in dict.fromkeys(names):
        if certificate.covers(name):
            yield passed(f"a certificate for {name}", shown, f"{label(site)} {name}")
        else:
            mend = "add the name to domains; inv certbot"
            yield failed(f"a certificate for {name}", f"it is for {shown}", f"{label(site)} {name}", mend)


@check("TL3", GROUP, "error", "the certificate is renewed in time")
def renewed(site: Site) -> Iterator[Verdict]:
    """Judged by the part of its lifetime that is left, since lifetimes are 90, 45 or 6 days today."""
    if why := no_trust(site):
        yield skipped(why, site.base)
        return
    certificate = seen(site).certificate
    left = certificate.left(site.now)
    lifetime = certificate.not_after - certificate.not_before
    promised = f"at least a third of its {lifetime.days or 1} days left"
    observed = (
        f"{certificate.days_left(site.now)} days, {max(0, round(left * 100))} %, until {certificate.not_after:%Y-%m-%d}"
    )
    mend = "inv certbot renews; inv certbot.status says why it did not by itself"
    if site.now < certificate.not_before:
        yield failed(
            promised, f"valid from {certificate.not_before:%Y-%m-%d %H:%M} UTC on", label(site), "see the clock"
        )
    elif left < FAIL_BELOW:
        yield failed(promised, observed if left > 0 else f"expired {certificate.not_after:%Y-%m-%d}", label(site), mend)
    elif left < WARN_BELOW:
        yield warned(promised, observed, label(site), mend)
    else:
        yield passed(promised, observed, label(site))


@check("TL5", GROUP, "error", "the certificate is no placeholder and of no test authority")
def real(site: Site) -> Iterator[Verdict]:
    """Neither ours, which stands in until there is a real one, nor one of Let's Encrypt's staging."""
    if why := no_trust(site):
        yield skipped(why, site.base)
        return
    certificate = seen(site).certificate
    promised = "a certificate of a real authority"
    if certificate.is_placeholder:
        yield failed(promised, "Fairlead's placeholder", label(site), "inv certbot gets a real one")
    elif certificate.is_self_signed and not site.trust.bundle:
        yield failed(promised, "signed by itself", label(site), "inv certbot gets a real one")
    elif any(word in certificate.issuer for word in STAGING) and not site.trust.bundle:
        yield failed(promised, f"a test authority: {certificate.issuer}", label(site), "issue again without --staging")
    else:
        yield passed(promised, certificate.issuer, label(site))


@check("TL8", GROUP, "error", "the key is strong")
def key(site: Site) -> Iterator[Verdict]:
    """ECDSA on P-256 or P-384, or RSA of 2048 bits or more."""
    if why := no_tls(site):
        yield skipped(why, site.base)
        return
    kind = seen(site).certificate.key
    is_rsa = kind.startswith("rsa-") and int(kind.removeprefix("rsa-")) >= MIN_RSA_BITS
    promised = "ECDSA P-256 or P-384, or RSA of 2048 bits"
    if kind in CURVE_NAMES or is_rsa:
        yield passed(promised, kind, label(site))
    else:
        yield failed(promised, kind, label(site), "issue with --key-type ecdsa --elliptic-curve secp256r1")


@check(
    "TL13",
    GROUP,
    "warning",
    "revocation is stapled where the certificate has an OCSP responder",
    rules=("nginx/stapling-without-responder",),
)
def stapled(site: Site) -> Iterator[Verdict]:
    """Let's Encrypt's certificates name none any more, so for them there is nothing to staple."""
    if why := no_tls(site):
        yield skipped(why, site.base)
        return
    certificate = seen(site).certificate
    if not certificate.ocsp:
        yield skipped("the certificate names no OCSP responder", label(site))
        return
    answer = site.server.speaks(TLS_1_2)
    if isinstance(answer, Refusal):
        yield unseen("TLS 1.2 is refused, and TLS 1.3 says it only encrypted", label(site))
    elif answer.staples:
        yield passed("a stapled answer of the responder", "stapled", label(site))
    else:
        mend = "ssl_stapling on; with a resolver"
        yield failed(
            "a stapled answer of the responder", f"none, though it names {certificate.ocsp}", label(site), mend
        )


CHECKS: tuple[Check[Site], ...] = (trusted, named, renewed, real, key, stapled)
