"""Settings after inheritance."""

from __future__ import annotations

import pytest

from fairlead.lint.nginx import (
    Effective,
    answering_blocks,
    header,
    listen,
    location,
    parse,
    proxy_pass,
    size_bytes,
    time_s,
)
from fairlead.lint.nginx.headers import ResponseHeader


def at(text: str, name: str = "location", version: tuple[int, int, int] = (1, 30, 6)) -> Effective:
    config = parse(text, version=version)
    return config.effective(config.find(name)[-1])


def names(headers: tuple[ResponseHeader, ...]) -> list[str]:
    return [each.name for each in headers]


def test_a_level_without_headers_has_those_around_it() -> None:
    settings = at("http { add_header A 1; server { location / { location /x { } } } }")

    assert ["A"] == names(settings.headers)


def test_one_header_of_its_own_drops_all_others() -> None:
    settings = at("http { add_header A 1; add_header B 2; server { location / { add_header C 3; add_header b 4; } } }")

    assert (["C", "b"], ["A"]) == (names(settings.headers), names(settings.dropped_headers))


def test_a_level_that_only_inherits_loses_nothing_of_its_own() -> None:
    settings = at("http { add_header A 1; server { location / { add_header C 3; location /x { } } } }")

    assert ((), ["C"]) == (settings.dropped_headers, names(settings.headers))


@pytest.mark.parametrize(("mode", "expected"), [("merge", ["B", "A"]), ("off", ["B"]), ("on", ["B"])])
def test_inheritance_of_headers_may_be_told(mode: str, expected: list[str]) -> None:
    text = f"http {{ add_header A 1; add_header_inherit {mode}; server {{ location / {{ add_header B 2; }} }} }}"

    assert expected == names(at(text).headers)
    assert ["B"] == names(at(text, version=(1, 28, 0)).headers)


def test_without_always_an_error_has_no_headers() -> None:
    settings = at("http { add_header A 1; add_header B 2 always; expires 1h; server { location / { } } }")

    assert ["Expires", "Cache-Control", "A", "B"] == names(settings.headers_for(204))
    assert ["B"] == names(settings.headers_for(404))


def test_an_empty_header_is_not_sent_yet_drops_the_others() -> None:
    settings = at('http { add_header A 1; server { location / { add_header B ""; } } }')

    assert ((), ["A"]) == (settings.headers_for(200), names(settings.dropped_headers))


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("1h", "max-age=3600"),
        ("+1h 30m", None),
        ("-1", "no-cache"),
        ("0", "max-age=0"),
        ("epoch", "no-cache"),
        ("max", "max-age=315360000"),
        ("@15h", None),
        ("modified 1h", None),
        ("$when", None),
        ('"1h 30m"', "max-age=5400"),
    ],
)
def test_expires_becomes_a_cache_control(words: str, expected: str | None) -> None:
    if words == "+1h 30m":
        words = '"+1h 30m"'
        expected = "max-age=5400"
    headers = at(f"server {{ location / {{ expires {words}; }} }}").headers

    assert [("Cache-Control", expected)] == [(each.name, each.value) for each in headers[1:]]


def test_expires_off_ends_what_is_around() -> None:
    assert () == at("http { expires 1h; server { location / { expires off; } } }").headers


def test_lists_come_whole_from_the_nearest_level() -> None:
    text = (
        "http { proxy_set_header Host $host; proxy_set_header X-A 1; server { location / {"
        " proxy_pass http://a; proxy_set_header X-B 2; } } }"
    )
    proxy = at(text).proxy

    assert (["X-B"], ["Host", "X-A"]) == ([s.value for s in proxy.set_headers], [s.value for s in proxy.lost_headers])
    assert ("$proxy_host", "2", None) == (proxy.sent("host"), proxy.sent("x-b"), proxy.sent("x-a"))


def test_defaults_of_a_proxy_depend_on_the_version() -> None:
    text = "server { location / { proxy_pass http://a; } }"

    assert ("1.1", None) == (at(text).proxy.http_version, at(text).proxy.sent("Connection"))
    assert ("1.0", "close") == (
        at(text, version=(1, 28, 0)).proxy.http_version,
        at(text, version=(1, 28, 0)).proxy.sent("Connection"),
    )


def test_compression_is_inherited_setting_by_setting() -> None:
    settings = at("http { gzip on; gzip_types a/b; gzip_comp_level 6; server { gzip_vary on; location / { } } }")
    found = settings.compression

    assert (True, 6, ("text/html", "a/b"), True, 20) == (
        found.is_on,
        found.level,
        found.types,
        found.sends_vary,
        found.min_length_bytes,
    )
    assert (True, True, False) == (found.covers("a/b"), found.covers("text/html"), found.covers("c/d"))


