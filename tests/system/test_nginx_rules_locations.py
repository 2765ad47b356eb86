"""Locations that no request fits and files that no folder holds, as real nginx answers them."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairlead.lint.discovery import Catalogue
from fairlead.lint.nginx import parse
from fairlead.lint.policy import Policy
from fairlead.tests.nginx.served import asked, free_ports, main_file, nginx_binary, nginx_version, running


def reported(name: str, text: str) -> bool:
    """Whether the rule finds its fault in *text*."""
    rule = Catalogue().find(f"nginx/{name}")
    assert rule is not None
    return next(rule.findings(parse(text, version=nginx_version(nginx_binary())), Policy()), None) is not None


def answers(folder: Path, server: str, *uris: str) -> list[int]:
    """The statuses that a server of *server* answers with."""
    folder.chmod(0o755)
    (port,) = free_ports(1)
    http = f"server {{ listen 127.0.0.1:{port}; {server} }}\n"
    with running(main_file(folder, http), port):
        return [asked(port, uri).status for uri in uris]


@pytest.mark.parametrize(
    ("name", "head", "mended", "uri"),
    [
        ("location-never-matches", "^/private", "^~ /private", "/private/a"),
        ("location-never-matches", r"(^/icons/.*\.(png|gif)$)", r"~ (^/icons/.*\.(png|gif)$)", "/icons/a.png"),
        ("location-never-matches", "private/", "/private/", "/private/"),
        ("location-never-matches", r"= ^/robots\.txt$", "= /robots.txt", "/robots.txt"),
        ("expression-never-matches", r"~ /emoji.*\.(png|gif)$/", r"~ /emoji.*\.(png|gif)$", "/emoji/a.png"),
        ("expression-never-matches", "~ ^/$lang/private", "~ ^/[a-z]+/private", "/lang/private"),
    ],
)
def test_no_request_comes_to(name: str, head: str, mended: str, uri: str, tmp_path: Path) -> None:
    server = "location / {{ return 204; }} location {} {{ return 403; }}"

    assert [204] == answers(tmp_path, server.format(head), uri)
    assert [403] == answers(tmp_path, server.format(mended), uri)
    assert reported(name, f"events {{}} http {{ server {{ {server.format(head)} }} }}")
    assert not reported(name, f"events {{}} http {{ server {{ {server.format(mended)} }} }}")


def test_a_root_of_another_location_does_not_hold(tmp_path: Path) -> None:
    (tmp_path / "page").mkdir()
    (tmp_path / "page" / "app.js").write_text("1")
    assets = r"location ~ \.(js|css)$ { expires 7d; }"
    apart = f"location / {{ root {tmp_path}/page; try_files $uri /index.html; }} {assets}"
    around = f"root {tmp_path}/page; location / {{ try_files $uri /index.html; }} {assets}"

    assert [404] == answers(tmp_path, apart, "/app.js")
    assert [200] == answers(tmp_path, around, "/app.js")
    assert reported("assets-without-root", f"server {{ {apart} }}")
    assert not reported("assets-without-root", f"server {{ {around} }}")


def test_the_first_expression_takes_what_the_second_asks_for(tmp_path: Path) -> None:
    one, two = "location ~ (/app)?/events { return 403; }", "location ~ (/app)?/events/more { return 404; }"

    assert [403] == answers(tmp_path, one + two, "/app/events/more")
    assert [404] == answers(tmp_path, two + one, "/app/events/more")
    assert reported("unreachable-location", f"server {{ {one} {two} }}")
    assert not reported("unreachable-location", f"server {{ {two} {one} }}")
