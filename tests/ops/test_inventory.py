"""The hosts of fairlead.yaml: what an entry means, and which hosts an argument means."""

from __future__ import annotations

import pytest

from fairlead.ops.deploy.first_look import refuse_without_roles
from fairlead.ops.errors import SettingsError
from fairlead.ops.hosts import open_hosts
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
        ({"hosts": {"all": {}}}, "hosts: all: --host all means every host; choose another name"),
        ({"hosts": {"a": {"folder": "/srv/../etc"}}}, "hosts: a: folder: /srv/../etc: write the whole path, without"),
        ({"hosts": {"a": {"folder": "/srv/./a"}}}, "hosts: a: folder: /srv/./a: write the whole path, without . or"),
        ({"hosts": {"a": {"folder": "/etc/shop"}}}, "hosts: a: folder: /etc/shop: is not this stack's alone; name one"),
        ({"hosts": {"a": {"folder": "/srv/"}}}, "hosts: a: folder: /srv/: is not this stack's alone; name one such as"),
        ({"hosts": {"a": {"folder": "/"}}}, "hosts: a: folder: /: is not this stack's alone; name one such as /srv/"),
        ({"hosts": {"a": {"address": "-oProxyCommand=x"}}}, "hosts: a: address: -oProxyCommand=x: write it as [user@]"),
        ({"hosts": {"a": {"address": "me@-x"}}}, "hosts: a: address: me@-x: write it as [user@]host[:port]"),
        ({"hosts": {"a": {"jump": "-oProxyCommand=x"}}}, "hosts: a: jump: -oProxyCommand=x: write it as [user@]host"),
        ({"hosts": {"a": {"jump": ["b", "c d"]}}}, "hosts: a: jump: c d: write it as [user@]host[:port]"),
        ({"hosts": {"a": {"jump": ""}}}, "hosts: a: jump: : write it as [user@]host[:port]"),
        ({"hosts": {"a": {"jump": "b,c"}}}, "jump: b,c: write it as [user@]host[:port]; several hops are a list"),
        (
            {"hosts": {"a": {"environment": {"MYSQL_PASSWORD": "abc"}}}},
            "hosts: a: environment: MYSQL_PASSWORD: a secret has no place in a file that is committed; set it in the "
            "env file or in your environment",
        ),
        (
            {"hosts": {"a": {"environment": {"DB_PASSWORD": 123456}}}},
            "hosts: a: environment: DB_PASSWORD: a secret",
        ),
        (
            {"hosts": {"a": {"environment": {"JWT_SECRET_KEY": "abc"}}}},
            "hosts: a: environment: JWT_SECRET_KEY: a secret",
        ),
        ({"hosts": {"a": {"environment": {"A": "b"}}}, "policy": {"no": 1}}, "policy: "),
    ],
)
def test_a_wrong_entry_is_said_with_its_place(data, says):
    with pytest.raises(SettingsError, match=r"fairlead\.yaml: ") as caught:
        inventory(data, "shop")

    assert says in str(caught.value)


@pytest.mark.parametrize(
    "entry",
    [
        {"folder": "/srv/shop/"},
        {"folder": "/home/me/shop"},
        {"folder": "/var/lib/shop..d"},
        {"folder": "/data"},
        {"jump": ["ops@bastion.example.com:2222", "inner"]},
        {"identity": "~/.ssh/none"},
        {
            "environment": {
                "PASSWORD_MIN_LENGTH": "12",
                "SESSION_HOURS": 4,
                "MYSQL_PASSWORD": "",
                "SESSION_SECRET": False,
            }
        },
        {"environment": {"MYSQL_PASSWORD_FILE": "/run/secrets/x", "MYSQL_HOST": "db", "API_TOKEN_TTL": "9"}},
    ],
)
def test_what_only_looks_wrong_is_taken(entry):
    assert "web" == inventory({"hosts": {"web": entry}}, "shop").hosts["web"].name


def test_a_folder_is_kept_without_the_slash_at_its_end():
    assert "/srv/a" == inventory({"hosts": {"web": {"folder": "/srv/a/"}}}, "shop").hosts["web"].folder


def test_the_stacks_own_policy_says_what_is_a_secret():
    data = {"hosts": {"web": {"environment": {"SITE_SALT": "x"}}}}
    with pytest.raises(SettingsError, match="SITE_SALT: a secret"):
        inventory(data, "shop")

    inventory({**data, "policy": {"secrets": {"not_secret": ["SITE_SALT"]}}}, "shop")


@pytest.mark.parametrize(
    ("roles", "missing"), [(["edge", "app"], "data"), (["data"], "edge, app"), (["app"], "edge, data")]
)
def test_a_host_for_a_part_of_the_stack_is_not_deployed_to(roles, missing):
    entry = inventory({"hosts": {"web1": {"roles": roles}}}, "shop").hosts["web1"]

    with pytest.raises(SettingsError) as caught:
        refuse_without_roles(entry)
    assert (
        f"fairlead.yaml: hosts: web1: roles: without {missing}; a deploy brings the whole stack to one host, and "
        "several hosts for one stack are not supported yet: leave roles out, or name all three" == str(caught.value)
    )


def test_a_host_for_all_of_the_stack_is_deployed_to():
    hosts = inventory({"hosts": {"a": {}, "b": {"roles": ["data", "app", "edge"]}}}, "shop").hosts

    assert [None, None] == [refuse_without_roles(entry) for entry in hosts.values()]


def test_a_key_that_is_not_there_is_said_when_the_host_is_asked_for(tmp_path, monkeypatch):
    text = "name: shop\ncompose: {files: [c.yml]}\nhosts: {web: {identity: ~/.ssh/gone}}\n"
    (tmp_path / "fairlead.yaml").write_text(text)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))

    with (
        pytest.raises(SettingsError, match=r"hosts: web: identity: ~/\.ssh/gone: no such file here"),
        open_hosts(["web"]),
    ):
        pass


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
