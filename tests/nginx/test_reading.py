"""Whole configurations: places, includes, fragments, templates, and what nginx would refuse."""

from __future__ import annotations

import pytest

from fairlead.lint.family import Options
from fairlead.lint.files import Files, ReadError
from fairlead.lint.nginx import NginxConfig, load, parse, read
from fairlead.lint.nginx.table import masks


def read_from(main: str = "nginx.conf", mounts: dict[str, str] | None = None, **texts: str) -> NginxConfig:
    files = {name.replace("__", "/").replace("_conf", ".conf"): text for name, text in texts.items()}
    return read(main, Files(files, only_overlay=True), mounts=mounts)


def problems(text: str, version: tuple[int, int, int] = (1, 30, 6)) -> list[tuple[str, str, str]]:
    return [
        (rule, str(place).partition(":")[2], message) for rule, place, message in parse(text, version=version).problems
    ]


def test_every_part_of_a_statement_has_its_place() -> None:
    config = parse('http {\n  add_header  "X-A"  b\n    always;\n}\n')
    header = config.find("add_header")[0]
    span = header.whole_place

    assert "nginx.conf:2:3" == str(header.place)
    assert ["nginx.conf:2:15", "nginx.conf:2:22", "nginx.conf:3:5"] == [str(place) for place in header.arg_places]
    assert "nginx.conf:3:11" == str(header.end_place)
    assert (2, 3, 3, 12) == (span.line, span.column, span.end_line, span.end_column)
    assert "nginx.conf:4:1" == str(config.directives[0].end_place)
    assert '"X-A"' == header.arg_text(0)


def test_the_parentheses_of_if_are_no_part_of_its_arguments() -> None:
    config = parse("server { if ( $a = 'b' ) { return 204; } if ($c) { break; } }")
    first, second = config.find("if")

    assert (("$a", "=", "b"), ("$c",)) == (first.args, second.args)
    assert ["1:15", "1:18", "1:20"] == [f"{place.line}:{place.column}" for place in first.arg_places]
    assert "nginx.conf:1:46" == str(second.arg_place(0))


def test_columns_count_characters_and_windows_line_ends_are_blank() -> None:
    config = parse("# ä\r\nroot /ü; index é;\r\n")

    assert ["nginx.conf:2:1", "nginx.conf:2:10"] == [str(directive.place) for directive in config.directives]


def test_directives_are_found_across_names_in_the_order_of_the_files() -> None:
    config = parse("http { gzip on; server { root /a; gzip off; } root /b; }")

    assert ["gzip", "root", "gzip", "root"] == [found.name for found in config.find("root", "gzip")]


def test_included_statements_stand_in_the_block_that_includes_them() -> None:
    config = read_from(nginx_conf="http { include conf.d/*.conf; gzip on; }", conf_d__unused="", conf_d="")
    assert [] == config.problems

    files = {"nginx.conf": "http { include d/*.conf; }", "d/b.conf": "server { }", "d/a.conf": "gzip on;"}
    config = read("nginx.conf", Files(files, only_overlay=True))

    assert ["http", "include", "gzip", "server"] == [found.name for found in config.walk()]
    assert "http" == config.servers[0].parent.name  # type: ignore[union-attr]  # a server has one here
    assert ["include"] == [via.name for via in config.servers[0].include_chain]
    assert ["nginx.conf", "d/a.conf", "d/b.conf"] == list(config.files)


def test_includes_start_in_the_folder_of_the_main_file() -> None:
    files = {"conf/nginx.conf": "include a/one.conf;", "conf/a/one.conf": "include b.conf;", "conf/b.conf": "user x;"}

    assert read("conf/nginx.conf", Files(files, only_overlay=True)).has("user")


