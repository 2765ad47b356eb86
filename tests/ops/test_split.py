"""One compose model becomes the base project and a release's own."""

from __future__ import annotations

import copy

import pytest

from fairlead.ops.deploy.layout import Layout
from fairlead.ops.deploy.mounting import Sources, SplitError
from fairlead.ops.deploy.split import split

LAYOUT = Layout("shop", "/srv/shop")
SOURCES = Sources("/work/shop", {"/work/shop/.fairlead/edge": LAYOUT.edge}, ("/work/shop/.fairlead", "/work/shop/.env"))
MERGED = {
    "name": "shop",
    "services": {
        "nginx": {
            "x-fairlead-tier": "edge",
            "image": "nginx:1.30.6",
            "ports": [{"target": 80, "published": "80"}],
            "depends_on": {"web": {"condition": "service_healthy"}, "db": {"condition": "service_healthy"}},
            "networks": {"public": None, "front": None},
            "volumes": [
                {"type": "bind", "source": "/work/shop/.fairlead/edge", "target": "/etc/nginx/edge", "read_only": True},
                {"type": "volume", "source": "assets", "target": "/srv/assets"},
            ],
        },
        "web": {
            "x-fairlead-tier": "app",
            "build": {"context": "/work/shop"},
            "image": "shop/web:local",
            "depends_on": {"queue": {}, "migrate": {}, "db": {}},
            "networks": {"front": {"aliases": ["www"]}, "data": None, "egress": None},
            "secrets": [{"source": "key", "target": "/run/secrets/key"}],
            "labels": {"team": "a"},
            "volumes": [
                {"type": "volume", "source": "assets", "target": "/srv/assets"},
                {"type": "bind", "source": "/work/shop/config.yaml", "target": "/etc/config.yaml", "read_only": True},
                {"type": "bind", "source": "/etc/localtime", "target": "/etc/localtime"},
                {"type": "tmpfs", "target": "/tmp"},
            ],
        },
        "queue": {"x-fairlead-tier": "app", "image": "shop/web:local", "networks": {"data": None}},
        "migrate": {"x-fairlead-tier": "job", "image": "shop/web:local", "networks": {"data": None}},
        "db": {
            "x-fairlead-tier": "data",
            "image": "mysql:9.7.4",
            "networks": {"data": None},
            "volumes": [{"type": "volume", "source": "db", "target": "/var/lib/mysql"}],
            "secrets": [{"source": "root", "target": "/run/secrets/root"}],
        },
    },
    "networks": {
        "public": {"name": "shop_public"},
        "front": {"internal": True},
        "data": {},
        "egress": {"name": "shop_egress"},
    },
    "volumes": {"db": {"driver": "local"}, "assets": {}, "unused": {}},
    "secrets": {"key": {"file": "/work/shop/.s/key"}, "root": {"file": "/work/shop/.s/root"}},
}
IMAGES = {
    "nginx": "nginx:1.30.6",
    "web": "shop/web:r42",
    "queue": "shop/web:r42",
    "migrate": "shop/web:r42",
    "db": "db:1",
}


def _split(merged=MERGED):
    return split(copy.deepcopy(merged), "r42", LAYOUT, SOURCES, IMAGES)


def _changed(service, **keys):
    merged = copy.deepcopy(MERGED)
    merged["services"][service] |= keys
    return merged


def test_edge_and_data_stay_and_app_and_jobs_are_the_release():
    projects = _split()

    assert ("shop-base", ["nginx", "db"]) == (projects.base["name"], list(projects.base["services"]))
    assert ("shop-r42", ["web", "queue", "migrate"]) == (projects.app["name"], list(projects.app["services"]))
    assert {"edge": ("nginx",), "app": ("web", "queue"), "data": ("db",), "job": ("migrate",)} == projects.services


