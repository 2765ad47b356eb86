"""Hosts pull images of a registry themselves, with a login that nobody sees and that is gone afterwards."""

from __future__ import annotations

import subprocess
import uuid

import pytest

from fairlead.ops.command import Secret
from fairlead.ops.deploy.carrying import Carrier
from fairlead.ops.deploy.layers import BlobStore, image_ids, pack
from fairlead.ops.deploy.layout import Layout
from fairlead.ops.deploy.pulling import pinned_names, pull
from fairlead.ops.deploy.shipping import missing_images
from fairlead.ops.deploy.target import examine
from fairlead.ops.ssh import RemoteHost
from fairlead.ops.stack import open_stack

from . import plain_registry

BRIDGE = "{{(index .IPAM.Config 0).Gateway}}"


def _docker(engine, *words, stdin=""):
    done = subprocess.run((engine, *words), input=stdin, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture(scope="module")
def registry(engine, machine, tmp_path_factory):
    """A registry whose one image this machine has pulled; gives it and the image's name."""
    folder = tmp_path_factory.mktemp("registry")
    (folder / "Dockerfile").write_text(f"FROM scratch\nLABEL made={uuid.uuid4().hex}\nCOPY Dockerfile /\n")
    built = f"fairlead-test-{uuid.uuid4().hex[:8]}:1"
    _docker(engine, "build", "--quiet", "--tag", built, str(folder))
    store = BlobStore(folder / "blobs")
    (packed,) = pack(engine, [built], store)
    _docker(engine, "image", "rm", built)
    address = _docker(engine, "network", "inspect", "bridge", "--format", BRIDGE)
    with plain_registry.running(address, folder, store) as made:
        machine.root("sh", "-c", f"mkdir -p /etc/docker/certs.d/{made.name}")
        machine.root("sh", "-c", f"cat >/etc/docker/certs.d/{made.name}/ca.crt", stdin=made.authority)
        (folder / "config").mkdir()
        own = ("--config", str(folder / "config"))
        _docker(engine, *own, "login", "--username", made.user, "--password-stdin", made.name, stdin=made.password)
        _docker(engine, *own, "pull", "--quiet", f"{made.name}/team/shop@{packed.digest}")
        image = f"{made.name}/team/shop:1"
        _docker(engine, "tag", f"{made.name}/team/shop@{packed.digest}", image)
        yield made, image
        _docker(engine, "image", "rm", "--force", packed.id)


def test_an_image_is_known_by_the_digest_that_its_registry_gave(engine, registry):
    made, image = registry

    (name,) = pinned_names(engine, [image, "fairlead/debian:trixie-slim"]).values()

    assert name.startswith(f"{made.name}/team/shop@sha256:")


def test_a_wrong_password_or_a_registry_out_of_reach_is_a_reason_and_no_failure(engine, machine, registry):
    made, image = registry
    pinned = pinned_names(engine, [image])
    nowhere = {"box:1": f"{made.name.partition(':')[0]}:9/box@{pinned[image].partition('@')[2]}"}

    with RemoteHost(machine.entry()) as host:
        wrong = pull(host, "docker", pinned, {made.name: (made.user, Secret("wrong"))}, lambda _: None)
        none = pull(host, "docker", pinned, {}, lambda _: None)
        away = pull(host, "docker", nowhere, {}, lambda _: None)

        assert [image] == missing_images(host, "docker", image_ids(engine, [image]))
    assert [(), (), ()] == [each.references for each in (wrong, none, away)]
    assert [image, image, "box:1"] == [name for each in (wrong, none, away) for name in each.refused]
    assert "401" in wrong.refused[image] or "unauthorized" in wrong.refused[image].lower()


def test_a_host_pulls_by_digest_and_keeps_no_login(engine, machine, registry):
    made, image = registry

    with RemoteHost(machine.entry()) as host:
        logins = {made.name: (made.user, Secret(made.password))}
        pulled = pull(host, "docker", pinned_names(engine, [image]), logins, lambda _: None)

        assert ((image,), {}) == (pulled.references, dict(pulled.refused))
        assert [] == missing_images(host, "docker", image_ids(engine, [image]))
    kept = ("grep", "-rlsF", "-f", "-", "/home/deploy", "/root", "/tmp", "/dev/shm", "/var/log", "/etc")
    found = ("sh", "-c", f"{' '.join(kept)}; ls -A /dev/shm; test ! -e /home/deploy/.docker")
    assert "" == machine.root(*found, stdin=made.password)


def _carrier(engine, host, folder, password):
    """What carries images for a stack whose fairlead.yaml names the login."""
    registry, store = folder.name.partition("-")[2], BlobStore(folder / "blobs")
    (folder / "compose.yaml").write_text("services: {}\n")
    (folder / ".env").write_text(f"REGISTRY_TOKEN={password}\n")
    (folder / "fairlead.yaml").write_text(
        "name: agentchat\ncompose: {files: [compose.yaml]}\n"
        f"deploy: {{registries: {{'{registry}': {{user: deploy, password: REGISTRY_TOKEN}}}}}}\n"
    )
    target = examine(host, Layout("agentchat", "/srv/agentchat"))
    return Carrier(host, target, engine, open_stack(start=folder, client=engine), store)


def test_what_comes_from_a_registry_is_pulled_and_the_rest_is_sent_and_both_are_said(
    engine, machine, registry, tmp_path, capsys
):
    made, image = registry
    mine = f"fairlead-test-{uuid.uuid4().hex[:8]}:1"
    (tmp_path / "Dockerfile").write_text(f"FROM scratch\nLABEL made={uuid.uuid4().hex}\nCOPY Dockerfile /\n")
    _docker(engine, "build", "--quiet", "--tag", mine, str(tmp_path))
    wanted = image_ids(engine, [image, mine])
    folder = tmp_path / f"stack-{made.name}"
    folder.mkdir()
    machine.root("sh", "-c", f"docker image rm --force $(docker image ls --quiet '{made.name}/team/shop') || true")

    with RemoteHost(machine.entry()) as host:
        wrong = _carrier(engine, host, folder, "wrong").carry(wanted, [image], lambda _: None)
        said = f"  {image}: sent from here, since prod does not pull it: "
        assert (1, True) == (wrong.images, capsys.readouterr().out.startswith(said))
        machine.root("docker", "image", "rm", "--force", image)
        sent = _carrier(engine, host, folder, made.password).carry(wanted, [image, mine], lambda _: None)

        assert [] == missing_images(host, "docker", wanted)
    assert (1, f"  pulled there from a registry: {image}\n") == (sent.images, capsys.readouterr().out)
    _docker(engine, "image", "rm", mine)