@pytest.mark.parametrize("word", ["/etc/nginx/conf.d/*.conf", "/etc/nginx/conf.d/site.conf"])
def test_an_absolute_include_is_found_where_it_is_mounted_from(word: str) -> None:
    files = {"deploy/nginx.conf": f"http {{ include {word}; }}", "sites/site.conf": "gzip on;"}
    config = read("deploy/nginx.conf", Files(files, only_overlay=True), mounts={"/etc/nginx/conf.d": "sites"})

    assert (True, [], []) == (config.has("gzip"), config.problems, config.unread)


def test_an_absolute_include_is_found_beside_a_copy_of_the_configuration() -> None:
    files = {"nginx/nginx.conf": "http { include /etc/nginx/conf.d/*.conf; }", "nginx/conf.d/a.conf": "gzip on;"}

    assert read("nginx/nginx.conf", Files(files, only_overlay=True)).has("gzip")


def test_files_of_the_system_are_passed_over_and_remembered() -> None:
    config = parse("http { include /etc/nginx/mime.types; server { include /etc/nginx/snippets/x.conf; } }")
    http, server = config.directives[0], config.servers[0]

    assert [] == config.problems
    assert (False, True) == (config.may_hold(http, "gzip"), config.may_hold(server, "gzip"))
    assert (True, True) == (config.may_hold(server, "types"), config.may_hold_inside(http, "gzip"))


def test_a_missing_file_is_reported_once_however_often_it_is_included() -> None:
    config = read_from(nginx_conf="http { server { include a; } server { include a; } }", a="include nothing.conf;")

    assert [("nginx/include-missing", "a:1:9")] == [(rule, str(place)) for rule, place, _ in config.problems]


def test_a_pattern_that_fits_no_file_is_no_fault() -> None:
    assert [] == parse("http { include conf.d/*.conf; }").problems


def test_files_that_include_each_other_by_the_thousand_come_to_an_end() -> None:
    files = {f"{n}": f"include {n + 1}; include {n + 1};" for n in range(200)}
    config = read("0", Files({**files, "200": ""}, only_overlay=True))

    assert {"nginx/include-loop"} == {rule for rule, _, _ in config.problems}


def test_a_file_outside_the_project_is_not_read() -> None:
    config = parse("http { include ../../../../../../etc/passwd; }", "a/nginx.conf")

    assert ["nginx/include-outside-tree"] == [rule for rule, _, _ in _outside().problems]
    assert [] == [rule for rule, _, _ in config.problems if rule == "nginx/syntax-error"]


def _outside() -> NginxConfig:
    files = {"a/nginx.conf": "http { include ../../x.conf; }", "../x.conf": "gzip on;"}
    return read("a/nginx.conf", Files(files, only_overlay=True))


def test_a_main_file_that_cannot_be_read_is_an_error_of_the_caller() -> None:
    with pytest.raises(ReadError, match="no such file"):
        read("nothing.conf", Files({}, only_overlay=True))


@pytest.mark.parametrize(
    ("text", "fragment"),
    [
        ("server { listen 80; }", True),
        ("location / { return 204; }", True),
        ("add_header X-A b always;", True),
        ("proxy_set_header Host $host; proxy_http_version 1.1;", True),
        ("server 10.0.0.1:80 max_fails=3; keepalive 8;", True),
        ("upstream a { server b; } server { location / { proxy_pass http://a; } }", True),
        ("ssl_protocols TLSv1.3; ssl_session_cache shared:a:1m;", True),
        ("map $a $b { default 1; } limit_req_zone $a zone=b:1m rate=1r/s;", True),
        ("events { } http { }", False),
        ("", False),
    ],
)
def test_a_fragment_is_read_as_what_it_is(text: str, fragment: bool) -> None:
    config = parse(text)

    assert ([], fragment) == (config.problems, config.is_fragment)


def test_a_server_of_stream_is_no_server_of_http() -> None:
    assert [] == parse("stream { server { listen 1; proxy_pass a; } }").servers
    assert [] == parse("server { listen 1; proxy_pass a:1; }").servers
    assert [] == parse("rtmp { server { listen 1935; application live { live on; } } }").servers


