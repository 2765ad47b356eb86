"""What real nginx refuses to start with, and that the rules refuse the same and nothing else."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from fairlead.lint.nginx import parse
from fairlead.lint.nginx.forms import FORMS, WORDS
from fairlead.lint.nginx.table import context_named, masks
from fairlead.lint.rule import Rule
from fairlead.lint.rules.nginx.broken_expression import broken_expression
from fairlead.lint.rules.nginx.buffers import buffers_at_odds
from fairlead.lint.rules.nginx.conditions import invalid_condition
from fairlead.lint.rules.nginx.entries import entry_refused
from fairlead.lint.rules.nginx.layout import byte_order_mark
from fairlead.lint.rules.nginx.modules import module_refused
from fairlead.lint.rules.nginx.program_without_port import program_without_port
from fairlead.lint.rules.nginx.reading import wrong_value
from fairlead.lint.rules.nginx.refused import location_refused, name_twice, upstream_without_server
from fairlead.lint.rules.nginx.running import no_events
from fairlead.lint.rules.nginx.tls_listening import certificate_without_key
from fairlead.lint.rules.nginx.undefined import undefined_variable
from fairlead.lint.rules.nginx.versions import newer_directive
from fairlead.lint.rules.nginx.zones_missing import missing_zone
from fairlead.tests.nginx.served import nginx_binary, nginx_version

MISFITS = {
    "size": ("1x", "1kb", "1g", "-1"),
    "offset": ("1gb", "10mb"),
    "time": ("1sec", "1x", "-1"),
    "seconds": ("1ms", "1sec"),
    "number": ("1k", "a"),
    "buffers": ("4 8kb", "x 8k"),
}
FITTING = {
    "size": ("16384", "16k", "1M"),
    "offset": ("1", "1k", "1g", "1G"),
    "time": ("1", "1s", '"1m 30s"', "100ms", "1h"),
    "seconds": ("1", "1d", "1h30m"),
    "number": ("512",),
    "buffers": ("8 8k",),
}
OWN = {
    "keepalive_timeout": (("0", "65", "1m30s", "75s 60s"), ("-1", "1sec")),
    "gzip_comp_level": (("1", "9"), ("0", "10", "x")),
    "limit_req_status": (("400", "599"), ("399", "600")),
    "limit_conn_status": (("429",), ("200",)),
    "error_log": (
        ("FOLDER/e warn", "stderr info"),
        ("FOLDER/e warning", "FOLDER/e none", "FOLDER/e warn warn", "FOLDER/e warn error"),
    ),
    "return": (("200", "999", "http://a", "200 text", "https://$host/"), ("700x", "foo", "1000", "/a", "http:/a")),
    "error_page": (("404 /x", "404 500 = /x", "404 =200 /x"), ("299 /x", "600 /x", "404 =x /y", "=200 404 /x")),
    "try_files": (("$uri =404", "$uri /x", "a b"), ("$uri =abc", "$uri =1000")),
    "rewrite": (("a b", "a b last", "a b permanent"), ("a b foo", "a b LAST")),
    "set": (("$a b",), ("a b",)),
    "add_header": (("A b", "A b always"), ("A b c", "A b Always")),
    "limit_req_zone": (
        ("$host zone=a:1m rate=1r/s", "$host zone=a:100k rate=1r/m"),
        (
            "$host zone=a rate=1r/s",
            "$host zone=a:1m rate=1r/h",
            "$host zone=a:1m rate=0.5r/s",
            "$host zone=a:31k rate=1r/s",
            "$host rate=1r/s rate=2r/s",
            "$host zone=a:1m rate=1r/s rate=1r/s",
        ),
    ),
    "limit_conn_zone": (
        ("$host zone=a:1m", "$host zone=a:32k"),
        ("$host zone=a", "$host zone=:1m", "$host a", "$host zone=a:31k"),
    ),
    "server": (
        ("127.0.0.1:80 weight=2 max_fails=1 fail_timeout=3s", "127.0.0.1 down", "unix:/a", "unix:/a@1.sock"),
        (
            *("127.0.0.1 weigth=1", "127.0.0.1 weight=x", "127.0.0.1:99999", "127.0.0.1 fail_timeout=3sec"),
            *("127.0.0.1:80a", "[::1]:80a", "127.0.0.1:", "127.0.0.1:80/", "http://127.0.0.1", ":80", "unix:"),
            "127.0.0.1 weight=0",
        ),
    ),
    "listen": (
        ("8099", "127.0.0.1:8099", "[::1]:8099", "8099 bind backlog=9 so_keepalive=on"),
        (
            "[:]:80",
            "[::]80",
            "a/b",
            ":8099",
            "8099 spdy",
            "8099 ssl=on",
            "99999",
            "0",
            "127.0.0.1:70000",
            *("127.0.0.1:http", "80a", "80,443", "127.0.0.1:80a", "[::]:80a", "127.0.0.1:", "8099:"),
        ),
    ),
    "proxy_pass": (
        ("http://127.0.0.1", "HTTP://127.0.0.1", "http://127.0.0.1?a:b", "http://unix:/a:/b", "http://127.0.0.1/a:b"),
        (
            *("127.0.0.1:80", "//a", "ftp://a", "http://127.0.0.1:http/", "http://127.0.0.1:80a/", "http://:80/"),
            *("http://", "http:///a", "http://127.0.0.1:/", "http://a:b@127.0.0.1/"),
        ),
    ),
    "fastcgi_pass": (
        ("127.0.0.1:90", "unix:/a", "unix:/a:"),
        ("127.0.0.1:90a", "127.0.0.1:90/a", "http://127.0.0.1:90", "127.0.0.1:0"),
    ),
    "uwsgi_pass": (("127.0.0.1:90", "uwsgi://127.0.0.1:90"), ("http://127.0.0.1:90", "uwsgi://127.0.0.1:90a")),
    "scgi_pass": (("127.0.0.1:90",), ("127.0.0.1:90a",)),
    "grpc_pass": (
        ("127.0.0.1:90", "grpc://127.0.0.1:90", "grpcs://127.0.0.1:90"),
        ("http://127.0.0.1", "127.0.0.1:90a"),
    ),
    "proxy_cache_path": (
        ("FOLDER/c keys_zone=a:1m", "FOLDER/c levels=1:2 keys_zone=a:1m max_size=1g inactive=1h use_temp_path=off"),
        (
            "FOLDER/c",
            "FOLDER/c keys_zone=a",
            "FOLDER/c keys_zone=a:1m level=1:2",
            "FOLDER/c keys_zone=a:1m inactive=1x",
        ),
    ),
    "proxy_cache_valid": (("1h", "200 302 1h", "any 1m"), ("20 1h", "all 1h", "200 1hour")),
    "fastcgi_param": (("A b", "A b if_not_empty"), ("A b c",)),
    "access_log": (
        ("off", "FOLDER/a", "FOLDER/a combined buffer=32k flush=1m gzip", "FOLDER/a combined if=$host"),
        ("off off", "FOLDER/a if=$host", "FOLDER/a combined buffered=32k", "FOLDER/a combined main"),
    ),
    "ssl_session_cache": (("off", "shared:a:1m", "builtin shared:a:1m"), ("shared:a", "on", "SHARED:a:1m")),
    "open_file_cache": (("off", "max=100 inactive=20s"), ("on", "max=many")),
    "zone": (("a 32k", "a 1m"), ("a 31k", "a 0", "a 1x")),
    "keepalive": (("1", "64"), ("on",)),
    "server_name": (
        ("a.test *.a.test a.* .a.test _", '""', "~^a*$"),
        ("*a.test", "*", "."),
    ),
    "proxy_redirect": (("off", "http://a/ /"), ("on", "http://a/")),
    "hash": (("$host", "$host consistent"), ("$host constant",)),
    "worker_processes": (("auto", "4"), ("automatic", "-1")),
    "expires": (
        ("1y", "-1", "max", "off", "epoch", "+1h", "modified +24h", "@15h30m"),
        ("1x", "1year", "never", "-", "@x", "modified max", "1ms"),
    ),
    "allow": (
        ("all", "10.0.0.1", "10.0.0.1/8", "::1", "fe80::/10"),
        ("localhost", "1.2.3.4/40", "10.0.0", "10.0.0.1/255.0.0.0", "1.2.3.4:80", "[::1]"),
    ),
}


def cases() -> Iterator[tuple[str, str, bool]]:
    """Directives with arguments, and whether nginx takes them."""
    for line in FORMS.strip().split("\n"):
        form, *names = line.split()
        for name in names:
            yield from ((name, value, True) for value in FITTING[form])
            yield from ((name, value, False) for value in MISFITS[form])
    for line in WORDS.strip().split("\n"):
        name, *words = line.split()
        usable = ("epoll",) if name == "use" else words
        yield from ((name, word, True) for word in usable if (name, word) != ("proxy_http_version", "2"))
        yield name, "foo", False
    for name, (good, bad) in OWN.items():
        yield from ((name, value, True) for value in good)
        yield from ((name, value, False) for value in bad)


def main_file_with(name: str, value: str, folder: Path) -> str:
    """A whole configuration with one statement where nginx takes it."""
    bits = 0
    for use in masks()[name]:
        bits |= use
    letter = (
        "U"
        if name in ("server", "keepalive", "hash", "zone")
        else next(each for each in "LSHUEM" if bits & context_named(each))
    )
    at = dict.fromkeys("LSHUEM", "")
    at[letter] = f"{name} {value};".replace("FOLDER", str(folder))
    member = "" if name == "server" else "server 127.0.0.1;"
    upstream = f"upstream u {{ {member} {at['U']} }}" if at["U"] else ""
    listen = "" if name == "listen" else "listen 8081;"
    return (
        f"pid {folder}/pid;\nerror_log {folder}/e.log;\n{at['M']}\nevents {{ {at['E']} }}\n"
        f"http {{ access_log off; {at['H']} {upstream}\nserver {{ {listen} {at['S']} location / {{ {at['L']} }} }} }}\n"
    ).replace(f"error_log {folder}/e.log;\n" if name == "error_log" else "\0", "")


def refusal(folder: Path, text: str) -> str:
    """What ``nginx -t`` says against *text*; nothing where it is content."""
    path = folder / "nginx.conf"
    path.write_text(text)
    command = [nginx_binary(), "-p", str(folder), "-c", str(path), "-t", "-q"]
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    return said.stderr if said.returncode else ""


def is_about_form(said: str) -> bool:
    """Whether the refusal is about the form of a value, not about what else must fit to it."""
    return bool(said) and not any(words in said for words in ("must be equal", "must be less", "not enough"))


def reports(rule: Rule, text: str) -> bool:
    """Whether *rule* finds its fault in *text*."""
    return next(iter(rule.check(parse(text, version=nginx_version(nginx_binary())))), None) is not None


@pytest.mark.parametrize("name", sorted({name for name, _, _ in cases()}))
def test_values_are_refused_exactly_as_nginx_refuses_them(name: str, tmp_path: Path) -> None:
    for _, value, is_good in (case for case in cases() if case[0] == name):
        text = main_file_with(name, value, tmp_path)
        said = refusal(tmp_path, text)

        assert (is_good, value) == (not is_about_form(said), value), said
        assert is_good is not reports(wrong_value, text), value


REFUSED = [
    (broken_expression, r"location ~ *\.jpg$ { return 404; }", True),
    (broken_expression, "location ~ ^/(a|b/ { return 404; }", True),
    (broken_expression, "location ~ ^/a|b)/ { return 404; }", True),
    (broken_expression, "location ~ ^/[a-z { return 404; }", True),
    (broken_expression, "location ~ (+a) { return 404; }", True),
    (broken_expression, "rewrite a|*b /c;", True),
    (broken_expression, r"location ~ ^/[(]\)\(a(?:b|c)[]x]$ { return 404; }", False),
    (broken_expression, "location ~ (*UTF8)^/(?<name>a) { return 404; }", False),
    (broken_expression, "location ~ ^*a$ { return 404; }", True),
    (broken_expression, "location ~ ^a*(|b)$ { return 404; }", False),
    (invalid_condition, "if ($arg_a == b) { return 403; }", True),
    (invalid_condition, "if ($arg_a = b && $arg_c) { return 403; }", True),
    (invalid_condition, "if ($arg_a) || ($arg_b) { return 403; }", True),
    (invalid_condition, "if (!$arg_a) { return 403; }", True),
    (invalid_condition, "if ($arg_a > 1) { return 403; }", True),
    (invalid_condition, "if ($arg_a =~ b) { return 403; }", True),
    (invalid_condition, "if (arg_a = b) { return 403; }", True),
    (invalid_condition, "if (!-e $request_filename $uri) { return 403; }", True),
    (invalid_condition, "if ( $arg_a !~* 'b && (c|d)' ) { return 403; }", False),
    (invalid_condition, "if ($arg_a) { return 403; }", False),
    (invalid_condition, "if (!-d $request_filename) { return 403; }", False),
    (invalid_condition, "if ($arg_a = '') { return 403; }", False),
    (location_refused, "location /a/ { location /b/ { } }", True),
    (location_refused, "location ~ ^/a/ { location /a/b/ { } }", True),
    (location_refused, "location = /a { location /a { } }", True),
    (location_refused, "location / { location @a { } }", True),
    (location_refused, "location @a { location / { } }", True),
    (location_refused, "location =~ /a { }", True),
    (location_refused, "location /a/ { location /a/b/ { } location ~ /c { } location = /a/ { } }", False),
    (location_refused, "location ~ ^/a/ { location ~ /b { } }", False),
    (undefined_variable, "return 200 'costs 5$';", True),
    (undefined_variable, "location / { rewrite ^/(.*)$ /x$/y; }", True),
    (undefined_variable, "location ~ ^/(.*)$ { return 200 '$1'; }", False),
    (buffers_at_odds, "proxy_buffer_size 128k;", True),
    (buffers_at_odds, "location / { proxy_buffer_size 8k; proxy_buffers 4 16k; proxy_busy_buffers_size 64k; }", True),
    (buffers_at_odds, "location / { fastcgi_buffers 8 16k; fastcgi_busy_buffers_size 8k; }", True),
    (buffers_at_odds, "location / { uwsgi_buffers 1 16k; }", True),
    (buffers_at_odds, "proxy_buffer_size 8k;", False),
    (buffers_at_odds, "proxy_buffer_size 16k;", True),
    (buffers_at_odds, "proxy_buffers 8 16k; location / { proxy_buffer_size 16k; }", False),
    (buffers_at_odds, "proxy_buffer_size 128k; proxy_buffers 4 256k; proxy_busy_buffers_size 256k;", False),
]


@pytest.mark.parametrize(("rule", "statements", "is_refused"), REFUSED)
def test_nginx_refuses_what_the_rule_says_it_refuses(
    rule: Rule, statements: str, is_refused: bool, tmp_path: Path
) -> None:
    text = (
        f"pid {tmp_path}/pid;\nerror_log {tmp_path}/e;\nevents {{}}\nhttp {{ server {{ listen 8081; {statements} }} }}"
    )

    assert (is_refused, is_refused) == (bool(refusal(tmp_path, text)), reports(rule, text))


IN_HTTP = [
    (upstream_without_server, "upstream a { least_conn; }", True),
    (upstream_without_server, "upstream a { server 127.0.0.1 backup; }", True),
    (upstream_without_server, "upstream a { server 127.0.0.1 down; }", False),
    (name_twice, "upstream a { server 127.0.0.1; } upstream A { server 127.0.0.1; }", True),
    (name_twice, "log_format a 'b'; log_format a 'b';", True),
    (name_twice, "log_format a 'b'; log_format A 'b';", False),
    (name_twice, "limit_req_zone $host zone=a:1m rate=1r/s; limit_conn_zone $host zone=a:1m;", True),
    (name_twice, "limit_req_zone $host zone=a:1m rate=1r/s; limit_conn_zone $host zone=b:1m;", False),
    (entry_refused, "map $uri $a { b c d; }", True),
    (entry_refused, "map $uri $a { b; }", True),
    (entry_refused, "map $uri $a { hostnames; volatile; default b; }", False),
    (entry_refused, "geo $a { 10.0.0.0/33 b; }", True),
    (entry_refused, "geo $a { a.example b; }", True),
    (entry_refused, "geo host $a { default 1; }", True),
    (entry_refused, "geo $a { default 0; ::1 1; 10.0.0.0/8 1; }", False),
    (undefined_variable, "map $uri $a { default $nothing_of_that_name; }", True),
    (entry_refused, "map $uri a { b c; }", True),
    (entry_refused, "map $uri $a { default b; c d; default b; }", True),
    (entry_refused, "map $uri $a { b c; B d; }", True),
    (entry_refused, "map $uri $a { hostnames; .b c; b d; }", True),
    (entry_refused, "map $uri $a { hostnames; *.b c; .b d; }", True),
    (entry_refused, r"map $uri $a { .b c; b d; \default e; default f; ~b g; ~b h; ~B i; }", False),
    (entry_refused, "geo $a { default 1; default 2; }", False),
    (entry_refused, "split_clients $uri $a { 50% b; 50.5% c; }", True),
    (entry_refused, "split_clients $uri $a { 50 b; * c; }", True),
    (entry_refused, "split_clients $uri $a { 0% b; * c; }", True),
    (entry_refused, "split_clients $uri $a { 0.555% b; * c; }", True),
    (entry_refused, "split_clients $uri a { 5% b; * c; }", True),
    (entry_refused, "split_clients $uri $a { 0.5% b c; 99.5% c; * d; }", False),
    (program_without_port, "server { listen 8081; location / { fastcgi_pass php; } }", True),
    (program_without_port, "upstream php { server 127.0.0.1; } server { location / { fastcgi_pass PHP; } }", False),
    (missing_zone, "upstream a { zone a; server 127.0.0.1; }", True),
    (missing_zone, "upstream a { zone a; server 127.0.0.1; } upstream b { zone a 64k; server 127.0.0.1; }", False),
    (missing_zone, "upstream a { server a.test resolve; } resolver 127.0.0.1;", True),
    (newer_directive, "upstream a { zone a 64k; server a.test resolve; } resolver 127.0.0.1;", None),
    (newer_directive, "server { listen 8443 quic; ssl_reject_handshake on; }", None),
    (certificate_without_key, "server { listen 8081; ssl_certificate a.pem; }", True),
    (no_events, "", False),
]


@pytest.mark.parametrize(("rule", "statements", "is_refused"), IN_HTTP)
def test_nginx_refuses_in_http_what_the_rule_says(
    rule: Rule, statements: str, is_refused: bool | None, tmp_path: Path
) -> None:
    """None stands for what depends on the version of nginx."""
    text = f"pid {tmp_path}/pid;\nerror_log {tmp_path}/e;\nevents {{}}\nhttp {{ {statements} }}\n"

    is_refused = bool(refusal(tmp_path, text)) if is_refused is None else is_refused
    assert (is_refused, is_refused) == (bool(refusal(tmp_path, text)), reports(rule, text))


@pytest.mark.parametrize(
    ("rule", "text", "words"),
    [
        (byte_order_mark, "\ufeffevents {}\n", "unknown directive"),
        (no_events, "pid pid;\nhttp {}\n", 'no "events" section'),
        (module_refused, "events {}\nload_module modules/ngx_stream_module.so;\n", "specified too late"),
    ],
)
def test_nginx_does_not_start_with(rule: Rule, text: str, words: str, tmp_path: Path) -> None:
    assert reports(rule, text)
    assert words in refusal(tmp_path, text)


def test_nginx_takes_daemon_off_once(tmp_path: Path) -> None:
    path = tmp_path / "nginx.conf"
    path.write_text(f"daemon off;\npid {tmp_path}/pid;\nerror_log {tmp_path}/e;\nevents {{}}\n")
    command = [nginx_binary(), "-p", str(tmp_path), "-c", str(path), "-t", "-q"]

    once = subprocess.run(command, capture_output=True, text=True, check=False)
    twice = subprocess.run([*command, "-g", "daemon off;"], capture_output=True, text=True, check=False)

    assert 0 == once.returncode
    assert '"daemon" directive is duplicate' in twice.stderr
