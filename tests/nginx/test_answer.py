"""What is answered to a request, and why; each surprise that the campaign against real nginx met has an example."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from fairlead.lint.nginx import explain, parse
from fairlead.lint.nginx.answer import Answer
from fairlead.lint.nginx.patterns import UnknownPatternError, matched
from fairlead.lint.nginx.request import Disk
from fairlead.lint.nginx.uri import BadUriError, Target, normalised, target


def ask(inside: str, url: str = "/", **request: object) -> Answer:
    """The answer of one server with *inside* in its block."""
    config = parse(f"http {{ server {{ server_name a.test; {inside} }} }}")
    return config.answer(f"http://a.test{url}", **{"disk": files(), **request})


def files(*paths: str) -> Disk:
    kinds: Mapping[str, str] = {path: "folder" if path.endswith("/") else "file" for path in paths}
    return lambda path: kinds.get(path) or kinds.get(f"{path}/")  # type: ignore[return-value]  # the two words


def chosen(inside: str, url: str) -> str:
    location = ask(inside, url).location
    return str(location) if location else "none"


@pytest.mark.parametrize(
    ("inside", "url", "expected"),
    [
        ("location /a { } location /a/b { }", "/a/b/c", "location /a/b"),
        ("location /a/b { } location /a { }", "/a/x", "location /a"),
        ("location = /a { } location /a { }", "/a", "location = /a"),
        ("location = /a { } location /a { }", "/a/", "location /a"),
        ("location /a { } location ~ a { }", "/a", "location ~ a"),
        ("location ^~ /a { } location ~ a { }", "/a", "location ^~ /a"),
        ("location ~ a { } location ~ /a { }", "/a", "location ~ a"),
        ("location ~ A { }", "/a", "none"),
        ("location ~* A { }", "/a", "location ~* A"),
        ("location /a { location ~ b { } } location ~ a { }", "/ab", "location ~ b"),
        ("location /a { location /ab { } } location ~ a { }", "/ab", "location ~ a"),
        ("location ^~ /a { location /ab { } } location ~ a { }", "/ab", "location /ab"),
        ("location /a { location ^~ /ab { } } location ~ a { }", "/ab", "location ~ a"),
        ("location ~ ^/a { location ~ b { } }", "/ab", "location ~ b"),
        ("location /b { }", "/a", "none"),
        ("location /a%20b { }", "/a%20b", "none"),
        ('location "/a b" { }', "/a%20b", "location /a b"),
        ("location /b { }", "/a/..//b", "location /b"),
        ("location ~ ^/ä$ { }", "/%C3%A4", "location ~ ^/ä$"),
        (r"location ~ ^/[[:alpha:]]+\d\z { }", "/abc1", r"location ~ ^/[[:alpha:]]+\d\z"),
    ],
)
def test_the_location_is_the_one_nginx_finds(inside: str, url: str, expected: str) -> None:
    assert expected == chosen(inside, url)


@pytest.mark.parametrize(
    ("inside", "url", "status", "redirect"),
    [
        ("return 204;", "/", 204, ""),
        ("return 301 https://$host$request_uri;", "/a?b", 301, "https://a.test/a?b"),
        ("return https://b.test/;", "/", 302, "https://b.test/"),
        ("location /a/ { proxy_pass http://b; }", "/a", 301, "http://a.test/a/"),
        ("location /a/ { proxy_pass http://b; } location = /a { return 204; }", "/a", 204, ""),
        ("location /a/ { }", "/a", 404, ""),
        ("location / { internal; location /a { return 204; } }", "/a", 404, ""),
        ("location / { deny all; return 204; }", "/", 204, ""),
        ("location / { deny all; }", "/", 403, ""),
        ("rewrite ^/a$ /b; location /b { internal; return 204; }", "/a", 204, ""),
        ("location / { rewrite ^/a$ /b break; alias /r/; }", "/a", 500, ""),
        ("location / { rewrite ^(.*)$ $1 last; }", "/a", 500, ""),
        ("error_page 404 /e; location = /e { return 200 x; }", "/a", 404, ""),
        ("error_page 404 =200 /e; location = /e { return 200 x; }", "/a", 200, ""),
        ("error_page 404 = /e; location = /e { return 203 x; }", "/a", 203, ""),
        ("error_page 404 https://b.test/; ", "/a", 302, "https://b.test/"),
        ("error_page 404 @e; location @e { return 410; }", "/a", 410, ""),
        ("error_page 404 /e;", "/a", 404, ""),
        ("error_page 418 /e; return 418;", "/a", 418, ""),
        ("location / { return 404 text; error_page 404 /e; } location /e { return 200; }", "/a", 404, ""),
        ("if ($request_method = GET) { return 405; }", "/", 405, ""),
        ("location / { if ($arg_a) { return 402; } return 204; }", "/?a=1", 402, ""),
        ("location / { if ($arg_a) { return 402; } return 204; }", "/?a=0", 204, ""),
        ("location / { auth_basic x; }", "/", 401, ""),
        ("location / { stub_status; }", "/", 200, ""),
        ("return 204;", "/../a", 400, ""),
        ("return 204;", "/%zz", 400, ""),
        ("listen 443 ssl; listen 80; return 204;", "/", 204, ""),
    ],
)
def test_the_status_is_the_one_nginx_sends(inside: str, url: str, status: int, redirect: str) -> None:
    found = ask(inside, url)

    assert (status, redirect) == (found.status, found.redirect)


def test_the_target_of_a_redirect_stays_with_the_page_for_it() -> None:
    found = ask("root /r; error_page 301 =200 /e; location = /e { return 200 x; }", "/a", disk=files("/r/a/"))

    assert (200, "http://a.test/a/") == (found.status, found.redirect)


def test_try_files_goes_through_its_files_to_the_fallback() -> None:
    inside = "root /r; location / { try_files $uri $uri/ /index.html; } location = /index.html { expires -1; }"
    there = ask(inside, "/a.js", disk=files("/r/a.js"))
    missing = ask(inside, "/x", disk=files("/r/index.html"))

    assert (200, "location /", 200, "location = /index.html") == (
        there.status,
        str(there.location),
        missing.status,
        str(missing.location),
    )
    assert ["Expires", "Cache-Control"] == [header.name for header in missing.headers]


def test_a_folder_is_answered_by_the_location_of_its_index() -> None:
    inside = "root /r; location / { } location ~ html$ { add_header X-A b; }"
    found = ask(inside, "/", disk=files("/r/", "/r/index.html"))

    assert (200, "location ~ html$", ["X-A"]) == (found.status, str(found.location), [h.name for h in found.headers])


def test_without_a_disk_both_cases_are_told() -> None:
    config = parse("server { root /r; location / { try_files $uri /index.html; } location = /index.html { } }")
    found = config.answer("http://a.test/x")

    assert ("location /", 200) == (str(found.location), found.status)
    assert found.otherwise is not None
    assert ("location = /index.html", 200) == (str(found.otherwise.location), found.otherwise.status)


def test_the_headers_are_those_for_the_status() -> None:
    inside = "add_header A 1; add_header B 2 always; location = /no { return 404; } location / { return 200 x; }"

    assert ["A", "B"] == [header.name for header in ask(inside, "/").headers]
    assert ["B"] == [header.name for header in ask(inside, "/no").headers]


def test_an_if_that_holds_has_settings_of_its_own() -> None:
    inside = "location / { add_header A 1; if ($uri) { add_header B 2; } return 204; }"

    assert ["B"] == [header.name for header in ask(inside, "/").headers]


def test_limit_except_holds_for_the_other_methods() -> None:
    inside = "location / { limit_except GET { deny all; } return 204; }"

    assert (204, 204, 403) == (
        ask(inside).status,
        ask(inside, method="HEAD").status,
        ask(inside, method="POST").status,
    )


def test_addresses_are_allowed_in_the_order_of_the_rules() -> None:
    inside = "location / { allow 10.0.0.0/8; deny all; proxy_pass http://b; }"

    assert (None, 403) == (ask(inside, client="10.1.2.3").status, ask(inside, client="192.0.2.1").status)
    assert ("allow and deny decide by the client's address",) == ask(inside).unknown


def test_a_variable_of_a_map_is_worked_out() -> None:
    config = parse("map $uri $where { default /d; /a /x; ~^/b(.)$ /y$1; } server { return 302 $where; }")

    assert ["http://h/x", "http://h/yz", "http://h/d"] == [
        config.answer(f"http://h{path}").redirect for path in ("/a", "/bz", "/c")
    ]


def test_a_loop_of_redirects_ends_in_the_location_that_goes_too_far() -> None:
    inside = "location / { add_header A 1 always; try_files /x @n; } location @n { try_files /x /a; }"
    found = ask(inside, "/a")

    assert (500, "location /", ["A"]) == (found.status, str(found.location), [header.name for header in found.headers])


@pytest.mark.parametrize(
    "inside",
    [
        "rewrite ^;",
        "set $a;",
        "return;",
        "if () { break; }",
        "if ($a b c) { break; }",
        "location / { try_files $uri; }",
    ],
)
def test_what_nginx_refuses_has_no_answer(inside: str) -> None:
    assert ask(inside).unknown or ask(inside).status


@pytest.mark.parametrize(
    "inside",
    [
        "if ($geoip_country_code = DE) { return 403; }",
        "location ~ ^/(?R)?$ { }",
        "rewrite ^/(?|a|b) /c;",
        "if ($host = ${NAME}) { return 403; }",
    ],
)
def test_what_cannot_be_known_is_not_guessed(inside: str) -> None:
    assert ask(inside, "/a").unknown


def test_an_include_that_was_not_read_is_named() -> None:
    assert ("/etc/x.conf was not read",) == ask("include /etc/x.conf;").unknown


NAMED = """
server {{ listen 80; server_name a.test; return 200 1; }}
server {{ listen 80; server_name *.test; return 200 2; }}
server {{ listen 80; server_name a.*; return 200 3; }}
server {{ listen 80; server_name ~^b; return 200 4; }}
server {{ listen 80 default_server; server_name {name}; return 200 5; }}
"""


@pytest.mark.parametrize(
    ("host", "server"),
    [
        ("a.test", "1"),
        ("A.test", "1"),
        ("b.test", "2"),
        ("a.other", "3"),
        ("b.other", "4"),
        ("c", "5"),
        ("a.c.test", "2"),
    ],
)
def test_the_server_is_chosen_by_name(host: str, server: str) -> None:
    assert server == parse(NAMED.format(name="x")).answer(f"http://{host}/").body


def test_a_name_with_a_dot_is_ignored_whole_where_part_of_it_is_taken() -> None:
    config = parse(NAMED.format(name=".a.test"))

    assert ("2", "2") == (config.answer("http://x.a.test/").body, config.answer("http://y.test/").body)


def test_slashes_are_merged_as_the_default_server_says() -> None:
    config = parse(
        "server { listen 80; merge_slashes off; } server { listen 80; server_name b; location = /a { return 204; } }"
    )

    assert (404, 204) == (config.answer("http://b//a", disk=files()).status, config.answer("http://b/a").status)


def test_nobody_may_listen() -> None:
    found = parse("server { listen 80; }").answer("https://a.test/")

    assert (None, "no server listens on port 443") == (found.server, found.steps[0].text)


def test_plain_text_on_a_socket_of_tls_is_refused() -> None:
    assert 400 == parse("server { listen 80 ssl; return 204; }").answer("http://a.test/").status


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/a/./b/../c", "/a/c"),
        ("//a///b", "/a/b"),
        ("/a/..", "/"),
        ("/a/.", "/a/"),
        ("/%41%2Fb", "/A/b"),
        ("/a%3Fb", "/a?b"),
    ],
)
def test_paths_are_normalised(path: str, expected: str) -> None:
    assert expected == normalised(path)


def test_an_address_may_lack_its_scheme_and_path() -> None:
    assert Target("http", "a.test", 8080, "/") == target("a.test:8080")


@pytest.mark.parametrize("url", ["", "ftp://a", "http://", "http://a:x/"])
def test_what_is_no_address_is_refused_in_one_line(url: str) -> None:
    with pytest.raises(BadUriError):
        parse("server { }").answer(url)


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        (r"^/a\z", "/a", True),
        (r"^\h+$", " \t", True),
        (r"(?<n>a)\1", "aa", True),
        (r"[]a]", "]", True),
        (r"[[:digit:][:upper:]]x", "Ax", True),
        (r"[a&&b]", "&", True),
        (r"(?i)ABC", "abc", True),
        (r"a++b", "aab", True),
        (r"\/a\-b", "/a-b", True),
    ],
)
def test_expressions_mean_what_they_mean_to_pcre(pattern: str, text: str, matches: bool) -> None:
    assert matches == bool(matched(pattern, text))


@pytest.mark.parametrize("pattern", [r"\Qa\E", "a(?i)b", "(?|a|b)", "(*UTF8)a", "(", r"\K", "a{,3}", "[[:nope:]]"])
def test_expressions_that_only_pcre_knows_are_not_tried(pattern: str) -> None:
    with pytest.raises(UnknownPatternError):
        matched(pattern, "a")


def test_an_expression_that_may_never_end_is_not_tried_on_long_text() -> None:
    assert matched("^(a+)+$", "a" * 10)
    with pytest.raises(UnknownPatternError, match="may never end"):
        matched("^(a+)+$", "a" * 40)


def test_an_answer_is_explained_line_by_line() -> None:
    config = parse(
        "server {\n  listen 80;\n  add_header A 1;\n"
        "  location / {\n    proxy_pass http://up;\n    expires 1h;\n  }\n}\n"
    )

    assert explain([config], "http://a.test/x").startswith(
        "nginx.conf: http://a.test/x\n"
        "  server: the only server on this socket  [nginx.conf:1]\n"
        "  location / is the longest prefix  [nginx.conf:4]\n"
        "  proxy_pass http://up  [nginx.conf:5]\n"
        "  answer: by http://up\n"
        "  response headers\n"
        "    Expires: as the time of the request makes it  [nginx.conf:6]\n"
        "    Cache-Control: max-age=3600  [nginx.conf:6]\n"
        "    A: 1  [nginx.conf:3]\n"
    )
