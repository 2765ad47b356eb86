"""The account at the CA: whose it is, what the CA knows of it, and what of that is left behind."""

from __future__ import annotations

import base64
import os
from pathlib import Path

import pytest

from .acme import Pebble
from .acme_site import FORCED, Site
from .conftest import free_port

CUSTOMER = "customer-7"


@pytest.fixture
def site(shop: Site) -> Site:
    return shop


def test_the_ca_has_the_address_that_it_should_write_to(site: Site) -> None:
    label = site.state.parent.name
    certbot = f"agentchat/certbot:{site.checkout.environment['RELEASE']}"
    folders = ("--config-dir", f"/acme/{label}/config", "--work-dir", "/logs", "--logs-dir", "/logs")
    shown = site.checkout.docker(
        *("run", "--rm", "--network=host", "--user=0:0", "--tmpfs=/logs"),
        *("--volume", f"{site.state.parents[1]}:/acme", "--env", f"REQUESTS_CA_BUNDLE=/acme/{label}/ca.pem"),
        *(certbot, "show_account", "--server", site.ca.server, *folders),
    )

    assert "Email contact: ops@shop.test" in shown


def test_a_ca_with_customers_gets_a_proof_and_nobody_else_the_key(site: Site, tmp_path: Path) -> None:
    key, wrong = (base64.urlsafe_b64encode(os.urandom(32)).rstrip(b"=").decode() for _ in range(2))
    ports = (free_port(), free_port(), free_port(), free_port())
    names = (site.checkout.client, site.ca.address, tmp_path, site.ca.http_port, ports, site.ca.resolver)
    ca = Pebble(*names, owners={CUSTOMER: key})
    there = {"ACME_SERVER": ca.server, "ACME_CA_BUNDLE": str(ca.bundle)}
    before = site.served()
    try:
        ca.start()
        stranger = site.inv("certbot", **there)
        liar = site.inv("certbot", **there, ACME_EAB_KID=CUSTOMER, ACME_EAB_HMAC_KEY=wrong)
        ended = site.inv("certbot", **there, ACME_EAB_KID=CUSTOMER, ACME_EAB_HMAC_KEY=key)
        served = site.served()
        forgotten = site.checkout.folder / f".fairlead/certbot/{ca.address}-{ports[0]}-dir/owner.ini"
        gone = not forgotten.exists()
        forgotten.write_text(f"eab-hmac-key = {key}\n")  # as a run that was killed meanwhile leaves it
        known = site.inv("certbot.issue", *FORCED, **there)
    finally:
        ca.stop()
        back = site.inv("certbot")

    assert (1, 1) == (stranger.code, liar.code)
    assert "takes only accounts of customers it knows; set ACME_EAB_KID and ACME_EAB_HMAC_KEY" in stranger.err
    assert "the CA refuses (unauthorized): external account binding" in liar.err
    assert "ACME_EAB_KID, ACME_EAB_HMAC_KEY and certbot.email are what an account is made with" in liar.err
    assert 0 == ended.code, ended.out + ended.err
    assert 0 == known.code, known.out + known.err
    assert gone
    assert "remove the key of the account's owner" in known.out
    assert before != served
    assert 0 == back.code, back.out + back.err
    left = [path.read_text() for path in (site.checkout.folder / ".fairlead").rglob("*") if path.is_file()]
    said = [ended.out, ended.err, *left]
    assert [] == [text for text in said if key in text or wrong in text]
