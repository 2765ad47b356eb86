"""Images go to a real host through a real tunnel: only missing layers, and never another image than was sent."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import threading
import uuid

import httpx
import pytest

from fairlead.ops.deploy.layers import BlobStore, LayerError, image_ids, pack
from fairlead.ops.deploy.registry import serving
from fairlead.ops.deploy.shipping import ids_there, missing_images, ship
from fairlead.ops.errors import StepFailedError
from fairlead.ops.ssh import RemoteHost
from fairlead.ops.ssh.engine_socket import engine_socket

from . import machines

LAYER_BYTES, LARGE_BYTES = 3_000_000, 30_000_000


@pytest.fixture
def host(machine):
    with RemoteHost(machine.entry()) as made:
        yield made


@pytest.fixture
def build(engine, tmp_path):
    """Builds an image with one layer for each text and gives its reference."""
    made = []

    def build(*texts, name=None):
        reference = name or f"fairlead-test-{uuid.uuid4().hex[:8]}:r1"
        lines = ["FROM scratch"]
        for number, text in enumerate(texts):
            (tmp_path / str(number)).write_text(text)
            lines.append(f"COPY {number} /{number}")
        (tmp_path / "Dockerfile").write_text("\n".join(lines))
        subprocess.run((engine, "build", "--quiet", "--tag", reference, tmp_path), check=True, capture_output=True)
        made.append(reference)
        return reference

    yield build
    for reference in made:
        subprocess.run((engine, "image", "rm", "--force", reference), check=False, capture_output=True)


@pytest.fixture
def store(tmp_path):
    return BlobStore(tmp_path / "blobs")


def _noise(size):
    """Text that does not compress."""
    return secrets.token_hex(size // 2)


def test_an_image_arrives_as_it_was_and_is_not_sent_again(engine, host, build, store):
    image = build(_noise(1000), "two")
    identity = image_ids(engine, [image])
    assert [image] == missing_images(host, "docker", identity)

    sent = ship(host, "docker", [image], store, lambda _: None)

    assert 1 == sent.images
    assert [] == missing_images(host, "docker", identity)
    again = ship(host, "docker", [image], store, lambda _: None)
    assert 0 == again.bytes


def test_of_a_changed_image_only_the_changed_layer_is_sent(engine, host, build, store):
    large = _noise(LAYER_BYTES)
    first = build(large, "one")
    before = ship(host, "docker", [first], store, lambda _: None)

    second = build(large, "another")
    after = ship(host, "docker", [second], store, lambda _: None)

    assert before.bytes > LAYER_BYTES / 2
    assert after.bytes < 65_536
    assert [] == missing_images(host, "docker", image_ids(engine, [first, second]))


def test_what_the_host_has_under_another_name_gets_this_one_and_nothing_goes_over(engine, host, build, store):
    text = _noise(1000)
    first = build(text)
    ship(host, "docker", [first], store, lambda _: None)
    second = build(text, name=f"{first}-again")

    sent = ship(host, "docker", [second], store, lambda _: None)

    assert (0, 0) == (sent.images, sent.bytes)
    assert [] == missing_images(host, "docker", image_ids(engine, [first, second]))


def test_a_connection_that_drops_is_opened_again_and_goes_on(engine, machine, host, build, store):
    image = build(*(_noise(LARGE_BYTES) for _ in range(3)))
    over = threading.Event()
    cutting = threading.Thread(target=_cut_tunnel, args=(over,))
    cutting.start()

    try:
        sent = ship(host, "docker", [image], store, lambda _: None)
    finally:
        over.set()

    cutting.join()
    assert [] == missing_images(host, "docker", image_ids(engine, [image]))
    assert sent.bytes < 2 * 3 * LARGE_BYTES


def _cut_tunnel(over):
    """Ends this process's ssh as soon as the engine there pulls."""
    pulling = ("pgrep", "-f", "docker pull --quiet 127.0.0.1:")
    while subprocess.run(pulling, stdout=subprocess.DEVNULL, check=False).returncode:
        if over.is_set():
            return
    subprocess.run(("pkill", "-KILL", "-P", str(os.getpid()), "-x", "ssh"), check=False)


def test_an_image_that_is_not_here_is_said(engine, host, store):
    with pytest.raises(LayerError, match="no-such-image:1"):
        ship(host, "docker", ["no-such-image:1"], store, lambda _: None)


def test_an_engine_there_that_cannot_take_it_is_said_and_nothing_has_changed(machine, host, build, store):
    machine.root("chmod", "0600", "/var/run/docker.sock")
    try:
        with pytest.raises(StepFailedError, match=r"permission denied.*; nothing has changed there"):
            ship(host, "docker", [build("x")], store, lambda _: None)
    finally:
        machine.root("chmod", "0660", "/var/run/docker.sock")


@pytest.fixture
def no_forwarding(machine):
    """An sshd that forwards nothing, in neither of the two ways to say it."""
    machine.root("sh", "-c", "echo 'DisableForwarding yes' >/etc/ssh/sshd_config.d/no.conf; pkill -HUP -o sshd")
    yield
    machine.root("sh", "-c", "rm /etc/ssh/sshd_config.d/no.conf; pkill -HUP -o sshd")