def test_nothing_waits_for_what_is_in_the_other_project_or_for_a_job():
    projects = _split()

    assert {"db": {"condition": "service_healthy"}} == projects.base["services"]["nginx"]["depends_on"]
    assert {"queue": {}} == projects.app["services"]["web"]["depends_on"]


def test_networks_of_the_base_are_shared_and_others_are_each_releases_own():
    projects = _split()

    names = ("data", "front", "public")
    assert {name: {"name": f"shop_{name}", "external": True} for name in names} == projects.base["networks"]
    assert {
        "shop_data": {},
        "shop_front": {"internal": True},
        "shop_public": {"name": "shop_public"},
    } == projects.networks
    assert {
        "data": {"name": "shop_data", "external": True},
        "egress": {},
        "front": {"name": "shop_front", "external": True},
    } == projects.app["networks"]


def test_a_releases_containers_have_a_name_of_their_own_in_each_network():
    networks = _split().app["services"]["web"]["networks"]

    assert {"front": ["www", "web-r42"], "data": ["web-r42"], "egress": ["web-r42"]} == {
        name: options["aliases"] for name, options in networks.items()
    }


def test_volumes_outlive_releases_and_keep_their_options():
    projects = _split()

    assert {"shop_assets": {}, "shop_db": {"driver": "local"}} == projects.volumes
    assert {"assets": {"name": "shop_assets", "external": True}} == projects.app["volumes"]


def test_what_is_mounted_from_the_checkout_travels_and_the_hosts_own_stays():
    projects = _split()

    assert ["/srv/assets", "/etc/config.yaml", "/etc/localtime", "/tmp"] == [
        mount["target"] for mount in projects.app["services"]["web"]["volumes"]
    ]
    assert "/srv/shop/nginx" == projects.base["services"]["nginx"]["volumes"][0]["source"]
    place = "/srv/shop/releases/r42/files/config.yaml"
    assert [place, "/etc/localtime"] == [
        mount["source"] for mount in projects.app["services"]["web"]["volumes"] if mount["type"] == "bind"
    ]
    assert {place: "/work/shop/config.yaml"} == projects.files


def test_each_project_has_only_the_secrets_that_it_reads():
    projects = _split()

    assert {"root": {"file": "/srv/shop/base/secrets/root"}} == projects.base["secrets"]
    assert {"key": {"file": "/srv/shop/releases/r42/secrets/key"}} == projects.app["secrets"]
    assert {"key": "/work/shop/.s/key", "root": "/work/shop/.s/root"} == projects.secrets


def test_images_are_those_of_the_release_and_nothing_is_built_or_pulled_there():
    web = _split().app["services"]["web"]

    assert ("shop/web:r42", "never", False) == (web["image"], web["pull_policy"], "build" in web)
    assert {"team": "a", "fairlead.stack": "shop", "fairlead.release": "r42"} == web["labels"]


def test_the_model_it_was_given_is_not_touched():
    merged = copy.deepcopy(MERGED)
    split(merged, "r42", LAYOUT, SOURCES, IMAGES)

    assert MERGED == merged


@pytest.mark.parametrize(
    ("merged", "says"),
    [
        (
            _changed("web", **{"x-fairlead-tier": "application"}),
            "services.web: x-fairlead-tier: application; say which of",
        ),
        (
            _changed("web", **{"x-fairlead-tier": ""}),
            "services.web: no x-fairlead-tier; say which of edge, app, data, job",
        ),
        (_changed("web", ports=[{"target": 80}]), "services.web.ports: two releases run side by side"),
        (_changed("web", container_name="web"), "services.web.container_name: two releases"),
        (_changed("web", network_mode="host"), "services.web.network_mode: host: two releases run side by side"),
        ({**MERGED, "secrets": {"key": {"environment": "KEY"}}}, "secrets.key: only `file:` travels to a host"),
    ],
)
def test_what_cannot_be_a_release_is_said_with_its_place(merged, says):
    with pytest.raises(SplitError) as caught:
        _split(merged)

    assert str(caught.value).startswith(says)
