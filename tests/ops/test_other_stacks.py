"""Stacks of others, small and whole: what a deploy makes of each, or where it says that it cannot."""

from __future__ import annotations

import json

import pytest

from fairlead.ops.command import Command, Result
from fairlead.ops.compose import ComposeProject
from fairlead.ops.deploy.first_look import LOOK, first_look, unasked
from fairlead.ops.deploy.fitting import projects_of
from fairlead.ops.deploy.layout import Layout
from fairlead.ops.deploy.making import make_release, tiered
from fairlead.ops.deploy.target import Target, TargetError
from fairlead.ops.errors import SettingsError
from fairlead.ops.host import LocalHost
from fairlead.ops.settings import load_settings
from fairlead.ops.stack import Stack

LAYOUT = Layout("shop", "/srv/shop")
LIVE = "/etc/nginx/edge/live/nginx.conf"
SETTINGS = """\
name: shop
compose: {files: [compose.yml]}
edge: {service: nginx, folder: edge, mount: /etc/nginx/edge, files: [nginx.conf]}
"""
CONF = """\
http { resolver 127.0.0.11; upstream app { zone app 64k; server app:8000 resolve; }
server { location / { proxy_pass http://app; } } }
"""


class Laptop:
    """A machine whose Compose knows *model*, and whose engine has images that start *started*."""

    name = "localhost"

    def __init__(self, model, started):
        self.model = model
        self.started = started

    def run(self, command, timeout_s=None):
        if "image" in command.argv:
            return Result(0, json.dumps(self.started)) if self.started else Result(1, err="no such image")
        return Result(0, json.dumps(self.model))


class Server:
    """A host that has networks, volumes and paths."""

    name = "prod"

    def __init__(self, *has):
        self.has = has

    def run(self, command, timeout_s=None):
        if command.argv[0] == "sh":
            return Result(0, "\n".join(path for path in command.argv[4:] if path not in self.has))
        return Result(0 if command.argv[-1] in self.has else 1)


class Checkout:
    """A stack of others, whose services are put together by the test."""

    def __init__(self, folder, settings=SETTINGS, conf=CONF, started=None, **services):
        (folder / "fairlead.yaml").write_text(settings)
        (folder / "nginx.conf").write_text(conf)
        read = load_settings(folder / "fairlead.yaml")
        self.folder = read.root
        self.model = {"name": "shop", "services": services, "networks": {"default": {"name": "shop_default"}}}
        for service in services.values():
            if "network_mode" not in service:
                service.setdefault("networks", {"default": None})
        project = ComposeProject("docker", "shop", read.compose_files, None, {})
        self.stack = Stack(read, Laptop(self.model, started), {}, project, development=False)

    def projects(self):
        return projects_of(self.stack, tiered(self.stack), "r2", LAYOUT)

    def release(self):
        return make_release(self.stack, "r2", LAYOUT, {})

    def look(self, *has):
        target = Target("docker", "linux/amd64", "999", "0:0", ())
        first_look(self.stack, Server(*has), target, LAYOUT, "r2").run(self.stack.host, lambda _: None)


def _nginx(folder, **more):
    """The edge as Fairlead wants it."""
    mount = {"type": "bind", "source": f"{folder}/edge", "target": "/etc/nginx/edge", "read_only": True}
    return {
        "x-fairlead-tier": "edge",
        "image": "nginx:1.30.6",
        "command": ["nginx", "-c", LIVE, "-g", "daemon off;"],
        "volumes": [mount],
        **more,
    }


def _app(**more):
    return {"x-fairlead-tier": "app", "image": "shop/app:1", **more}


