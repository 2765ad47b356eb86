"""Promises beside answers: which request a location answers, what it has to carry, and what is said of a difference."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fairlead.lint.nginx import parse
from fairlead.ops.reach import on_this_machine
from fairlead.ops.verify.exchange import Exchange
from fairlead.ops.verify.promises.comparing import compression_difference, header_differences, redirect_difference
from fairlead.ops.verify.promises.disk import entries_of
from fairlead.ops.verify.promises.expected import Expected, expected
from fairlead.ops.verify.promises.running import Running, files_of, parsed, published_ports
from fairlead.ops.verify.promises.witness import Aim, Known, aims, fitting, listeners

EDGE = """
events {}
http {
    gzip on; gzip_types application/json; gzip_vary on; gzip_min_length 20;
    upstream page { server frontend:8090; }
    server {
        listen 80; server_name shop.test;
        return 301 https://$host$request_uri;
    }
    server {
        listen 443 ssl; server_name shop.test;
        add_header X-Frame-Options DENY always;
        add_header X-Content-Type-Options nosniff;
        add_header X-Request-ID $request_id always;
        location /api/ { proxy_pass http://backend:7860; }
        location /assets/ {
            root /srv;
            add_header Cache-Control "public, max-age=31536000";
            try_files $uri @page;
        }
        location ~ ^/users/\\d+$ { proxy_pass http://backend:7860; }
        location ~ /\\. { return 404; }
        location = /old { return 301 /new; }
        location / { proxy_pass http://page; proxy_hide_header X-Inside; }
        location @page { proxy_pass http://page; }
    }
}
"""
FRONTEND = """
events {}
http {
    server {
        listen 8090;
        root /page;
        location / {
            add_header Cache-Control "no-cache";
            add_header X-Inside secret;
            try_files $uri /index.html;
        }
    }
}
"""
INSIDE = "https://shop.test:443"


def nginx(text: str, service: str, listing: str, published: dict[int, tuple[str, int]]) -> Running:
    """One nginx, as a container would show it."""
    path = f"/etc/nginx/{service}.conf"
    config = parsed({path: text}, "nginx version: nginx/1.30.6", service)
    ours = {path: f"docker/{service}.conf"}
    folder, names = entries_of(listing), frozenset({service})
    return Running(service, f"{service}-1", config, {path: text}, published, ours, folder, published, names)


@pytest.fixture
def edge() -> Running:
    """The nginx that the world reaches."""
    listing = "d /srv\nd /srv/assets\nf /srv/assets/app-1a2b3c4d.js\nf /srv/assets/app-1a2b3c4d.js.gz\n"
    return nginx(EDGE, "nginx", listing, {80: ("127.0.0.1", 8080), 443: ("127.0.0.1", 8443)})


@pytest.fixture
def frontend() -> Running:
    """The nginx behind it."""
    return nginx(FRONTEND, "frontend", "d /page\nf /page/index.html\n", {})


def answer(status: int = 200, body: bytes = b"", path: str = "/", **headers: str) -> Exchange:
    """An answer of the edge."""
    named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Exchange(f"https://shop.test:8443{path}", "GET", status, named, body)


def promised(edge: Running, frontend: Running, path: str) -> Expected:
    """What a request for *path* has to carry."""
    found = expected((edge, frontend), edge, INSIDE, path)
    assert found is not None
    return found


GOOD = {"X_Frame_Options": "DENY", "X_Content_Type_Options": "nosniff", "X_Request_ID": "0c3fd5"}


def test_each_published_listener_with_a_name_is_found(edge: Running) -> None:
    assert [("http://shop.test:8080", ("127.0.0.1", 8080)), ("https://shop.test:8443", ("127.0.0.1", 8443))] == [
        (each.outside, each.connect) for each in listeners(edge)
    ]


def test_each_location_gets_paths_that_this_very_location_answers(edge: Running) -> None:
    listener = list(listeners(edge))[1]
    known = Known(("/assets/app-1a2b3c4d.js",), ("/api/me", "/users/1"), "abc")
    found: dict[str, Aim] = {str(aim.location): aim for aim in aims(edge, listener, known)}

    first = {name: fitting(edge, aim, aim.likely)[0] for name, aim in found.items() if name != "location @page"}
    assert {
        "location /api/": "/api/me",
        "location /assets/": "/assets/app-1a2b3c4d.js",
        "location ~ ^/users/\\d+$": "/users/1",
        "location ~ /\\.": "/.fairlead-abc",
        "location = /old": "/old",
        "location /": "/",
    } == first
    assert "/assets/fairlead-abc.js" == fitting(edge, found["location @page"], found["location @page"].faulty)[0]
    assert fitting(edge, found["location ~ /\\."], found["location ~ /\\."].faulty)[0].startswith("/.")


def test_an_answer_as_promised_has_no_difference(edge: Running, frontend: Running) -> None:
    found = promised(edge, frontend, "/api/me")

    assert [] == header_differences(found, answer(Cache_Control="no-store", **GOOD))


def test_a_header_that_is_not_sent_with_errors_is_not_promised_for_them(edge: Running, frontend: Running) -> None:
    found = promised(edge, frontend, "/api/me")
    without = {name: value for name, value in GOOD.items() if name != "X_Content_Type_Options"}

    assert [] == header_differences(found, answer(401, **without))
    assert ["X-Content-Type-Options missing"] == [
        str(each) for each in header_differences(found, answer(200, **without))
    ]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"X_Frame_Options": "SAMEORIGIN"}, "X-Frame-Options different: SAMEORIGIN"),
        ({"x_frame_options": "DENY"}, "X-Frame-Options doubled: DENY, DENY"),
    ],
)
def test_each_kind_of_difference_is_named_with_its_line(
    edge: Running, frontend: Running, change: dict[str, str], said: str
) -> None:
    found = promised(edge, frontend, "/api/me")

    (difference,) = header_differences(found, answer(**{**GOOD, **change}))

    assert (said, "docker/nginx.conf:12") == (str(difference), difference.place)


def test_what_nobody_promised_is_extra_only_where_nginx_alone_answers(edge: Running, frontend: Running) -> None:
    asset = promised(edge, frontend, "/assets/app-1a2b3c4d.js")
    lost = answer(Cache_Control="public, max-age=31536000", X_Frame_Options="DENY")

    assert ["x-frame-options extra: DENY"] == [str(each) for each in header_differences(asset, lost)]
    assert [] == header_differences(promised(edge, frontend, "/api/me"), answer(Referrer_Policy="origin", **GOOD))


def test_headers_of_the_nginx_behind_come_along_unless_they_are_hidden(edge: Running, frontend: Running) -> None:
    found = promised(edge, frontend, "/somewhere")

    assert [] == header_differences(found, answer(Cache_Control="no-cache", **GOOD))
    assert ["Cache-Control missing"] == [str(each) for each in header_differences(found, answer(**GOOD))]
    assert (2, True, 200) == (len(found.hops), found.is_whole, found.status)


def test_a_file_that_is_not_there_is_promised_by_the_fallback(edge: Running, frontend: Running) -> None:
    found = promised(edge, frontend, "/assets/none.js")

    assert ["frontend", "nginx"] == sorted(hop.nginx.service for hop in found.hops)
    kept_long = answer(Cache_Control="public, max-age=31536000", X_Inside="secret", **GOOD)
    assert ["Cache-Control different: public, max-age=31536000"] == [
        str(each) for each in header_differences(found, kept_long)
    ]


def test_a_redirect_is_compared_with_the_port_that_the_world_sees(edge: Running, frontend: Running) -> None:
    found = promised(edge, frontend, "/old")
    good = answer(301, path="/old", Location="https://shop.test:8443/new")

    assert redirect_difference(found, good, INSIDE, "https://shop.test:8443") is None
    wrong = redirect_difference(found, replace(good, status=302), INSIDE, "https://shop.test:8443")
    assert "status different: 302" == str(wrong)
    elsewhere = answer(301, path="/old", Location="https://else.test/new")
    assert "Location different: https://else.test/new" == str(
        redirect_difference(found, elsewhere, INSIDE, "https://shop.test:8443")
    )


def test_compression_is_promised_by_type_and_length(edge: Running, frontend: Running) -> None:
    found = promised(edge, frontend, "/api/me")
    plain = answer(body=b"{}" * 100, Content_Type="application/json")
    small = answer(body=b"", Content_Type="application/json", Content_Encoding="gzip", Vary="Accept-Encoding")

    assert compression_difference(found, plain, small) is None
    assert "Content-Encoding missing: plain" == str(compression_difference(found, plain, plain))
    assert "Vary missing" == str(compression_difference(found, plain, replace(small, headers=small.headers[:2])))
    assert compression_difference(found, answer(body=b"{}", Content_Type="application/json"), plain) is None


def test_the_files_of_a_running_configuration_are_told_apart() -> None:
    dump = "# configuration file /etc/nginx/nginx.conf:\nevents {}\n\n# configuration file /etc/nginx/empty.conf:\n\n"

    assert {"/etc/nginx/nginx.conf": "events {}\n\n", "/etc/nginx/empty.conf": "\n"} == files_of(dump)


def test_a_port_for_every_address_is_asked_on_the_loopback_of_this_machine() -> None:
    ports = {
        "443/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8443"}, {"HostIp": "::", "HostPort": "8443"}],
        "443/udp": [{"HostIp": "0.0.0.0", "HostPort": "8443"}],
        "8090/tcp": [{"HostIp": "10.0.0.5", "HostPort": "8090"}],
        "9000/tcp": None,
    }

    found = published_ports({"NetworkSettings": {"Ports": ports}})

    assert {443: ("0.0.0.0", 8443), 8090: ("10.0.0.5", 8090)} == found
    assert [("127.0.0.1", 8443), ("10.0.0.5", 8090)] == [on_this_machine(*where) for where in found.values()]


def test_a_listing_that_was_cut_is_not_trusted() -> None:
    many = "\n".join(f"f /srv/{number}" for number in range(20_001))

    assert (False, True) == (entries_of(many).is_known, entries_of("f /srv/a").is_known)
    assert "file" == entries_of("f /srv/a b")("/srv/a b")


def test_the_models_own_example_is_read() -> None:
    assert [] == parse(EDGE).problems
