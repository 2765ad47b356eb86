"""What services mount: from the checkout, from the host, and what a deploy refuses before it loses or tells it."""

from __future__ import annotations

import pytest

from fairlead.ops.deploy.layout import Layout
from fairlead.ops.deploy.mounting import Mover, Sources, SplitError
from fairlead.ops.deploy.split import split

ROOT = "/work/shop"
SOURCES = Sources(
    ROOT,
    {f"{ROOT}/.fairlead/edge": "/srv/shop/nginx", f"{ROOT}/certs": "/srv/shop/shared/certs"},
    (f"{ROOT}/.fairlead", f"{ROOT}/docker/.env"),
)
FOLDER = "/srv/shop/releases/r2"


def _bind(source, target="/x", *, read_only=True, **options):
    return {"type": "bind", "source": source, "target": target, "read_only": read_only, **options}


def _mounted(*mounts, sources=SOURCES):
    mover = Mover(sources)
    return mover.mounts("api", {"volumes": list(mounts)}, FOLDER), mover


def test_a_file_that_is_only_read_travels_with_the_release():
    mounts, mover = _mounted(_bind(f"{ROOT}/conf/app.toml"), _bind(f"{ROOT}/templates"))

    assert [f"{FOLDER}/files/conf/app.toml", f"{FOLDER}/files/templates"] == [mount["source"] for mount in mounts]
    assert {
        f"{FOLDER}/files/conf/app.toml": f"{ROOT}/conf/app.toml",
        f"{FOLDER}/files/templates": f"{ROOT}/templates",
    } == (mover.files)


def test_folders_that_a_host_has_of_its_own_are_taken_from_there_also_to_write():
    mounts, mover = _mounted(_bind(f"{ROOT}/.fairlead/edge", read_only=False), _bind(f"{ROOT}/certs/live"))

    assert ["/srv/shop/nginx", "/srv/shop/shared/certs/live"] == [mount["source"] for mount in mounts]
    assert ({}, {}) == (mover.files, mover.outside)


def test_a_name_that_begins_like_a_known_folder_is_another():
    mounts, _ = _mounted(_bind(f"{ROOT}/certs-of-partners"))

    assert [f"{FOLDER}/files/certs-of-partners"] == [mount["source"] for mount in mounts]


@pytest.mark.parametrize(
    "mount",
    [
        {"type": "volume", "source": "pg", "target": "/data"},
        {"type": "volume", "target": "/cache"},
        {"type": "tmpfs", "target": "/tmp"},
        _bind("/var/run/docker.sock", read_only=False),
        _bind("/work/shop-data", read_only=False),
        _bind("/work", read_only=False),
    ],
)
def test_what_is_not_of_the_checkout_stays_as_it_is(mount):
    mounts, mover = _mounted(mount)

    assert ([mount], {}) == (mounts, mover.files)


def test_what_the_host_has_to_have_is_told_with_who_mounts_it():
    made = {"bind": {"create_host_path": True}}
    ways = {"a": [made], "b": [made, {}], "c": [{}, made]}
    mounts = [_bind(f"/data/{name}", **how) for name, each in ways.items() for how in each]
    _, mover = _mounted(_bind("/etc/localtime"), *mounts)

    once = {"/data/a": ("api", True), "/data/b": ("api", False), "/data/c": ("api", False)}
    assert {"/etc/localtime": ("api", False), **once} == mover.outside


@pytest.mark.parametrize(
    ("mount", "says"),
    [
        (
            _bind(f"{ROOT}/uploads", "/up", read_only=False),
            "services.api.volumes: uploads:/up: can be written to, and what is in the checkout is sent anew with each "
            "release, so what is written there would be lost; use a named volume, or end it in :ro where it is only "
            "read",
        ),
        (
            _bind(f"{ROOT}/docker", "/conf"),
            "services.api.volumes: docker:/conf: holds docker/.env, which holds secrets and travels in no mount; mount "
            "less, or hand a value over by compose secrets",
        ),
        (
            _bind(ROOT, "/app"),
            "services.api.volumes: .:/app: holds .fairlead, which holds secrets and travels in no mount; mount less, "
            "or hand a value over by compose secrets",
        ),
        (
            _bind(f"{ROOT}/docker/.env", "/.env"),
            "services.api.volumes: docker/.env:/.env: is docker/.env, which holds secrets and travels in no mount; "
            "mount less, or hand a value over by compose secrets",
        ),
        (
            _bind(f"{ROOT}/.fairlead/secrets/key", "/key"),
            "services.api.volumes: .fairlead/secrets/key:/key: lies in .fairlead, which holds secrets and travels in "
            "no mount; mount less, or hand a value over by compose secrets",
        ),
    ],
)
def test_what_would_be_lost_or_told_is_refused_with_its_place(mount, says):
    with pytest.raises(SplitError) as caught:
        _mounted(mount)

    assert says == str(caught.value)


def _split_with(configs, **services):
    merged = {"name": "shop", "services": services, "configs": configs}
    return split(merged, "r2", Layout("shop", "/srv/shop"), SOURCES, dict.fromkeys(services, "image"))


def test_configs_travel_from_where_they_are():
    configs = {
        "app": {"name": "shop_app", "file": f"{ROOT}/conf/app.toml"},
        "motd": {"name": "shop_motd", "content": "costs $$5\n"},
        "far": {"file": "/home/me/far.conf"},
        "unused": {"external": True},
    }
    api = {"x-fairlead-tier": "app", "configs": [{"source": "app", "target": "/app.toml"}, {"source": "motd"}]}
    db = {"x-fairlead-tier": "data", "configs": [{"source": "far"}, {"source": "motd"}]}
    projects = _split_with(configs, api=api, db=db)

    mine, base = f"{FOLDER}/files/.fairlead/configs", "/srv/shop/base/files/.fairlead/configs"
    assert {"app": {"file": f"{mine}/app"}, "motd": {"file": f"{mine}/motd"}} == projects.app["configs"]
    assert {"far": {"file": f"{base}/far"}, "motd": {"file": f"{base}/motd"}} == projects.base["configs"]
    assert {f"{mine}/app": f"{ROOT}/conf/app.toml", f"{base}/far": "/home/me/far.conf"} == projects.files
    assert {f"{mine}/motd": "costs $5\n", f"{base}/motd": "costs $5\n"} == projects.texts
    assert api["configs"] == projects.app["services"]["api"]["configs"]


@pytest.mark.parametrize(
    ("config", "says"),
    [
        (
            {"environment": "MOTD"},
            "configs.c: only `file:` and `content:` travel to a host; write content: with its text, in which ${NAME} "
            "stands for a variable",
        ),
        ({"file": f"{ROOT}/docker/.env"}, "configs.c: is docker/.env, which holds secrets and travels in no mount"),
    ],
)
def test_a_config_that_does_not_travel_is_refused(config, says):
    with pytest.raises(SplitError) as caught:
        _split_with({"c": config}, api={"x-fairlead-tier": "app", "configs": [{"source": "c"}]})

    assert str(caught.value).startswith(says)


def test_a_secret_that_only_a_build_reads_need_not_travel():
    merged = {
        "name": "shop",
        "services": {"api": {"x-fairlead-tier": "app", "secrets": [{"source": "key"}]}},
        "secrets": {"npm": {"environment": "NPM_TOKEN"}, "key": {"file": f"{ROOT}/.fairlead/secrets/key"}},
    }
    projects = split(merged, "r2", Layout("shop", "/srv/shop"), SOURCES, {"api": "image"})

    assert {"key": f"{ROOT}/.fairlead/secrets/key"} == projects.secrets
