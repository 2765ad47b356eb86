"""Rules about headers and caching where several blocks and files play together."""

from __future__ import annotations

import json

SERVER = """
    server {{
        listen {port};
        root /srv/page;
        index index.html;
    }}
"""


def _found(run, rule: str) -> list[tuple[str, int]]:
    findings = json.loads(run.out)["findings"]
    return [(it["path"], it["line"]) for it in findings if it["rule"] == f"nginx/{rule}"]


def test_a_header_that_no_server_sends_is_reported_once(folder, lint) -> None:
    servers = "".join(SERVER.format(port=port) for port in (80, 81, 82))
    (folder / "nginx.conf").write_text(f"events {{}}\nhttp {{{servers}}}\n")

    assert [("nginx.conf", 2)] == _found(lint("nginx.conf", "--format", "json"), "no-nosniff")


def test_a_header_that_one_server_lacks_is_reported_there(folder, lint) -> None:
    good = SERVER.format(port=80).replace("root", "add_header X-Content-Type-Options nosniff always; root")
    (folder / "nginx.conf").write_text(f"events {{}}\nhttp {{{good}{SERVER.format(port=81)}}}\n")

    assert [("nginx.conf", 9)] == _found(lint("nginx.conf", "--format", "json"), "no-nosniff")


def test_headers_lost_in_a_file_that_two_servers_include_are_reported_once(folder, lint) -> None:
    server = "server { listen PORT; add_header X-Frame-Options DENY always; include site.conf; }\n"
    servers = server.replace("PORT", "80") + server.replace("PORT", "81")
    (folder / "nginx.conf").write_text(f"events {{}}\nhttp {{\n{servers}}}\n")
    (folder / "site.conf").write_text("location /a/ { root /srv; add_header X-A b; }\n")

    found = _found(lint("nginx.conf", "--format", "json"), "security-headers-dropped")

    assert [("site.conf", 1)] == found


def test_an_include_that_cannot_be_read_may_hold_what_is_missing(folder, lint) -> None:
    text = f"events {{}}\nhttp {{ include /etc/nginx/conf.d/*.conf; {SERVER.format(port=80)} }}\n"
    (folder / "nginx.conf").write_text(text)
    run = lint("nginx.conf", "--format", "json")

    for rule in ("no-nosniff", "no-frame-options", "no-content-security-policy", "server-tokens-on", "gzip-off"):
        assert [] == _found(run, rule), rule


def test_a_server_only_this_machine_reaches_needs_no_headers(folder, lint) -> None:
    text = "events {}\nhttp {" + SERVER.format(port="127.0.0.1:8081") + "}\n"
    (folder / "nginx.conf").write_text(text)

    assert [] == _found(lint("nginx.conf", "--format", "json"), "no-nosniff")


def test_mending_keeps_tabs_and_windows_line_ends(folder, lint) -> None:
    before = (
        b"location / {\r\n\tadd_header X-Frame-Options DENY;\r\n"
        b"\tlocation /a/ {\r\n\t\tadd_header X-A b; # why\r\n\t}\r\n}\r\n"
    )
    (folder / "nginx.conf").write_bytes(before)
    lint("nginx.conf", "--fix", "--unsafe-fixes")
    after = before.replace(b"DENY;", b"DENY always;").replace(
        b"add_header X-A b; # why", b"add_header X-A b;\r\n\t\tadd_header X-Frame-Options DENY always; # why"
    )

    assert after == (folder / "nginx.conf").read_bytes()
    assert [] == _found(lint("nginx.conf", "--format", "json"), "security-headers-dropped")


def test_all_missing_headers_are_added_by_one_run(folder, lint) -> None:
    text = f"events {{}}\nhttp {{\n    server_tokens off;{SERVER.format(port=80)}}}\n"
    (folder / "nginx.conf").write_text(text)
    run = lint("nginx.conf", "--fix", "--unsafe-fixes", "--preset", "strict", "--format", "json")
    found = {it["rule"] for it in json.loads(run.out)["findings"]}

    assert not {"nginx/no-nosniff", "nginx/no-frame-options", "nginx/no-referrer-policy", "nginx/gzip-off"} & found
    assert "nginx/no-content-security-policy" in found
