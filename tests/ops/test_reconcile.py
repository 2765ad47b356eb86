"""Disk, live and served are made one, or what was served before is served again; nginx is a program that reloads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fairlead.ops.certificates.generations import TlsStore
from fairlead.ops.certificates.placeholder import placeholder
from fairlead.ops.certificates.reconcile import NotTakenBackError, ReconcileError, Wanted, facts_of, reconcile
from fairlead.ops.certificates.served import Endpoint, HandshakeError
from fairlead.ops.certificates.swapping import Patience
from fairlead.ops.certificates.x509 import read_chain
from fairlead.ops.compose import ComposeProject
from fairlead.ops.domains import CertificateSettings
from fairlead.ops.errors import FairleadError
from fairlead.ops.host import LocalHost
from fairlead.ops.settings import EdgeSettings, EnvSettings, Settings, TlsSettings
from fairlead.ops.stack import Stack

from ..authority import Authority

AUTHORITY = Authority(intermediate=True)
NAMES = ("shop.test", "www.shop.test")
HERE, THERE = Endpoint("192.0.2.1"), Endpoint("2001:db8::1", 8443)

# Stands in for the docker client: `exec ... nginx -t` and `... -s reload` of an nginx in the folder it lies in.
NGINX = """#!/bin/sh
cd "$(dirname "$0")" || exit
echo "$*" >> commands
case "$*" in
    *" nginx -t "*)
        [ ! -e broken ] && exit
        echo 'nginx: [emerg] unknown directive "flase" in nginx.conf:3'; echo 'test failed'; exit 1 ;;
    *" -s reload")
        [ ! -e stopped ] || { echo 'service "nginx" is not running' >&2; exit 1; }
        [ -e deaf ] || { readlink certs/live > loaded; cp certs/live/fullchain.pem loaded.pem; } ;;