def test_a_blog_keeps_the_volumes_that_it_had_before(tmp_path):
    ghost = _app(volumes=[{"type": "volume", "source": "content", "target": "/var/lib/ghost/content"}])
    db = {"type": "volume", "source": "db", "target": "/var/lib/mysql"}
    blog = Checkout(
        tmp_path,
        nginx=_nginx(tmp_path),
        app=ghost,
        mysql={"x-fairlead-tier": "data", "image": "mysql:8", "volumes": [db]},
    )
    blog.model["volumes"] = {
        "content": {"name": "ghost-content", "external": True},
        "db": {"name": "shop_db"},
    }
    release = blog.release()

    assert {"content": {"name": "ghost-content", "external": True}} == release.projects.app["volumes"]
    assert {"db": {"name": "shop_db", "external": True}} == release.projects.base["volumes"]
    blog.look("ghost-content")
    with pytest.raises(TargetError) as caught:
        blog.look()
    assert (
        "prod: the volume ghost-content is external in compose and not there; bring it there, or make it by docker "
        "volume create ghost-content; nothing was changed there" == str(caught.value)
    )


def test_a_page_that_calls_the_api_by_its_bare_name_is_told_of_it(tmp_path, capsys):
    page = Checkout(
        tmp_path,
        nginx=_nginx(tmp_path),
        app=_app(environment={"API_URL": "http://api:3000/v1", "ROLE": "api", "PUBLIC": "https://api.example.com/"}),
        api=_app(environment={"DATABASE_URL": "mysql://u@db:3306/x", "SELF": "http://api:3000", "API_HOST": "api"}),
    )
    page.look()

    name = "api${RELEASE:+-${RELEASE-}}"
    assert [
        "note: services.app.environment.API_URL: api is the name of both releases while they run side by side; "
        f"{name} is this release's own"
    ] == [line for line in capsys.readouterr().out.splitlines() if "environment" in line]


@pytest.mark.parametrize(
    ("variable", "value", "is_told"),
    [
        ("API_HOST", "api", True),
        ("UPSTREAMS", "other:1,api:3000", True),
        ("QUEUE", "amqp://user:pw@api:5672/", True),
        ("API_URL", "http://api-r2:3000", False),
        ("MODE", "api", False),
        ("API_URL", "http://my.api:3000", False),
        ("PREFIX", "/api:3000", False),
    ],
)
def test_a_bare_name_is_one_of_a_host(tmp_path, capsys, variable, value, is_told):
    Checkout(tmp_path, nginx=_nginx(tmp_path), app=_app(environment={variable: value}), api=_app()).look()

    assert is_told == ("is the name of both releases" in capsys.readouterr().out)


def test_a_bare_name_in_a_network_of_the_releases_own_is_its_own(tmp_path, capsys):
    own = {"inner": None}
    page = Checkout(
        tmp_path,
        nginx=_nginx(tmp_path),
        app=_app(environment={"API_URL": "http://api:3000"}, networks={"default": None, "inner": None}),
        api=_app(networks=own),
    )
    page.model["networks"]["inner"] = {"name": "shop_inner"}
    page.look()

    assert "is the name of both" not in capsys.readouterr().out


def test_an_nginx_that_mounts_another_path_under_another_name_is_refused(tmp_path):
    (tmp_path / "conf.d").mkdir()
    mount = {"type": "bind", "source": f"{tmp_path}/conf.d", "target": "/etc/nginx/conf.d", "read_only": True}
    web = {"x-fairlead-tier": "edge", "image": "nginx:1.30.6", "volumes": [mount]}
    stack = Checkout(tmp_path, web=web, app=_app())
    with pytest.raises(SettingsError, match=r"edge\.service: nginx: no such service; there are web, app"):
        stack.look()

    named = Checkout(tmp_path, SETTINGS.replace("service: nginx", "service: web"), web=web, app=_app())
    with pytest.raises(SettingsError, match=r"services\.web\.volumes: does not mount .*/edge, where the generations"):
        named.look()


