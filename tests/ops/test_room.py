"""What goes over for a release, and whether the host has the room for it."""

from __future__ import annotations

import gzip
import hashlib
import io
import json

import pytest

from fairlead.ops.command import Result
from fairlead.ops.deploy.layers import BlobStore, Packed
from fairlead.ops.deploy.room import (
    BUILD_BYTES,
    SPARE_DISK_BYTES,
    Room,
    disks,
    disks_to_build,
    memory,
    refuse_without,
    used_memory,
)
from fairlead.ops.deploy.target import TargetError
from fairlead.ops.deploy.weighing import chains, ids_known, loads

MEBI = 1024**2


def _packed(store, reference, *layers):
    """An image of layers with these contents, whose blobs are in *store*."""
    contents, sizes = [], {}
    for content in layers:
        digest = f"sha256:{_sha(content)}"
        compressed = store.add_layer(io.BytesIO(content), digest)
        contents.append(digest)
        sizes[compressed] = store.path(compressed).stat().st_size
    config = store.add(json.dumps({"rootfs": {"diff_ids": contents}}).encode())
    manifest = {"config": {"digest": config}, "layers": [{"digest": each, "size": sizes[each]} for each in sizes]}
    return Packed(reference, config, store.add(json.dumps(manifest).encode()), sizes), tuple(contents)


def _sha(content):
    return hashlib.sha256(content).hexdigest()


def test_only_what_is_above_the_common_layers_goes_over_and_each_layer_once(tmp_path):
    store = BlobStore(tmp_path)
    low, middle, high = (bytes([number]) * 100_000 for number in (1, 2, 3))
    image, contents = _packed(store, "web:r2", low, middle, high)
    other, _ = _packed(store, "job:r2", low, middle, b"own")

    first, second = loads([image, other], store, [contents[:1], (contents[1],)])

    assert ("web:r2", 3, 1, 200_000) == (first.reference, first.layers, first.there, first.unpacked_bytes)
    assert (3, 2, 3) == (second.layers, second.there, second.unpacked_bytes)
    texts = sum(store.path(each).stat().st_size for each in (image.id, image.digest))
    assert texts + 2 * len(gzip.compress(middle, 5)) == pytest.approx(first.bytes, abs=40)


def test_an_image_that_is_there_but_for_its_name_sends_its_texts_alone(tmp_path):
    store = BlobStore(tmp_path)
    image, contents = _packed(store, "web:r2", b"a" * 9000)

    (load,) = loads([image], store, [contents])

    assert (1, 1, 0) == (load.layers, load.there, load.unpacked_bytes)
    assert load.bytes < 1000


def test_an_image_is_read_from_the_engine_once(tmp_path):
    store = BlobStore(tmp_path)
    image, _ = _packed(store, "web:r2", b"a", b"b")

    assert None is store.packed("web:r2", "sha256:1234")
    store.note("sha256:1234", image)
    assert image == store.packed("web:r2", "sha256:1234")
    store.path(next(iter(image.sizes))).unlink()
    assert None is store.packed("web:r2", "sha256:1234")


class Machine:
    """A host that answers by the words of a command, and whose files are *files*."""

    name = "prod"

    def __init__(self, answers, files=None):
        self.answers = answers
        self.files = files or {}

    def run(self, command, timeout_s=None):
        text = " ".join(command.argv)
        return Result(0, next((answer for words, answer in self.answers.items() if words in text), ""))

    def read(self, path):
        return self.files.get(path)


def test_the_layers_of_all_images_of_an_engine_are_known():
    machine = Machine({"image ls": "a\nb\na\n", "inspect": '["1","2"]\n["1"]\n'})

    assert ["a", "b"] == ids_known(machine, "docker")
    assert [("1", "2"), ("1",)] == chains(machine, "docker", ["a", "b"])
    assert [] == chains(machine, "docker", [])


def test_folders_of_one_disk_need_their_room_together():
    table = "Filesystem 1B-blocks Mounted\n/dev/sda1 {} {}\n"
    one = Machine({"info": "/var/lib/docker\n", "sh -c": table.format(10**9, "/")})
    two = Machine({"info": "/big\n", "/big": table.format(5, "/big"), "/srv": table.format(7, "/")})
    needs = {"": 100 * MEBI, "/srv/shop": 50 * MEBI}

    (disk,) = disks(one, "docker", needs)
    assert ("/var/lib/docker", 406 * MEBI, 10**9, True) == (
        disk.place,
        disk.needed_bytes,
        disk.there_bytes,
        disk.suffices,
    )
    assert [("/big", 5), ("/srv/shop", 7)] == [(each.place, each.there_bytes) for each in disks(two, "docker", needs)]


@pytest.mark.parametrize(
    ("images", "sizes", "needed"),
    [
        ((), "", BUILD_BYTES),
        (("web:r1",), f"{MEBI}\n", BUILD_BYTES),
        (("web:r1", "job:r1"), "3000000000\n1\n", 3_000_000_001),
    ],
)
def test_building_on_a_host_takes_the_room_of_what_serves_and_some_at_least(images, sizes, needed):
    table = "Filesystem 1B-blocks Avail Mounted on\n/dev/a 9 /\n"
    machine = Machine({"image inspect": sizes, "info": "/var/lib/docker\n", "/var/lib/docker": table})

    (disk,) = disks_to_build(machine, "docker", images)

    assert needed + SPARE_DISK_BYTES == disk.needed_bytes


def test_memory_is_what_the_release_before_uses_or_what_the_model_says():
    machine = Machine({}, {"/proc/meminfo": "MemTotal: 9 kB\nMemAvailable:  1000 kB\nSwapFree: 24 kB\n"})
    services = {
        "web": {},
        "new": {"deploy": {"replicas": 2, "resources": {"limits": {"memory": str(400 * MEBI)}}}},
        "reserved": {"deploy": {"resources": {"reservations": {"memory": str(10 * MEBI)}}}},
        "silent": {},
    }

    room = memory(machine, services, {"web": 100 * MEBI})

    assert ("memory", (110 + 200 + 10 + 64) * MEBI, 1024 * 1024) == (room.what, room.needed_bytes, room.there_bytes)
    assert not room.suffices


def test_what_a_service_uses_is_the_sum_of_its_processes():
    machine = Machine({"ps": "c1 web\nc2 web\n", "top": "PID  RSS\n1  100\n2  20\n"})

    assert {"web": 240 * 1024} == used_memory(machine, "docker", "shop-r1")


def test_a_host_that_lacks_room_is_refused_with_what_is_needed_and_there():
    refuse_without("prod", [Room("memory", "", 5, 5)])
    with pytest.raises(TargetError) as refused:
        refuse_without("prod", [Room("memory", "", 5, 5), Room("disk", "/srv", 3_000_000, 2_000_000)])

    assert (1, "prod: disk at /srv: 3 MB needed, 2 MB there; nothing was sent; inv gc removes old releases") == (
        refused.value.exit_code,
        str(refused.value),
    )
