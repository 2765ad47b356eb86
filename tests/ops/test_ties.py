"""What services want of each other and of the host, when two releases run side by side."""

from __future__ import annotations

import itertools

import pytest

from fairlead.ops.deploy.layout import Layout
from fairlead.ops.deploy.mounting import Sources, SplitError
from fairlead.ops.deploy.split import split

TIERS = {"nginx": "edge", "vpn": "edge", "api": "app", "side": "app", "job": "job", "db": "data"}


def _split(**changed):
    services = {name: {"x-fairlead-tier": tier, "networks": {"default": None}} for name, tier in TIERS.items()}
    for name, keys in changed.items():
        services.setdefault(name, {"x-fairlead-tier": "job", "networks": {"default": None}}).update(keys)
        if "network_mode" in keys:
            del services[name]["networks"]
    merged = {"name": "shop", "services": services, "networks": {"default": {"name": "shop_default"}}}
    return split(merged, "r2", Layout("shop", "/srv/shop"), Sources("/work/shop"), dict.fromkeys(services, "image"))


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        (
            {"api": {"networks": {"default": {"ipv4_address": "172.20.0.5"}}}},
            "services.api.networks.default.ipv4_address: 172.20.0.5: two releases run side by side during a switch, "
            "and an address is for one container; remove it for production: nginx finds a release by its name",
        ),
        ({"api": {"networks": {"default": {"ipv6_address": "fd00::5"}}}}, "services.api.networks.default.ipv6_address"),
        ({"api": {"mac_address": "02:42:ac:11:65:43"}}, "services.api.mac_address: 02:42:ac:11:65:43: two releases"),
        ({"api": {"network_mode": "host"}}, "services.api.network_mode: host: two releases run side by side"),
        (
            {"api": {"network_mode": "service:vpn"}},
            "services.api.network_mode: vpn is in another project than api, since they change at different times; give "
            "both the same tier, or remove it",
        ),
        ({"db": {"ipc": "service:api"}}, "services.db.ipc: api is in another project than db"),
        (
            {"nginx": {"volumes_from": ["api:ro"]}},
            "services.nginx.volumes_from: api is in another project than nginx, since they change at different times; "
            "name the volumes in both",
        ),
        (
            {"api": {"links": ["db:database"]}},
            "services.api.links: db is in another project than api, since they change at different times; give db the "
            "alias database in a network that both have, or use its own name",
        ),
    ],
)
def test_what_two_releases_cannot_have_is_refused_with_its_place(changed, says):
    with pytest.raises(SplitError) as caught:
        _split(**changed)

    assert str(caught.value).startswith(says)


@pytest.mark.parametrize(
    "changed",
    [
        {"db": {"networks": {"default": {"ipv4_address": "172.20.0.5"}}}},
        {"db": {"network_mode": "host"}},
        {"api": {"network_mode": "none"}},
        {"side": {"network_mode": "service:api"}},
        {"nginx": {"network_mode": "service:vpn"}},
        {"side": {"volumes_from": ["api", "container:other"]}},
        {"api": {"deploy": {"replicas": 2}}},
        {"job": {"network_mode": "none"}},
    ],
)
def test_what_they_can_have_is_left_as_it_is(changed):
    projects = _split(**changed)
    made = {**projects.base["services"], **projects.app["services"]}

    for name, keys in changed.items():
        without_aliases = {key: value for key, value in made[name].items() if name == "db" or key != "networks"}
        assert {**without_aliases, **keys} == without_aliases


def test_a_service_in_the_network_of_another_has_none_of_its_own():
    side = _split(side={"network_mode": "service:api"}).app["services"]["side"]

    assert "networks" not in side


def test_links_to_the_other_project_go_where_its_own_name_does():
    projects = _split(api={"links": ["db", "side:other", "db:db"]}, side={"links": ["db"]})

    assert ["side:other"] == projects.app["services"]["api"]["links"]
    assert "links" not in projects.app["services"]["side"]


def _waits(*names):
    return {"depends_on": {name: {"condition": "service_completed_successfully"} for name in names}}


@pytest.mark.parametrize("order", list(itertools.permutations(("a-seed", "b-index", "job"))))
def test_jobs_run_after_those_that_they_depend_on(order):
    jobs = {"a-seed": _waits("job", "db"), "b-index": _waits("a-seed"), "job": {}}

    assert ("job", "a-seed", "b-index") == _split(**{name: jobs[name] for name in order}).services["job"]


def test_jobs_that_depend_on_nothing_stay_as_they_stand_and_a_job_between_counts():
    assert ("job", "z", "a") == _split(z={}, a={}).services["job"]
    assert ("z", "job") == _split(job=_waits("side"), side=_waits("z"), z={}).services["job"]
