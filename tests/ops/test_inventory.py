"""The hosts of fairlead.yaml: what an entry means, and which hosts an argument means."""

from __future__ import annotations

import pytest

from fairlead.ops.errors import SettingsError
from fairlead.ops.inventory import inventory
from fairlead.schemas import first_error

HOSTS = {
    "hosts": {
        "web1": {"address": "deploy@203.0.113.5:2222", "roles": ["edge", "app"], "jump": "ops@bastion.example.com"},
        "web2": {"address": "[2001:db8::5]:22", "protected": True, "environment": {"WORKERS": 4}},
        "db": {},
    },
    "groups": {"web": ["web2", "web1"]},
}


def _names(*asked):
    return [entry.name for entry in inventory(HOSTS, "shop").chosen(asked)]


def test_an_entry_says_how_the_host_is_reached():
    first, second, third = inventory(HOSTS, "shop").hosts.values()

    assert ("203.0.113.5", "deploy", 2222) == (first.address, first.user, first.port)
    assert (("edge", "app"), ("ops@bastion.example.com",)) == (first.roles, first.jump)
    assert ("2001:db8::5", "", 22, {"WORKERS": "4"}) == (second.address, second.user, second.port, second.environment)
    assert ("db", "", 0, "/srv/shop") == (third.address, third.user, third.port, third.folder)
    assert ("edge", "app", "data") == third.roles


def test_an_entry_is_shown_as_ssh_takes_it():
    assert ["deploy@203.0.113.5:2222", "[2001:db8::5]:22", "db"] == list(
        map(str, inventory(HOSTS, "shop").hosts.values())
    )


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        (("db",), ["db"]),
        (("web",), ["web1", "web2"]),
        (("db,web1",), ["web1", "db"]),
        (("db", "db", "web"), ["web1", "web2", "db"]),
        (("all",), ["web1", "web2", "db"]),
    ],
)
def test_a_name_means_a_host_a_group_or_all(asked, meant):
    assert meant == _names(*asked)


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (("wbe1",), "--host wbe1: no such host or group; did you mean web1?"),
        (("x",), "--host x: no such host or group; there are web1, web2, db, web"),
        ((), "say which host: --host web1 | web2 | db | web"),
        ((" ,",), "say which host: --host web1 | web2 | db | web"),
    ],
)
def test_a_name_that_is_none_is_told_what_there_is(asked, says):
    with pytest.raises(SettingsError) as caught:
        _names(*asked)

    assert says == str(caught.value)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({"hosts": {"a": {"address": "x y"}}}, "hosts: a: address: x y: write it as [user@]host[:port]"),
        ({"hosts": {"a": {}}, "groups": {"g": ["b"]}}, "groups: g: b is none of hosts: a"),
        ({"hosts": {"a": {}}, "groups": {"a": ["a"]}}, "groups: a: a host or a word of ours has this name"),
        ({"hosts": {"a": {}}, "groups": {"all": ["a"]}}, "groups: all: a host or a word of ours has this name"),
    ],
)
def test_a_wrong_entry_is_said_with_its_place(data, says):
    with pytest.raises(SettingsError, match=r"fairlead\.yaml: ") as caught:
        inventory(data, "shop")

    assert says in str(caught.value)


def test_a_stack_without_hosts_says_where_they_are_described():
    with pytest.raises(SettingsError, match=r"no host is described; add one to fairlead\.yaml, hosts"):
        inventory({}, "shop").chosen(["prod"])


@pytest.mark.parametrize(
    ("hosts", "says"),
    [
        ({"web": {"adress": "x"}}, "adress"),
        ({"web": {"roles": ["egde"]}}, "egde"),
        ({"web one": {}}, "web one"),
        ({"web": {"folder": "srv"}}, "srv"),
        ({"web": {"environment": {"A": ["x"]}}}, "hosts.web.environment.A"),
    ],
)
def test_the_schema_refuses_what_is_no_host(hosts, says):
    problem = first_error("fairlead", {"name": "shop", "compose": {"files": ["c.yml"]}, "hosts": hosts})

    assert says in (problem or "")
