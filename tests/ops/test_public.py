"""Which addresses of the public site a release is asked by."""

from __future__ import annotations

import pytest

from fairlead.ops.certificates.site import Site
from fairlead.ops.deploy.public import by_name, listening

SMOKE = ("http://localhost:8090/health", "http://127.0.0.1:8090/health", "http://localhost", "http://localhost/a?b=1")


@pytest.mark.parametrize(
    ("names", "port", "found"),
    [
        (
            ("shop.example", "www.shop.example"),
            443,
            ("https://shop.example/health", "https://shop.example/", "https://shop.example/a?b=1"),
        ),
        (
            ("*.shop.example", "shop.example"),
            8443,
            ("https://shop.example:8443/health", "https://shop.example:8443/", "https://shop.example:8443/a?b=1"),
        ),
        (("*.shop.example",), 443, ()),
        (("localhost",), 443, ()),
    ],
)
def test_each_path_is_asked_once_by_the_first_name_that_is_one(names, port, found):
    assert found == tuple(by_name(SMOKE, Site(names, 80, port)))


PORTS = {
    "ports": [
        {"target": 444, "published": "443", "protocol": "udp"},
        {"target": 8443, "published": "443", "protocol": "tcp"},
        {"target": 80, "published": "80"},
    ]
}


@pytest.mark.parametrize(
    ("edge", "port"), [(PORTS, 8443), ({}, 0), ({"ports": None}, 0), ({"ports": [{"target": 1}]}, 0)]
)
def test_nginx_is_asked_where_it_listens_in_its_container(edge, port):
    assert port == listening(edge, 443)