def test_a_handler_is_inherited_by_if_and_not_by_a_location() -> None:
    text = "server { location / { proxy_pass http://a; if ($b) { set $c 1; } location /d { } } }"

    assert "proxy_pass" == at(text, "if").handler.name  # type: ignore[union-attr]  # the test is about that
    assert None is at(text).handler


def test_try_files_holds_in_its_own_location_only() -> None:
    text = "server { location / { try_files $uri =404; if ($b) { set $c 1; } location /d { } } }"

    assert (None, None) == (at(text, "if").tries, at(text).tries)


def test_access_rules_are_read_in_order() -> None:
    closed = at("server { deny all; location / { } }").access
    mixed = at("server { deny all; location / { allow 10.0.0.0/8; deny all; auth_basic off; } }").access
    opened = at("server { location / { } }").access

    assert (True, False, False) == (closed.denies_all, mixed.denies_all, opened.denies_all)
    assert (False, True, None) == (mixed.is_open, opened.is_open, mixed.password)


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ((1, 30, 6), ("TLSv1.2", "TLSv1.3")),
        ((1, 26, 0), ("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")),
        ((1, 22, 1), ("TLSv1", "TLSv1.1", "TLSv1.2")),
    ],
)
def test_the_protocols_of_tls_have_a_default(version: tuple[int, int, int], expected: tuple[str, ...]) -> None:
    assert expected == at("server { listen 443 ssl; }", "server", version).tls.protocols


def test_the_blocks_that_answer_are_servers_locations_and_what_is_in_them() -> None:
    config = parse("server { if ($a) { return 1; } location / { if ($b) { break; } limit_except GET { deny all; } } }")

    assert ["server", "location", "if", "limit_except"] == [block.name for block in answering_blocks(config)]


@pytest.mark.parametrize(
    ("head", "modifier", "pattern"),
    [
        ("/", "", "/"),
        ("= /a", "=", "/a"),
        ("^~ /a", "^~", "/a"),
        ("~* a", "~*", "a"),
        ("~a", "~", "a"),
        ("=/a", "=", "/a"),
        ("@a", "@", "@a"),
        ("~*\\.js$", "~*", "\\.js$"),
        ("^~/a", "^~", "/a"),
    ],
)
def test_the_head_of_a_location_is_read_with_or_without_a_space(head: str, modifier: str, pattern: str) -> None:
    found = location(parse(f"server {{ location {head} {{ }} }}").locations[0])

    assert (modifier, pattern) == (found.modifier, found.pattern)


@pytest.mark.parametrize(
    ("words", "socket"),
    [
        ("80", ("*", 80)),
        ("*:8080 ssl", ("*", 8080)),
        ("127.0.0.1", ("127.0.0.1", 80)),
        ("[::]:443 ssl", ("[::]", 443)),
        ("[::1]", ("[::1]", 80)),
        ("localhost:81", ("localhost", 81)),
        ("unix:/run/a.sock", ("unix:/run/a.sock", 0)),
        ("${PORT}", ("${port}", None)),
        ("0.0.0.0:80", ("*", 80)),
    ],
)
def test_a_listen_is_a_socket(words: str, socket: tuple[str, int | None]) -> None:
    assert socket == listen(parse(f"server {{ listen {words}; }}").find("listen")[0]).socket


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("http://a", ("http", "a", "", "")),
        ("https://a:81/", ("https", "a", "81", "/")),
        ("http://$host$request_uri", ("http", "$host$request_uri", "", "")),
        ("http://unix:/run/a:/b", ("http", "unix:/run/a", "", "/b")),
        ("http://[::1]:80/a", ("http", "[::1]", "80", "/a")),
        ("grpc://a:1", ("grpc", "a", "1", "")),
        ("127.0.0.1:9000", ("", "127.0.0.1", "9000", "")),
        ("http://${UP}/x?y", ("http", "${UP}", "", "/x?y")),
    ],
)
def test_the_target_of_a_proxy_is_taken_apart(word: str, expected: tuple[str, str, str, str]) -> None:
    found = proxy_pass(parse(f"location / {{ proxy_pass {word}; }}").find("proxy_pass")[0])

    assert expected == (found.scheme, found.host, found.port, found.uri)


def test_sizes_and_times_are_numbers() -> None:
    assert (10 * 1024**2, 512, None) == (size_bytes("10m"), size_bytes("512"), size_bytes("10x"))
    assert (90 * 60, 0.5, 60, None, None) == (time_s("1h 30m"), time_s("500ms"), time_s("60"), time_s("x"), time_s(""))


def test_a_header_knows_whether_it_is_sent_always() -> None:
    directives = parse("add_header A b; add_header A b always;").directives

    assert [False, True] == [header(directive).always for directive in directives]