esac
"""


@dataclass
class Site:
    """A stack whose nginx serves the generation that it loaded last."""

    folder: Path
    stack: Stack
    store: TlsStore

    def ask(self, endpoint, name):
        """The certificate of the generation that is loaded; one endpoint may lag behind."""
        if (self.folder / "down").exists():
            raise HandshakeError(f"{endpoint}: no certificate for {name}: connection refused")
        lags = (self.folder / "lags").exists() and endpoint == THERE
        loaded = self.store.folder / "g1" / "fullchain.pem" if lags else self.folder / "loaded.pem"
        return read_chain(loaded.read_text())[0]

    def reconcile(self, disk=None, roots=None, endpoints=(HERE, THERE)):
        """With a clock that a pause moves on."""
        time = [0.0]
        patience = Patience(5.0, lambda: time[0], lambda seconds: time.__setitem__(0, time[0] + seconds))
        wanted = Wanted(NAMES, endpoints, disk, roots)
        return reconcile(self.stack, wanted, lambda *_: None, ask=self.ask, patience=patience)

    @property
    def loaded(self):
        """The generation that nginx serves."""
        return (self.folder / "loaded").read_text().strip()

    @property
    def commands(self):
        """What was asked of nginx, each by its last words."""
        path = self.folder / "commands"
        lines = path.read_text().splitlines() if path.exists() else []
        return ["test" if "nginx -t" in line else "reload" for line in lines]

    def breaks(self, name):
        """From now on something is wrong."""
        (self.folder / name).touch()

    def mended(self, name):
        """No longer."""
        (self.folder / name).unlink()


@pytest.fixture
def site(tmp_path):
    """A stack that serves a good certificate as its first generation."""
    client = tmp_path / "docker"
    client.write_text(NGINX)
    client.chmod(0o755)
    settings = Settings(
        root=tmp_path,
        name="shop",
        compose_files=(tmp_path / "compose.yml",),
        development_files=(),
        env=EnvSettings(tmp_path / ".env"),
        secrets=None,
        edge=EdgeSettings("nginx", tmp_path / "edge", "/etc/nginx/edge", ()),
        addresses={},
        domains=(CertificateSettings("shop", NAMES),),
        tls=TlsSettings(tmp_path / "certs", "/etc/nginx/tls", tmp_path / "acme"),
    )
    project = ComposeProject(str(client), "shop", settings.compose_files, None, {})
    stack = Stack(settings, LocalHost(), {}, project, development=False)
    made = Site(tmp_path, stack, TlsStore(stack.host, tmp_path / "certs"))
    old = AUTHORITY.issue(*NAMES, days=90, age_days=60)
    made.store.switch(made.store.add(old.key, old.chain, HSTS).name)
    (tmp_path / "loaded").write_text("g1")
    (tmp_path / "loaded.pem").write_text(old.chain)
    return made


HSTS = 'add_header Strict-Transport-Security "max-age=63072000" always;\n'


def _first(material):
    return read_chain(material.chain)[0]


def test_where_all_three_are_one_nothing_is_done(site):
    disk = site.store.material(site.store.live())
    outcome = site.reconcile(disk)

    assert ("nothing", _first(disk), ()) == (outcome.done, outcome.certificate, outcome.faults)
    assert ([], ["g1"]) == (site.commands, site.store.names())


def test_without_anything_on_disk_the_live_one_is_what_should_be_served(site):
    assert "nothing" == site.reconcile().done


def test_a_renewed_certificate_is_tested_loaded_and_seen(site):
    disk = AUTHORITY.issue(*NAMES)
    outcome = site.reconcile(disk)

    assert ("switched", _first(disk), ()) == (outcome.done, outcome.certificate, outcome.faults)
    assert (["test", "reload"], "g2", "g2") == (site.commands, site.loaded, site.store.live().name)
    assert HSTS == site.store.live().hsts
    assert "nothing" == site.reconcile(disk).done


def test_a_run_that_was_cut_off_before_the_reload_is_finished(site):
    disk = AUTHORITY.issue(*NAMES)
    site.store.switch(site.store.add(disk.key, disk.chain, HSTS).name)
    outcome = site.reconcile(disk)

    assert ("reloaded", ["test", "reload"], "g2") == (outcome.done, site.commands, site.loaded)
    assert ["g1", "g2"] == site.store.names()


def test_a_run_that_was_cut_off_and_cannot_be_finished_goes_back_to_what_is_served(site):
    disk = AUTHORITY.issue(*NAMES)
    site.store.switch(site.store.add(disk.key, disk.chain, HSTS).name)
    site.breaks("deaf")

    with pytest.raises(ReconcileError, match="s after the reload"):
        site.reconcile(disk)

    assert ("g1", "g1") == (site.store.live().name, site.loaded)


def test_a_run_that_was_cut_off_while_it_wrote_is_begun_anew(site):
    (site.store.folder / "g2").mkdir()
    outcome = site.reconcile(AUTHORITY.issue(*NAMES))

    assert ("switched", "g3") == (outcome.done, site.loaded)


def test_a_configuration_that_something_else_broke_leaves_the_old_certificate(site):
    site.breaks("broken")
    disk = AUTHORITY.issue(*NAMES)

    with pytest.raises(ReconcileError) as caught:
        site.reconcile(disk)

    message = str(caught.value)
    assert 1 == caught.value.exit_code
    assert message.startswith('localhost: test nginx with the certificate: nginx: [emerg] unknown directive "flase"')
    assert f"on disk is the one by test authority 2, {_first(disk).fingerprint[:8]}" in message
    assert "in use is g1 (the one by test authority 2, " in message
    assert "192.0.2.1:443 serves the one by test authority 2, " in message
    assert "[2001:db8::1]:8443 serves" in message
    assert (["test"], ["g1"], "g1", "g1") == (
        site.commands,
        site.store.names(),
        site.store.live().name,
        site.loaded,
    )
    site.mended("broken")
    assert "switched" == site.reconcile(disk).done


def test_a_reload_that_does_not_happen_is_a_failure_although_every_command_succeeds(site):
    site.breaks("deaf")

    with pytest.raises(
        ReconcileError, match=r"192.0.2.1:443 still serves .*, 5 s after the reload; on disk is"
    ) as caught:
        site.reconcile(AUTHORITY.issue(*NAMES))

    assert 1 == caught.value.exit_code
    assert (["test", "reload", "reload"], ["g1"], "g1") == (site.commands, site.store.names(), site.store.live().name)


def test_one_address_that_serves_another_is_a_failure_and_all_go_back(site):
    site.breaks("lags")

    with pytest.raises(ReconcileError, match=r"reload nginx and ask.*: \[2001:db8::1\]:8443 still serves") as caught:
        site.reconcile(AUTHORITY.issue(*NAMES))

    assert 1 == caught.value.exit_code
    assert ("g1", "g1") == (site.loaded, site.store.live().name)


def test_an_nginx_that_does_not_run_is_said_and_the_link_goes_back(site):
    site.breaks("stopped")
    site.breaks("down")

    with pytest.raises(ReconcileError, match='service "nginx" is not running') as caught:
        site.reconcile(AUTHORITY.issue(*NAMES))

    assert 1 == caught.value.exit_code
    assert "192.0.2.1:443: no certificate for shop.test: connection refused" in str(caught.value)
    assert (["g1"], "g1") == (site.store.names(), site.store.live().name)


def test_what_could_not_be_put_back_asks_for_a_person(site):
    site.breaks("lags")
    patient = site.ask

    def ask(endpoint, name):
        if site.loaded == "g2":
            site.breaks("deaf")
        return patient(endpoint, name)

    site.ask = ask
    with pytest.raises(NotTakenBackError, match=r"8443 still serves") as caught:
        site.reconcile(AUTHORITY.issue(*NAMES))

    assert 3 == caught.value.exit_code


@pytest.mark.parametrize(
    ("material", "fault"),
    [
        (lambda good: type(good)(good.chain, AUTHORITY.issue(*NAMES).key, "x"), "the key does not belong to the cert"),
        (lambda _: AUTHORITY.issue("shop.test"), "the certificate is not for www.shop.test"),
        (lambda _: AUTHORITY.issue(*NAMES, days=1, age_days=2), "shop.test expired on "),
        (lambda _: AUTHORITY.issue(*NAMES, age_days=-1), "shop.test is valid from "),
        (lambda good: type(good)("".join(reversed(_split(good.chain))), good.key, "x"), "the key does not belong"),
        (lambda good: type(good)(_split(good.chain)[0] + Authority().root, good.key, "x"), "the chain is out of order"),
        (lambda good: type(good)("none", good.key, "x"), "no certificate in PEM"),
    ],
)
def test_what_may_not_be_served_is_refused_before_anything_is_changed(site, material, fault):
    with pytest.raises(FairleadError, match=fault) as caught:
        site.reconcile(material(AUTHORITY.issue(*NAMES)))

    assert 1 == caught.value.exit_code
    assert ([], ["g1"], "g1") == (site.commands, site.store.names(), site.loaded)


def _split(chain):
    return [part + "-----END CERTIFICATE-----\n" for part in chain.split("-----END CERTIFICATE-----\n") if part]


def test_a_chain_that_nobody_trusts_is_refused_where_roots_are_given(site):
    stranger = Authority("stranger", intermediate=True).issue(*NAMES)

    with pytest.raises(ReconcileError, match=r"is not trusted here; nothing was changed; 192\.0\.2\.1:443"):
        site.reconcile(stranger, roots=read_chain(AUTHORITY.root))

    assert "switched" == site.reconcile(AUTHORITY.issue(*NAMES), roots=read_chain(AUTHORITY.root)).done


def test_a_placeholder_sends_no_hsts_and_is_named_as_a_fault(site):
    outcome = site.reconcile(placeholder(datetime.now(UTC)))

    assert "" == site.store.live().hsts
    assert ("it is a placeholder, which no browser trusts",) == outcome.faults


def test_a_live_certificate_that_misses_a_name_is_a_fault(site):
    short = AUTHORITY.issue("shop.test")
    site.store.switch(site.store.add(short.key, short.chain, HSTS).name)

    assert ("it is not for www.shop.test",) == site.reconcile().faults


def test_a_changed_hsts_comes_with_a_generation_of_the_same_certificate(site):
    live = site.store.live()
    (live.folder / "hsts.conf").write_text("")
    outcome = site.reconcile()

    assert ("switched", _first(live)) == (outcome.done, outcome.certificate)
    assert (HSTS, "g2") == (site.store.live().hsts, site.loaded)


def test_facts_know_which_endpoint_serves_another(site):
    new = AUTHORITY.issue(*NAMES)
    site.store.switch(site.store.add(new.key, new.chain, HSTS).name)
    (site.folder / "loaded.pem").write_text(new.chain)
    site.breaks("lags")
    facts = facts_of(site.stack, Wanted(NAMES, (HERE, THERE)), site.ask)

    assert [(THERE, name) for name in NAMES] == [(answer.endpoint, answer.name) for answer in facts.others]


def test_without_any_certificate_there_is_nothing_to_serve(site):
    site.store.unlink()

    with pytest.raises(ReconcileError, match="no certificate on disk and none in use; inv up puts a placeholder there"):
        site.reconcile()