def test_an_nginx_on_the_configuration_of_its_image_is_refused_once_the_image_is_known(tmp_path):
    started = [["/docker-entrypoint.sh"], ["nginx", "-g", "daemon off;"]]
    nginx = _nginx(tmp_path, command=None, entrypoint=None)

    Checkout(tmp_path, nginx=nginx, app=_app()).look()
    with pytest.raises(SettingsError, match=r"services\.nginx: its nginx runs on a file of its image, which no deploy"):
        Checkout(tmp_path, started=started, nginx=nginx, app=_app()).look()
    with pytest.raises(SettingsError, match=r"services\.nginx: its nginx runs on a file of its image, which no deploy"):
        Checkout(tmp_path, started=started, nginx=nginx, app=_app()).release()


def test_configs_travel_with_their_project(tmp_path):
    (tmp_path / "app.toml").write_text("a = 1\n")
    stack = Checkout(
        tmp_path,
        nginx=_nginx(tmp_path),
        app=_app(configs=[{"source": "app", "target": "/app.toml"}]),
        redis={"x-fairlead-tier": "data", "image": "redis:8", "configs": [{"source": "redis"}]},
    )
    stack.model["configs"] = {"app": {"file": f"{tmp_path}/app.toml"}, "redis": {"content": "dir $$HOME\n"}}
    release = stack.release()

    assert {"files/.fairlead/configs/app": b"a = 1\n"} == {
        file.path: file.data for file in release.files if "configs" in file.path
    }
    assert {"files/.fairlead/configs/redis": b"dir $HOME\n"} == {
        file.path: file.data for file in release.base if "configs" in file.path
    }


@pytest.mark.parametrize("made", [True, False])
def test_a_folder_that_is_mounted_is_there_on_the_host_too(tmp_path, made):
    bind = {"bind": {"create_host_path": True}} if made else {}
    mount = {"type": "bind", "source": f"{tmp_path}/plugins", "target": "/p", "read_only": True, **bind}
    stack = Checkout(tmp_path, nginx=_nginx(tmp_path), app=_app(volumes=[mount]))
    if made:  # the engine makes it, here and there
        assert [] == [file.path for file in stack.release().files if "plugins" in file.path]
    else:
        with pytest.raises(SettingsError, match=r"services\.app\.volumes: .*/plugins: not there; make it, or take it"):
            stack.look()
    (tmp_path / "plugins").mkdir()

    assert ["files/plugins/.keep"] == [file.path for file in stack.release().files if "plugins" in file.path]
    (tmp_path / "plugins/a.py").touch()
    assert ["files/plugins/a.py"] == [file.path for file in stack.release().files if "plugins" in file.path]


def test_a_config_whose_file_is_not_there_is_refused(tmp_path):
    stack = Checkout(tmp_path, nginx=_nginx(tmp_path), app=_app(configs=[{"source": "app"}]))
    stack.model["configs"] = {"app": {"file": f"{tmp_path}/app.toml"}}

    with pytest.raises(SettingsError, match=r"configs\.app: .*/app\.toml: not there; make it, or take it out"):
        stack.look()


def test_what_is_built_without_a_name_has_that_of_compose_and_on_the_host_the_releases_own(tmp_path):
    built = {"x-fairlead-tier": "app", "build": {"context": str(tmp_path)}}
    nginx = _nginx(tmp_path, build={"context": str(tmp_path)})
    del nginx["image"]
    release = Checkout(tmp_path, nginx=nginx, app=built).release()

    assert {"nginx": "shop-nginx", "app": "shop-app"} == release.images
    assert ("shop-app:r2", "shop-nginx") == (
        release.projects.app["services"]["app"]["image"],
        release.projects.base["services"]["nginx"]["image"],
    )
    assert {"shop-app:r2": "shop-app"} == release.named


def test_jobs_that_depend_on_each_other_run_in_that_order(tmp_path):
    def job(*names):
        return {"x-fairlead-tier": "job", "image": "shop/app:1", "depends_on": {name: {} for name in names}}

    stack = Checkout(tmp_path, nginx=_nginx(tmp_path), app=_app(), index=job("migrate"), migrate=job(), zap=job())

    assert ("migrate", "index", "zap") == stack.projects().services["job"]
    assert ["migrate", "index", "zap"] == json.loads(stack.release().files[0].data)["services"]["job"]


