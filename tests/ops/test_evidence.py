"""After a switch nginx is held to the generation: that it reloads and answers proves nothing."""

from __future__ import annotations

import pytest

from fairlead.ops import edge
from fairlead.ops.agent.bundle import bundle_of, load
from fairlead.ops.agent.evidence import see_live
from fairlead.ops.agent.nginx import Nginx, NginxError
from fairlead.ops.agent.record import Records, State
from fairlead.ops.agent.running import carry_out
from fairlead.ops.agent.switch import Switch
from fairlead.ops.command import Result
from fairlead.ops.edge_command import configuration_in
from fairlead.ops.errors import StepFailedError
from fairlead.ops.settings import EdgeSettings

from . import agent_engine

LIVE = "/etc/nginx/edge/live/nginx.conf"
TOP = "PID COMMAND\n7 nginx: master process nginx -c {} -g daemon off;\n8 nginx: worker process\n"


class Engine:
    """An engine whose nginx has such processes, and such files."""

    name = "prod"

    def __init__(self, top, files):
        self.top = top
        self.files = files

    def run(self, command, timeout_s=None):
        if command.argv[1] == "top":
            return Result(0, self.top)
        assert ("nginx", "-T", "-q", "-c", LIVE) == command.argv[3:]
        return self.files


@pytest.fixture
def bundle(tmp_path):
    folder = tmp_path / "releases" / "r2" / "nginx"
    folder.mkdir(parents=True)
    (folder / "up.conf").write_text("server web-r2:8000 resolve;")
    data = {
        "stack": "shop",
        "name": "r2",
        "services": {"edge": ["nginx"], "app": ["web", "worker"], "data": [], "job": []},
        "edge": "nginx",
        "mount": "/etc/nginx/edge",
        **{key: {} for key in ("networks", "volumes", "images")},
        **dict.fromkeys(("probes", "smoke"), ()),
        **dict.fromkeys(("drain_s", "watch_s"), 0),
    }
    return bundle_of(data, str(tmp_path))


def _look(bundle, top, files="server web-r2:8000 resolve;", code=0):
    see_live(Nginx(Engine(top, Result(code, files, "no such file")), "id", "/etc/nginx/edge"), bundle)


def test_an_nginx_that_runs_on_the_generation_that_names_the_release_is_believed(bundle):
    _look(bundle, TOP.format(LIVE))
    _look(bundle, TOP.format("/etc/nginx/edge/live//nginx.conf"))
    _look(bundle, "PID COMMAND\n1 {}\n")


def test_an_nginx_on_files_of_its_own_is_found(bundle):
    with pytest.raises(NginxError, match=r"runs on its own nginx\.conf and not on /etc/nginx/edge/live/nginx\.conf"):
        _look(bundle, "PID COMMAND\n7 nginx: master process nginx -g daemon off;\n")
    with pytest.raises(NginxError, match=r"runs on /etc/nginx/other\.conf and not on"):
        _look(bundle, TOP.format("/etc/nginx/other.conf"))


def test_another_folder_at_its_mount_is_found(bundle):
    with pytest.raises(NginxError, match="does not name web-r2: another folder is mounted at /etc/nginx/edge"):
        _look(bundle, TOP.format(LIVE), "server web-r1:8000 resolve;")
    with pytest.raises(NginxError, match="in its container is not read: "):
        _look(bundle, TOP.format(LIVE), "", code=1)


@pytest.mark.parametrize(
    ("words", "file"),
    [
        (["nginx", "-c", LIVE, "-g", "daemon off;"], LIVE),
        (["/usr/sbin/nginx", f"-c{LIVE}"], LIVE),
        (["/docker-entrypoint.sh", "nginx-debug", "-g", "daemon off;", "-c", LIVE], LIVE),
        (["sh", "-c", f"exec nginx -c '{LIVE}' -g 'daemon off;'"], LIVE),
        (["nginx", "-p", "/etc/nginx/edge/live/", "-c", "nginx.conf"], LIVE),
        (["/docker-entrypoint.sh", "nginx", "-g", "daemon off;"], ""),
        (["nginx", "-t"], ""),
        (["/start.sh"], None),
        (["tini", "--", "/start.sh", "-c", "/x"], None),
        (["sh", "-c", "nginx -c $CONF"], None),
        (["nginx", "-c", "${CONF}"], None),
        ([], None),
    ],
)
def test_the_words_of_an_nginx_tell_its_file(words, file):
    assert file == configuration_in(words)


def test_a_switch_that_does_not_reach_the_nginx_that_runs_is_taken_back(tmp_path):
    class Deaf(agent_engine.Engine):
        """Its nginx was started with a file of its own."""

        def _top(self, *_):
            title = "nginx: master process nginx -g daemon off;"
            return Result(0, f"PID COMMAND\n1 {title}\n{self.worker} nginx: worker process\n")

    for name in ("r1", "r2"):
        agent_engine.write_release(tmp_path, name)
    settings, before = EdgeSettings("nginx", tmp_path / "nginx", "/e", ()), State("r1", "g1")
    engine, records = Deaf(), Records(tmp_path / "state")
    for step in edge.edge_steps(settings, {"nginx.conf": "# r1\n"}):
        step.run(engine, lambda _: None)
    for project, service in (("shop-base", "nginx"), ("shop-base", "mysql"), ("shop-r1", "web")):
        engine.have(project, service)
    work = Switch(engine, load(str(tmp_path), "r2"), records, before)

    with pytest.raises(StepFailedError, match=r"switch nginx to the new release: runs on its own nginx\.conf and not"):
        carry_out(engine, records, "r2", work.until_serving())
    assert ("g1", {"shop-base", "shop-r1"}) == (
        edge.live_generation(settings),
        {project for project, _ in engine.running()},
    )
