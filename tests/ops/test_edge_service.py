"""The service that runs nginx is held to what a switch changes, before anything is built."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest

from fairlead.ops.deploy.edge_service import EdgeError, check_edge
from fairlead.ops.settings import EdgeSettings

LIVE = "/etc/nginx/edge/live/nginx.conf"
EDGE = EdgeSettings("nginx", Path("/work/shop/.fairlead/edge"), "/etc/nginx/edge", ())
NGINX = {
    "x-fairlead-tier": "edge",
    "image": "nginx:1.30.6",
    "command": ["nginx", "-c", LIVE, "-g", "daemon off;"],
    "entrypoint": None,
    "volumes": [{"type": "bind", "source": "/work/shop/.fairlead/edge", "target": "/etc/nginx/edge"}],
}
OFFICIAL = (["/docker-entrypoint.sh"], ["nginx", "-g", "daemon off;"])


def _check(image=OFFICIAL, edge=EDGE, **changed):
    nginx = copy.deepcopy(NGINX) | changed
    check_edge({"services": {"nginx": nginx, "web": {"x-fairlead-tier": "app"}}}, edge, lambda _: image)


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"command": None, "entrypoint": ["nginx", "-c", LIVE, "-g", "daemon off;"]},
        {"command": ["sh", "-c", f"exec nginx -c {LIVE} -g 'daemon off;'"]},
        {"command": ["-c", LIVE, "-g", "daemon off;"], "entrypoint": ["nginx"]},
        {"command": None, "image": (["/start.sh"], [])},
        {"command": None, "image": ([], ["nginx", "-c", LIVE])},
        {"command": None, "image": None},
        {"command": None, "entrypoint": ["/start.sh"]},
        {"network_mode": "service:vpn"},
        {"volumes": [*NGINX["volumes"], {"type": "volume", "source": "a", "target": "/a"}]},
    ],
)
def test_an_edge_that_a_switch_reaches_is_fine(changed):
    _check(**changed)


def test_paths_are_compared_as_they_are_meant():
    _check(edge=EdgeSettings("nginx", Path("/work/shop/docker/../.fairlead/edge"), "/etc/nginx/edge/", ()))


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        (
            {"edge": EdgeSettings("proxy", EDGE.folder, EDGE.mount, ())},
            "fairlead.yaml: edge.service: proxy: no such service; there are nginx, web",
        ),
        (
            {"x-fairlead-tier": "app"},
            "services.nginx: x-fairlead-tier: app; fairlead.yaml names it as the edge, so write x-fairlead-tier: edge",
        ),
        (
            {"network_mode": "host"},
            "services.nginx.network_mode: host: nginx finds a release by its name in a network; remove it, name its "
            "networks, and publish its ports",
        ),
        (
            {"volumes": []},
            "services.nginx.volumes: does not mount /work/shop/.fairlead/edge, where the generations of nginx's "
            "configuration are; add a bind of it at /etc/nginx/edge, read_only (fairlead.yaml: edge.folder, "
            "edge.mount)",
        ),
        (
            {"volumes": [{"type": "bind", "source": "/work/shop/.fairlead/edge", "target": "/etc/nginx/conf.d"}]},
            "services.nginx.volumes: mounts /work/shop/.fairlead/edge at /etc/nginx/conf.d, and fairlead.yaml says "
            "/etc/nginx/edge (edge.mount); write the same in both",
        ),
        (
            {"command": None},
            "services.nginx: its nginx runs on a file of its image, which no deploy changes; set "
            'command: [nginx, -c, /etc/nginx/edge/live/nginx.conf, -g, "daemon off;"]',
        ),
        (
            {"command": ["nginx", "-c", "/etc/nginx/edge/nginx.conf"]},
            "services.nginx: its nginx runs on /etc/nginx/edge/nginx.conf, which no deploy changes; set "
            'command: [nginx, -c, /etc/nginx/edge/live/nginx.conf, -g, "daemon off;"]',
        ),
    ],
)
def test_an_edge_that_no_switch_reaches_is_refused(changed, says):
    with pytest.raises(EdgeError) as caught:
        _check(**changed)

    assert says == str(caught.value)