def test_a_job_that_waits_for_the_release_is_told_that_it_does_not(tmp_path, capsys):
    job = {"x-fairlead-tier": "job", "image": "shop/app:1", "depends_on": {"app": {}}}
    Checkout(tmp_path, nginx=_nginx(tmp_path), app=_app(), warm=job).look()

    told = "note: services.warm: a job runs before the release starts, so it does not wait for app\n"
    assert told in capsys.readouterr().out


def test_replicas_share_the_name_that_nginx_asks(tmp_path):
    release = Checkout(tmp_path, nginx=_nginx(tmp_path), app=_app(deploy={"replicas": 2})).release()
    app = release.projects.app["services"]["app"]

    assert ({"replicas": 2}, ["app-r2"]) == (app["deploy"], app["networks"]["default"]["aliases"])
    assert (
        "server app-r2:8000 resolve" in next(file.data for file in release.files if "nginx.conf" in file.path).decode()
    )


@pytest.mark.parametrize("service", ["nginx", "app"])
def test_the_network_of_the_host_is_for_neither_nginx_nor_a_release(tmp_path, service):
    services = {"nginx": _nginx(tmp_path), "app": _app()}
    services[service]["network_mode"] = "host"

    with pytest.raises(SettingsError, match=rf"services\.{service}\.network_mode: host: "):
        Checkout(tmp_path, **services).look()


def test_a_proxy_that_was_there_before_is_reached_in_its_own_network(tmp_path):
    stack = Checkout(tmp_path, nginx=_nginx(tmp_path, networks={"default": None, "proxy": None}), app=_app(volumes=[]))
    stack.model["networks"]["proxy"] = {"name": "traefik", "external": True}

    assert {"name": "traefik", "external": True} == stack.release().projects.base["networks"]["proxy"]
    with pytest.raises(TargetError, match="prod: the network traefik is external in compose and not there"):
        stack.look()


def test_what_is_mounted_from_the_host_is_looked_for_there(tmp_path, capsys):
    sock = {"type": "bind", "source": "/var/run/docker.sock", "target": "/var/run/docker.sock"}
    data = {"type": "bind", "source": "/data/up", "target": "/up", "bind": {"create_host_path": True}}
    stack = Checkout(tmp_path, nginx=_nginx(tmp_path), app=_app(volumes=[sock, data]))
    stack.look("/var/run/docker.sock")

    assert (
        "note: /data/up is not on prod: the engine makes an empty folder of it for services.app.volumes\n"
        in capsys.readouterr().out
    )
    with pytest.raises(TargetError) as caught:
        stack.look("/data/up")
    assert (
        "prod: /var/run/docker.sock: not there, and services.app.volumes mounts it; make it there, or keep it below "
        f"{stack.folder}, from where files travel; nothing was changed there" == str(caught.value)
    )


def test_a_further_name_of_a_service_counts_only_where_nginx_finds_it(tmp_path):
    conf = CONF.replace("http://app;", "http://www:1;")
    services = {"nginx": _nginx(tmp_path), "app": _app(networks={"default": {"aliases": ["www"]}, "inner": None})}
    with pytest.raises(SettingsError, match="proxy_pass http://www:1: nginx keeps the address that www has"):
        Checkout(tmp_path, conf=conf, **services).look()

    services["app"]["networks"] = {"default": None, "inner": {"aliases": ["www"]}}
    Checkout(tmp_path, conf=conf, **services).look()


@pytest.mark.parametrize("source", ["keys", "keys/api", "docker/.env", "docker", ".fairlead/lock"])
def test_what_holds_secrets_travels_in_no_mount(tmp_path, source):
    (tmp_path / "docker").mkdir()
    (tmp_path / "docker/.env").touch()
    mount = {"type": "bind", "source": f"{tmp_path}/{source}", "target": "/x", "read_only": True}
    stack = Checkout(
        tmp_path,
        f"{SETTINGS}secrets: {{folder: keys}}\nenv: {{file: docker/.env}}\n",
        nginx=_nginx(tmp_path),
        app=_app(volumes=[mount]),
    )

    with pytest.raises(SettingsError, match="which holds secrets and travels in no mount"):
        stack.look()