@pytest.mark.parametrize(
    "text",
    [
        "server { listen ${PORT}; proxy_pass_header ${X}; location / { proxy_pass http://${HOST}:${PORT}/; } }",
        "server { gzip ${GZIP}; }",
        "${EXTRA_CONFIG}\nserver { listen 80; }",
        "{% for s in servers %}\nserver { listen {{ s.port }}; server_name {{s.name}}; }\n{% endfor %}",
        "server {\nserver_name\n{% for n in names -%}\n{{ n }}\n{% endfor %}\n;\n{# a\nb #}\n}",
        "{{ upstream_of(\n  name,\n  port=80) }}\nserver {\n{%- set a = [\n'b'] %}\nlisten 80;\n}",
        "server {\n{{- if .Values.gzip }}\ngzip on;\n{{- end }}\n}",
        "<% if ssl -%>\nserver { listen <%= port %> ssl; root <%- root %>/public; }\n<% else\n %><%- end -%>",
        "server { <% @ips.each do |ip| %> allow <%= ip['v4'] %>; <% end %> deny all; }",
    ],
)
def test_a_template_is_read_for_what_is_written(text: str) -> None:
    config = parse(text, "site.conf.template")

    assert ([], 1) == (config.problems, len(config.servers))


@pytest.mark.parametrize(
    ("path", "value", "unknown"),
    [
        ("a.conf", "${HOST}", True),
        ("a.conf", "${host}", False),
        ("a.conf", "$HOST", False),
        ("a.conf.template", "$HOST", True),
        ("a.conf", "{{ host }}", True),
        ("a.conf", "plain", False),
    ],
)
def test_a_value_that_is_filled_in_is_unknown(path: str, value: str, unknown: bool) -> None:
    assert unknown == parse("gzip on;", path).is_unknown(value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "http { serer { } }",
            ("nginx/unknown-directive", "1:8", 'unknown directive "serer"; did you mean "server"?'),
        ),
        (
            "http { x_y_z on; }",
            (
                "nginx/unknown-directive",
                "1:8",
                'unknown directive "x_y_z"; it is none of nginx\'s own, nor of a module known here',
            ),
        ),
        (
            "http { listen 80; }",
            (
                "nginx/wrong-context",
                "1:8",
                '"listen" is not allowed in "http"; nginx takes it in server, server in mail, server in stream',
            ),
        ),
        (
            "http { server { root; } }",
            ("nginx/wrong-argument-count", "1:17", '"root" has 0 arguments; nginx takes 1'),
        ),
        (
            "http { add_header X; }",
            ("nginx/wrong-argument-count", "1:8", '"add_header" has 1 argument; nginx takes 2 or 3'),
        ),
        ("http { gzip yes; }", ("nginx/wrong-value", "1:13", '"gzip" is "on" or "off", not "yes"')),
        ("http;", ("nginx/syntax-error", "1:5", '"http" needs a block in "{" and "}"')),
        ("http { gzip on { } }", ("nginx/syntax-error", "1:16", '"gzip" has no block; end it with a ";"')),
        (
            "http { server {\n  listen 80\n  root /x;\n} }",
            ("nginx/syntax-error", "2:12", 'no ";" after the directive "listen"; add one here'),
        ),
        (
            "http { server { server_name a\n listen 80; } }",
            ("nginx/syntax-error", "1:30", 'no ";" after the directive "server_name"; add one here'),
        ),
        (
            "http { ssl on; }",
            ("nginx/removed-directive", "1:8", '"ssl" was removed in nginx 1.25.1; give "listen" the parameter "ssl"'),
        ),
        (
            "http { http2_push_preload on; }",
            ("nginx/deprecated-directive", "1:8", '"http2_push_preload" has no use since nginx 1.25.1; remove it'),
        ),
    ],
)
def test_what_nginx_refuses_is_reported_where_it_stands(text: str, expected: tuple[str, str, str]) -> None:
    assert [expected] == problems(text)


