"""Names and keyed hashes in the manifest of a release."""

from __future__ import annotations

import json
import secrets
import stat

import pytest

from fairlead.ops.deploy.hashing import content, environment_hashes, key_on, secret_hashes
from fairlead.ops.deploy.layout import Layout
from fairlead.ops.deploy.upload import Upload
from fairlead.ops.host import LocalHost

APP = {"services": {"web": {"environment": {"MODE": "production", "WORKERS": 4}}, "page": {"image": "page"}}}


@pytest.fixture
def layout(tmp_path):
    return Layout("shop", str(tmp_path))


def test_a_host_keeps_its_key_to_its_owner_and_gives_it_again(layout, tmp_path):
    key = key_on(LocalHost(), layout)

    assert 32 == len(key)
    assert key == key_on(LocalHost(), layout)
    assert 0o600 == stat.S_IMODE((tmp_path / "shared" / "hash.key").stat().st_mode)


def test_the_same_value_has_the_same_hash_under_one_key_only(layout):
    key, other = key_on(LocalHost(), layout), secrets.token_bytes(32)

    assert environment_hashes(APP, key) == environment_hashes(APP, key)
    assert environment_hashes(APP, key) != environment_hashes(APP, other)
    assert {"web": ["MODE", "WORKERS"]} == {name: list(each) for name, each in environment_hashes(APP, key).items()}


def test_a_changed_value_changes_its_own_hash_alone(layout):
    key = key_on(LocalHost(), layout)
    changed = {"services": {"web": {"environment": {"MODE": "test", "WORKERS": 4}}}}

    before, after = environment_hashes(APP, key)["web"], environment_hashes(changed, key)["web"]

    assert {"MODE"} == {name for name in before if before[name] != after[name]}


def test_secrets_are_hashed_by_name_and_other_files_are_not(layout):
    key, word = key_on(LocalHost(), layout), secrets.token_urlsafe(16)
    found = secret_hashes([Upload("secrets/token", word, 0o444), Upload("compose.yaml", "{}")], key)

    assert ["token"] == list(found)
    assert word not in str(found)
    assert found != secret_hashes([Upload("secrets/token", f"{word}x", 0o444)], key)


MADE = {"made": "2026-11-23T04:00:00+00:00", "smoke": ["http://localhost/health"], "watch_s": 5}
PROXY = Upload("nginx/nginx.conf", "# a")


def _content(manifest=MADE, *files):
    return list(content((Upload("release.json", json.dumps(manifest)), *(files or (PROXY,)))))


def test_what_a_plan_is_held_to_is_the_same_when_nothing_but_the_time_differs():
    assert _content() == _content(MADE | {"made": "2026-11-24T04:00:00+00:00"})
    assert _content() == _content(dict(reversed(MADE.items())))


@pytest.mark.parametrize(
    "other",
    [
        _content(MADE | {"smoke": []}),
        _content(MADE | {"watch_s": 6}),
        _content(MADE | {"migrations": {"dump": False}}),
        _content(MADE, Upload("nginx/nginx.conf", "# b")),
        _content(MADE, Upload("nginx/nginx.conf", "# a", 0o755)),
    ],
)
def test_a_plan_is_held_to_all_that_the_manifest_and_the_files_say(other):
    assert _content() != other