def test_a_socket_in_a_volume_that_a_release_writes_to_is_refused(tmp_path):
    run = {"type": "volume", "source": "run", "target": "/run/app"}
    nginx = _nginx(tmp_path)
    nginx["volumes"].append(run)
    conf = CONF.replace("server app:8000 resolve", "server unix:/run/app/a.sock")

    with pytest.raises(SettingsError, match="two releases would listen at this one socket"):
        Checkout(tmp_path, conf=conf, nginx=nginx, app=_app(volumes=[{**run, "target": "/sock"}])).look()
    Checkout(tmp_path, conf=conf, nginx=nginx, app=_app()).look()


def test_a_folder_behind_a_volume_is_looked_for_there(tmp_path):
    pg = {"type": "volume", "source": "pg", "target": "/data"}
    db = {"x-fairlead-tier": "data", "image": "postgres:17", "volumes": [pg]}
    stack = Checkout(tmp_path, nginx=_nginx(tmp_path), app=_app(), db=db)
    device = {"type": "none", "o": "bind", "device": "/mnt/ssd/pg"}
    stack.model["volumes"] = {"pg": {"name": "shop_pg", "driver_opts": device}}

    stack.look("/mnt/ssd/pg")
    share = {"type": "cifs", "o": "addr=nas,username=bind", "device": "//nas/pg"}
    stack.model["volumes"]["pg"]["driver_opts"] = share
    stack.look()
    stack.model["volumes"]["pg"]["driver_opts"] = device
    with pytest.raises(
        TargetError, match="prod: /mnt/ssd/pg: not there, and the volume shop_pg mounts it; make it there"
    ):
        stack.look()


def test_what_is_not_there_is_told_path_by_path(tmp_path):
    seen = LocalHost().run(Command(("sh", "-c", LOOK, "sh", str(tmp_path), f"{tmp_path}/no/such", "/no/such file")))

    assert [f"{tmp_path}/no/such", "/no/such file"] == seen.out.splitlines()
    assert "" == seen.err


def test_what_is_asked_is_not_said_to_be_unasked(tmp_path, capsys):
    settings = f'{SETTINGS}doctor: {{health: "http://app:8000/h"}}\ndeploy: {{smoke: ["http://localhost/"]}}\n'
    Checkout(tmp_path, settings, nginx=_nginx(tmp_path), app=_app()).look()
    assert "" == capsys.readouterr().out

    Checkout(tmp_path, settings.replace("http://app:", "http://localhost:"), nginx=_nginx(tmp_path), app=_app()).look()
    assert "note: nothing is asked of the new release before nginx names it: " in capsys.readouterr().out


def test_what_is_asked_of_no_release_is_said_in_one_line(tmp_path):
    deploy = Checkout(tmp_path, nginx=_nginx(tmp_path), app=_app()).stack.settings.deploy
    asked = load_settings(_with_smoke(tmp_path)).deploy

    assert ["nothing is asked of a release but its health checks"] == [
        line.partition(":")[0] for line in unasked(deploy, [])
    ]
    assert ["nothing is asked through nginx after the switch"] == [
        line.partition(":")[0] for line in unasked(deploy, ["http://app-r2/"])
    ]
    assert ["nothing is asked of the new release before nginx names it"] == [
        line.partition(":")[0] for line in unasked(asked, [])
    ]
    assert [] == list(unasked(asked, ["http://app-r2/"]))


def _with_smoke(folder):
    path = folder / "fairlead.yaml"
    path.write_text(f'{SETTINGS}deploy: {{smoke: ["http://localhost/"]}}\n')
    return path