def test_advice_depends_on_the_version() -> None:
    text = "http { ssl on; server { http2 on; add_header_inherit merge; } }"

    assert [
        ("nginx/deprecated-directive", "1:8", '"ssl" has no use since nginx 1.15.0; give "listen" the parameter "ssl"'),
        ("nginx/newer-directive", "1:25", '"http2" needs nginx 1.25.1; this one is 1.24.0'),
        ("nginx/newer-directive", "1:35", '"add_header_inherit" needs nginx 1.29.3; this one is 1.24.0'),
    ] == problems(text, (1, 24, 0))


@pytest.mark.parametrize(
    "text",
    [
        "load_module x.so; http { x_y_z on; }",
        "http { more_set_headers 'Server: x'; brotli on; js_import a.js; vhost_traffic_status_zone; }",
        "http { map $a $b { include x; listen 1; default 2; } types { root a; } }",
        "http { server { location / { if ($a) { proxy_pass http://b; } limit_except GET { deny all; } } } }",
        "http { gzip_types text/css\n text/plain\n application/json; }",
        "http { log_format a '$b'\n '$c'; add_header X\n 'y'; }",
        "http { server { server_name a.test\n b.test\n www\n root.test; } }",
        "http { server { location / { add_header Access-Control-Allow-Methods\n 'GET'; } } }",
        "rtmp { server { listen 1935; application live { live on; } } }",
    ],
)
def test_what_nginx_or_its_modules_take_is_left_alone(text: str) -> None:
    assert [] == [problem for problem in problems(text) if "include" not in problem[0]]


def test_a_forgotten_semicolon_is_mended_where_it_belongs() -> None:
    config = parse("http { server {\n  listen 80\n  root /x;\n} }")
    edits = config.faults[0].edits

    assert [("nginx.conf:2:12", ";")] == [(str(edit.place), edit.text) for edit in edits]
    assert ["listen", "root"] == [found.name for found in config.find("listen", "root")]


def test_files_that_belong_together_are_one_configuration() -> None:
    texts = {"nginx.conf": "http { include d/*; }", "d/a.conf": "server { }", "other.conf": "server { listen 81; }"}
    configs = load(["d/a.conf", "other.conf", "nginx.conf"], Files(texts, only_overlay=True), Options())

    assert ["nginx.conf", "other.conf"] == [config.path for config in configs]


def test_the_table_knows_what_newer_versions_know() -> None:
    assert {"http2", "http3", "early_hints", "ssl_reject_handshake", "keepalive_min_timeout"} <= set(masks())


@pytest.mark.parametrize(
    "text", ["\x00", "\ufeffhttp { }", "http {" * 10_000, "a" * 100_000, "{" * 50, "}" * 50, '"' * 9]
)
def test_no_text_raises(text: str) -> None:
    parse(text).problems.clear()


def test_a_file_that_is_none_of_nginx_is_not_guessed_at_for_ever() -> None:
    found = parse("".join(f"lissten{number} x;\n" for number in range(20_000))).problems

    assert 20_000 == len(found)
    assert "did you mean" not in found[-1][2]


def test_what_steers_a_go_template_is_no_directive() -> None:
    config = parse(
        "events { multi_accept {{ if .Many }}on{{ else }}off{{ end }}; }\n"
        "http {\n"
        "    {{ range $ip := .Blocked }}deny {{ $ip }};{{ end }}\n"
        "    geo $a {\n        {{ range $ip := .Known }}\n        {{ $ip }} 0;{{ end }}\n    }\n"
        "    {{/* a note */}}\n"
        "}\n",
        "nginx.tmpl",
    )

    assert [] == config.faults
    assert ["{{ $ip }}"] == [each.value for each in config.find("deny")]