def test_where_sshd_forwards_nothing_images_go_over_the_connection_and_only_what_is_missing(
    engine, machine, no_forwarding, build, store
):
    large = _noise(LAYER_BYTES)
    first, second = build(large, "one"), build(large, "another")

    with RemoteHost(machine.entry()) as host:
        before = ship(host, "docker", [first], store, lambda _: None)
        after = ship(host, "docker", [second], store, lambda _: None)

        assert [] == missing_images(host, "docker", image_ids(engine, [first, second]))
        assert "" == machine.root("sh", "-c", "ls /srv/agentchat/incoming 2>/dev/null || true")
        assert "remote port forwarding failed" in before.no_tunnel
        assert str(after).endswith(f" MB over the ssh connection itself: {after.no_tunnel}")
    assert before.bytes > LAYER_BYTES / 2
    assert after.bytes < 65_536


def test_over_the_connection_what_arrived_before_it_dropped_counts(engine, machine, no_forwarding, build, store):
    image = build(_noise(LARGE_BYTES))
    heard = []

    def say(text):
        heard.append(text)
        if text.startswith("10 of ") and not any("try 1" in each for each in heard):
            machine.root("pkill", "-KILL", "-f", f"^sshd(-session)?: {machines.USER}@")

    with RemoteHost(machine.entry()) as host:
        sent = ship(host, "docker", [image], store, say)

        assert [] == missing_images(host, "docker", image_ids(engine, [image]))
    assert any("try 1 of 4: prod: the connection was lost" in text for text in heard), heard
    assert sent.bytes < LARGE_BYTES / 2 * 1.3


def test_only_who_knows_the_name_gets_anything_and_only_by_digest(engine, build, store):
    image = build("x")
    (packed,) = pack(engine, [image], store)

    with serving(store) as registry:
        site = f"http://127.0.0.1:{registry.port}"
        assert 200 == httpx.get(f"{site}/v2/").status_code
        found = httpx.get(f"{site}/v2/{registry.name}/manifests/{packed.digest}")
        assert (200, packed.digest) == (found.status_code, found.headers["docker-content-digest"])
        for path in (
            f"/v2/other/manifests/{packed.digest}",
            f"/v2/{registry.name}/manifests/latest",
            f"/v2/{registry.name}/tags/list",
            "/v2/_catalog",
            f"/v2/{registry.name}/blobs/sha256:../../etc/passwd",
        ):
            assert 404 == httpx.get(f"{site}{path}").status_code, path
        assert 501 == httpx.put(f"{site}/v2/{registry.name}/blobs/{packed.id}").status_code
        part = httpx.get(f"{site}/v2/{registry.name}/blobs/{packed.id}", headers={"Range": "bytes=2-5"})
        assert (206, store.path(packed.id).read_bytes()[2:6]) == (part.status_code, part.content)


@pytest.fixture
def containerd_store(machine):
    """The engine as new ones are: containerd keeps the images, and names them by their manifests."""
    settings = json.loads(machine.root("cat", "/etc/docker/daemon.json"))
    settings["features"] = {"containerd-snapshotter": True}
    machine.root("sh", "-c", "cat >/etc/docker/daemon.json", stdin=json.dumps(settings))
    machine.root("sh", "-c", RESTART)


RESTART = """
pid=$(cat /var/run/docker.pid); kill "$pid"; while kill -0 "$pid" 2>/dev/null; do sleep 0.1; done
(setsid dockerd >/dev/null 2>&1 </dev/null &)
until docker info >/dev/null 2>&1; do sleep 0.2; done
docker info --format '{{.DriverStatus}}' | grep -q containerd
"""


def test_an_engine_with_containerds_store_takes_both_ways_and_gives(engine, machine, build, store, request):
    request.getfixturevalue("containerd_store")
    large = _noise(LAYER_BYTES)
    images = [build(large, text) for text in ("one", "two", "three", "four")]
    ids = image_ids(engine, images)
    with RemoteHost(machine.entry()) as host:
        pulled = [ship(host, "docker", [image], store, lambda _: None) for image in images[:2]]
        there = _packed_there(host, images[0], BlobStore(store.folder.parent / "theirs"))
    request.getfixturevalue("no_forwarding")
    with RemoteHost(machine.entry()) as host:
        streamed = [ship(host, "docker", [image], store, lambda _: None) for image in images[2:]]

        assert [] == missing_images(host, "docker", ids, store)
        assert ids.items() & ids_there(host, "docker", images).items() == set()
    assert ["", ""] == [sent.no_tunnel for sent in pulled]
    assert all(sent.no_tunnel for sent in streamed)
    assert pulled[0].bytes > LAYER_BYTES / 2
    assert all(sent.bytes < 65_536 for sent in (*pulled[1:], *streamed))
    assert pack(engine, images[:1], store) == [there]


def _packed_there(host, image, store):
    """*image* as it is packed where the engine here is the one that the host has."""
    with engine_socket(host, "docker") as path, pytest.MonkeyPatch.context() as patch:
        patch.setenv("DOCKER_HOST", f"unix://{path}")
        (packed,) = pack("docker", [image], store)
    return packed
