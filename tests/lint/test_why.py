"""``--why URL``: which location answers, with the place of each value."""

from __future__ import annotations

SITE = """\
server {
    listen 80;
    server_name shop.test;
    location /api/ {
        add_header X-Frame-Options DENY always;
        proxy_pass http://127.0.0.1:7860;
    }
}
"""


def test_it_names_the_location_and_the_places(folder, lint) -> None:
    (folder / "nginx.conf").write_text(SITE)

    result = lint("nginx.conf", "--why", "http://shop.test/api/me")

    assert (0, "") == (result.code, result.err)
    assert "/api/" in result.out
    assert "nginx.conf:5" in result.out
    assert "X-Frame-Options" in result.out


def test_an_address_that_is_none_is_refused(folder, lint) -> None:
    (folder / "nginx.conf").write_text(SITE)

    result = lint("nginx.conf", "--why", "ftp://shop.test/")

    assert 2 == result.code
    assert result.err.startswith("fairlead-lint: --why: ")


def test_without_nginx_files_it_says_so(folder, lint) -> None:
    (folder / ".env").write_text("A=1\n")

    assert "--why: no nginx files here; name the one that serves the site" in lint("--why", "http://a/").err
