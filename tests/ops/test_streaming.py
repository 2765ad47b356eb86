"""What an image is made of on its way over a connection, and what of it need not go."""

from __future__ import annotations

import hashlib
import io
import json

import pytest

from fairlead.ops.deploy.layers import CONFIG, MANIFEST, BlobStore, Packed
from fairlead.ops.deploy.streaming import full_name, known_layers, parts_of


@pytest.mark.parametrize(
    ("contents", "there", "known"),
    [
        (("a", "b", "c"), [], 0),
        (("a", "b", "c"), [["x"], ["a", "b"]], 2),
        (("a", "b", "c"), [["a", "b", "c", "d"]], 3),
        (("a", "b", "c"), [["b", "c"], ["a", "c"]], 1),
        (("a", "a"), [["a"]], 1),
        ((), [["a"]], 0),
    ],
)
def test_a_layer_counts_as_there_only_with_all_below_it(contents, there, known):
    assert known == known_layers(contents, there)


@pytest.mark.parametrize(
    ("reference", "name"),
    [
        ("nginx:1.30", "docker.io/library/nginx:1.30"),
        ("shop/api:r1", "docker.io/shop/api:r1"),
        ("mirror.example.com/api:r1", "mirror.example.com/api:r1"),
        ("localhost/api:r1", "localhost/api:r1"),
        ("box:5000/api:r1", "box:5000/api:r1"),
    ],
)
def test_an_image_has_its_registry_in_its_name(reference, name):
    assert name == full_name(reference)


def test_the_parts_of_an_image_are_named_for_both_kinds_of_store(tmp_path):
    store = BlobStore(tmp_path)
    texts = (b"lower", b"upper", b"lower")
    contents = [f"sha256:{hashlib.sha256(text).hexdigest()}" for text in texts]
    layers = [store.add_layer(io.BytesIO(text), content) for text, content in zip(texts, contents, strict=True)]
    config = store.add(json.dumps({"rootfs": {"diff_ids": contents}}).encode())
    manifest = {"mediaType": MANIFEST, "config": {"mediaType": CONFIG, "digest": config}}
    manifest |= {"layers": [{"digest": digest} for digest in layers]}
    digest = store.add(json.dumps(manifest, separators=(",", ":")).encode())

    parts = parts_of(Packed("shop/api:r1", config, digest, {}), store)
    files = {name: json.loads(text) for name, text in parts.files().items()}

    assert (config, digest, *dict.fromkeys(layers)) == parts.blobs(0)
    assert (config, digest, layers[1], layers[2]) == parts.blobs(1)
    (described,) = files["index.json"]["manifests"]
    assert (digest, store.path(digest).stat().st_size) == (described["digest"], described["size"])
    (entry,) = files["manifest.json"]
    assert ["shop/api:r1"] == entry["RepoTags"]
    assert [f"blobs/sha256/{store.path(each).name}" for each in layers] == entry["Layers"]
