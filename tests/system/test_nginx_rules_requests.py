"""What single requests get from real nginx where a rule reports something, before and after it is mended."""

from __future__ import annotations

import re
import socket
import ssl
import subprocess
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from fairlead.tests.nginx.fastcgi import program
from fairlead.tests.nginx.served import asked, running
from fairlead.tests.nginx.site import SERVER, Site, fixed, reports


@pytest.fixture
def site(tmp_path: Path) -> Site:
    site = Site(tmp_path)
    site.write("www/a/index.html", "page")
    return site


def test_a_condition_on_the_host_does_what_a_server_of_its_own_does(site: Site) -> None:
    """Nothing goes wrong, which is why it is no more than information."""
    bad = SERVER.format("server_name a.test b.test; if ($host = a.test) { return 301 http://b.test$request_uri; }")
    good = "server {{ listen 127.0.0.1:PORT; server_name a.test; return 301 http://b.test$request_uri; }}".format()
    good += SERVER.format("server_name b.test;")
    got = []
    for text in (bad, good):
        with running(site.main(text), site.port):
            replies = [asked(site.port, "/a/?b", host=host) for host in ("a.test", "b.test")]
            got.append([(reply.status, reply.header("location")) for reply in replies])

    assert (True, False) == (reports("host-in-condition", bad), reports("host-in-condition", good))
    assert [[(301, "http://b.test/a/?b"), (200, "")]] * 2 == got


def test_the_next_location_without_a_root_finds_no_file(site: Site) -> None:
    roots = "server {{ listen 127.0.0.1:PORT; location / {{ {0} }} location /b/ {{ {0} }} location /c/ {{ {0} }} {1} }}"
    many = roots.format("root FOLDER/www;", "location /a/ { }")
    once = roots.format("", "location /a/ { } root FOLDER/www;")

    assert (True, False) == (reports("root-in-each-location", many), reports("root-in-each-location", once))
    assert [[404], [200]] == [[reply.status for reply in site.ask(text, "/a/")] for text in (many, once)]


@pytest.mark.parametrize(
    ("name", "statement", "status"),
    [
        ("temporary-tls-redirect", "return 302 https://$host$request_uri;", (302, 301)),
        ("redirect-keeps-port", "return 301 https://localhost$request_uri;", (301, 301)),
        ("rewrite-for-redirect", "rewrite ^ https://$host$request_uri? permanent;", (301, 301)),
        ("rewrite-for-redirect", "rewrite ^(.*)$ https://$host$request_uri? redirect;", (302, 302)),
    ],
)
def test_a_mended_redirect_leads_to_the_same_address(
    site: Site, name: str, statement: str, status: tuple[int, int]
) -> None:
    text = f"server {{ listen 127.0.0.1:PORT; {statement} }}"
    if name == "redirect-keeps-port":
        text = text.replace("https://localhost", "https://$http_host")
    got = [site.ask(each, "/a%20b/?c=d")[0] for each in (text, fixed(name, text))]

    assert reports(name, text.replace("127.0.0.1:PORT", "80"))
    assert list(status) == [reply.status for reply in got]
    assert ["https://localhost/a%20b/?c=d"] * 2 == [reply.header("location") for reply in got]


REFERERS = "location /a/ {{ valid_referers {}server_names; if ($invalid_referer) {{ return 403; }} }}"


@pytest.mark.parametrize(
    ("name", "bad", "good", "asked_for"),
    [
        ("folder-listing", "autoindex on;", "autoindex off;", "/ 200 403"),
        (
            "extension-not-at-end",
            r"location ~ \.php { return 402; }",
            r"location ~ \.php$ { return 402; }",
            "/a.phps/b 402 404",
        ),
        ("error-answered-with-success", "error_page 404 =200 /a/;", "error_page 404 /a/;", "/none 200 404"),
        (
            "private-folder-open",
            "location /protected/ { alias FOLDER/www/a/; }",
            "location /protected/ { internal; alias FOLDER/www/a/; }",
            "/protected/index.html 200 404",
        ),
        ("referer-none-allowed", REFERERS.format("none "), REFERERS.format(""), "/a/ 200 403"),
        (
            "status-page-open",
            "location /status { stub_status; }",
            "location /status { stub_status; allow 10.1.1.1; deny all; }",
            "/status 200 403",
        ),
    ],
)
def test_the_fault_decides_who_gets_what(site: Site, name: str, bad: str, good: str, asked_for: str) -> None:
    uri, *statuses = asked_for.split()
    texts = [SERVER.format(text) for text in (bad, good)]

    assert [True, False] == [reports(name, text.replace("127.0.0.1:PORT", "80")) for text in texts]
    assert statuses == [str(site.ask(text, uri)[0].status) for text in texts]


def test_a_page_for_errors_is_asked_of_the_back_end_that_is_gone(site: Site) -> None:
    site.write("www/50x.html", "sorry")
    http = SERVER.format("error_page 502 504 /50x.html; location / { proxy_pass http://127.0.0.1:BACK; }")
    apart = http.replace("location / {", "location = /50x.html { } location / {")

    assert (True, False) == (reports("error-page-from-back-end", http), reports("error-page-from-back-end", apart))
    assert [False, True] == [site.ask(text, "/")[0].body == "sorry" for text in (http, apart)]


@pytest.mark.parametrize(
    ("location", "uri"),
    [
        ("location /out { return 302 $arg_to; }", "/out?to=https://attacker.test/"),
        ("location ~ ^/go/(.*)$ { return 302 https://$1; }", "/go/attacker.test/"),
        ("rewrite ^/out/(.+)$ https://$1 redirect;", "/out/attacker.test/"),
    ],
)
def test_a_link_to_this_site_leads_to_another(site: Site, location: str, uri: str) -> None:
    assert reports("redirect-to-any-site", SERVER.format(location))
    assert "https://attacker.test/" == site.ask(SERVER.format(location), uri)[0].header("location")


def test_a_root_with_the_path_is_one_folder_too_deep(site: Site) -> None:
    http = SERVER.format("location /a/ { root FOLDER/www/a; }")

    assert reports("root-doubles-path", http)
    assert [[404], [200]] == [
        [reply.status for reply in site.ask(text, "/a/")] for text in (http, fixed("root-doubles-path", http))
    ]


@pytest.mark.parametrize("name", ["http://a.test", "a.test,", "'a.test b.test'", "a.test:80"])
def test_no_request_is_for_a_name_with_more_than_the_name(site: Site, name: str) -> None:
    other = "server { listen 127.0.0.1:PORT; return 404; }"
    http = f"{other} server {{ listen 127.0.0.1:PORT; server_name {name}; return 204; }}"
    got = []
    for text in (http, fixed("name-never-asked-for", http)):
        with running(site.main(text), site.port):
            got.append(asked(site.port, "/", host="a.test").status)

    assert reports("name-never-asked-for", http)
    assert [404, 204] == got


def test_headers_go_one_way(site: Site) -> None:
    back = 'server { listen 127.0.0.1:BACK; return 200 "$http_x_frame_options,$http_x_real_ip"; }'
    head = "proxy_set_header X-Frame-Options DENY; add_header X-Real-IP $remote_addr;"
    http = SERVER.format(f"location / {{ {head} proxy_pass http://127.0.0.1:BACK; }}")
    reply = site.ask(http + back, "/")[0]

    assert reports("answer-header-to-back-end", http)
    assert reports("request-header-to-browser", http)
    assert ("DENY,", "", "127.0.0.1") == (reply.body, reply.header("x-frame-options"), reply.header("x-real-ip"))


def test_an_expression_that_minds_capitals_takes_programs_from_one_that_does_not(site: Site) -> None:
    run, closed = "location ~ \\.php$ { return 402; }", "location ~* ^/uploads/.*\\.php$ { return 403; }"

    assert reports("unreachable-location", SERVER.format(run + closed))
    assert [402, 403] == [
        reply.status for reply in site.ask(SERVER.format(run + closed), "/uploads/a.php", "/uploads/a.PHP")
    ]
    assert not reports("unreachable-location", SERVER.format(closed + run))
    assert [403] == [reply.status for reply in site.ask(SERVER.format(closed + run), "/uploads/a.php")]


def test_a_body_of_any_size_is_taken(site: Site) -> None:
    got = []
    for text in (SERVER.format(f"client_max_body_size {most};") for most in ("0", "1k")):
        with running(site.main(text), site.port):
            status = asked(site.port, "/a/", headers={"Content-Length": "2000"}).status
        got.append((reports("body-without-limit", text), status))

    assert [(True, 200), (False, 413)] == got


def test_an_expression_for_one_path_answers_as_the_path_does(site: Site) -> None:
    http = SERVER.format(r"location ~ ^/robots\.txt$ { return 402; }")
    uris = ("/robots.txt", "/robotsxtxt", "/robots.txt/", "/a/robots.txt", "/robots.txt?a")

    assert reports("expression-for-one-path", http)
    assert [[402, 404, 404, 404, 402]] * 2 == [
        [reply.status for reply in site.ask(text, *uris)] for text in (http, fixed("expression-for-one-path", http))
    ]


def test_assets_have_a_lifetime_once_they_are_given_one(site: Site) -> None:
    site.write("www/assets/app-1a2b3c4d.js", "1")
    http = SERVER.format("location /assets/ { }")

    assert reports("assets-without-lifetime", http)
    assert ["", "max-age=31536000"] == [
        site.ask(text, "/assets/app-1a2b3c4d.js")[0].header("cache-control")
        for text in (http, fixed("assets-without-lifetime", http))
    ]


def test_a_connection_ends_after_few_requests(site: Site) -> None:
    http = SERVER.format("keepalive_requests 1;")

    assert reports("few-keepalive-requests", http)
    assert ["close", "keep-alive"] == [
        site.ask(text, "/a/")[0].header("connection") for text in (http, fixed("few-keepalive-requests", http))
    ]


def test_gzip_makes_short_answers_longer(site: Site) -> None:
    http = SERVER.format("gzip on; gzip_types text/plain; gzip_min_length 1; return 200 short;")
    sizes = []
    for text in (http, fixed("gzip-min-length-low", http)):
        with running(site.main(text), site.port):
            sizes.append(len(asked(site.port, "/", headers={"Accept-Encoding": "gzip"}).body))

    assert reports("gzip-min-length-low", http)
    assert sizes[0] > sizes[1] == 5


def test_a_value_without_default_is_empty(site: Site) -> None:
    head, tail = "map $uri $kind { /a one; ", "} server { listen 127.0.0.1:PORT; return 200 [$kind]; }"

    assert (True, False) == (
        reports("map-without-default", head + tail),
        reports("map-without-default", f"{head} default other; {tail}"),
    )
    assert ["[one]", "[]"] == [reply.body for reply in site.ask(head + tail, "/a", "/b")]


@pytest.mark.parametrize(
    ("origin", "pattern", "is_let_in"),
    [
        ("https://shop.example.attacker.test", r"^https://shop\.example", True),
        ("https://attackershop.example", r"shop\.example$", True),
        ("https://shopxexample", r"^https://shop.example$", True),
        ("https://shop.example.attacker.test", r"^https://shop\.example$", False),
    ],
)
def test_a_weak_pattern_lets_strangers_read_answers(site: Site, origin: str, pattern: str, is_let_in: bool) -> None:
    http = SERVER.format(
        f'location / {{ if ($http_origin ~ "{pattern}") {{ add_header Access-Control-Allow-Origin $http_origin; }} }}'
    )
    with running(site.main(http), site.port):
        allowed = asked(site.port, "/a/", headers={"Origin": origin}).header("access-control-allow-origin")

    assert (is_let_in, is_let_in) == (allowed == origin, reports("origin-pattern-weak", http))


def test_credentials_go_to_whoever_asks(site: Site) -> None:
    http = SERVER.format(
        """location / {
            add_header Access-Control-Allow-Origin $http_origin;
            add_header Access-Control-Allow-Credentials true;
        }"""
    )
    with running(site.main(http), site.port):
        reply = asked(site.port, "/a/", headers={"Origin": "https://attacker.test"})

    assert reports("cors-credentials-for-all", http)
    assert ("https://attacker.test", "true") == (
        reply.header("access-control-allow-origin"),
        reply.header("access-control-allow-credentials"),
    )


@pytest.mark.parametrize(("key", "statuses"), [("$http_x_forwarded_for", [200, 200]), ("$remote_addr", [200, 503])])
def test_a_limit_by_a_header_holds_for_nobody_who_changes_it(site: Site, key: str, statuses: list[int]) -> None:
    http = f"limit_req_zone {key} zone=each:1m rate=1r/m; {SERVER.format('limit_req zone=each;')}"
    with running(site.main(http), site.port):
        got = [asked(site.port, "/a/", headers={"X-Forwarded-For": f"10.0.0.{n}"}).status for n in (1, 2)]

    assert (503 not in statuses) is reports("limit-by-client-header", http)
    assert statuses == got


def test_a_limit_that_is_never_applied_limits_nobody(site: Site) -> None:
    http = f"limit_req_zone $remote_addr zone=each:1m rate=1r/m; {SERVER.format('')}"
    applied = http.replace("root", "limit_req zone=each; root")

    assert (True, False) == tuple(
        reports("limit-never-applied", f"events {{}} http {{ {text} }}") for text in (http, applied)
    )
    assert [200, 200] == [reply.status for reply in site.ask(http, "/a/", "/a/")]
    assert [200, 503] == [reply.status for reply in site.ask(applied, "/a/", "/a/")]


def test_what_a_burst_allows_is_held_back(site: Site) -> None:
    zone = "limit_req_zone $remote_addr zone=each:1m rate=20r/s; limit_req_status 429; "
    http = zone + SERVER.format("limit_req zone=each burst=9; add_header X-Limit $limit_req_status;")
    at_once = http.replace("burst=9", "burst=9 nodelay")

    assert (True, False) == (reports("burst-with-delay", http), reports("burst-with-delay", at_once))
    assert {"DELAYED"} == {reply.header("x-limit") for reply in site.ask(http, *["/a/"] * 3)[1:]}
    assert {"PASSED"} == {reply.header("x-limit") for reply in site.ask(at_once, *["/a/"] * 3)}


def test_nobody_is_believed_until_it_is_said_who(site: Site) -> None:
    http = "server { listen 127.0.0.1:PORT; real_ip_header X-Forwarded-For; return 200 $remote_addr; }"
    said = http.replace("real_ip_header", "set_real_ip_from 127.0.0.1; real_ip_header")
    got = []
    for text in (http, said):
        with running(site.main(text), site.port):
            got.append(asked(site.port, "/", headers={"X-Forwarded-For": "10.1.2.3"}).body)

    assert (True, False) == tuple(
        reports("real-ip-from-nobody", f"events {{}} http {{ {text} }}") for text in (http, said)
    )
    assert ["127.0.0.1", "10.1.2.3"] == got


def test_logs_hold_what_opens_the_door(site: Site) -> None:
    http = "log_format full '$http_authorization'; " + SERVER.format("access_log FOLDER/a.log full;")
    with running(site.main(http), site.port):
        asked(site.port, "/a/", headers={"Authorization": "Basic Ym9iOmE="})

    assert reports("secret-in-log", http)
    assert "Basic Ym9iOmE=\n" == (site.folder / "a.log").read_text()


def test_a_log_of_all_that_happens_holds_it_too(site: Site) -> None:
    http = f"error_log FOLDER/debug.log debug; {SERVER.format('')}"
    with running(site.main(http), site.port):
        asked(site.port, "/a/", headers={"Authorization": "Basic Ym9iOmE="})

    assert reports("error-log-debug", http)
    assert "Basic Ym9iOmE=" in (site.folder / "debug.log").read_text()


def test_a_relative_path_is_in_the_folder_nginx_was_built_for(site: Site) -> None:
    http = SERVER.format("access_log here.log;")
    site.ask(http, "/a/")

    assert reports("log-path-relative", http)
    assert (site.folder / "here.log").exists()


@pytest.mark.parametrize("statement", ["access_log off;", "access_log FOLDER/a.log;"])
def test_nobody_knows_who_was_there_without_a_log(site: Site, statement: str) -> None:
    site.ask(SERVER.format(statement), "/a/")

    assert ("off" in statement) is reports("access-log-off", f"events {{}} http {{ {statement} }}")
    assert ("off" in statement) is not (site.folder / "a.log").exists()


def test_php_is_told_to_run_what_was_uploaded(site: Site) -> None:
    site.write("www/up.jpg", "GIF89a <?php")
    php = """location ~ \\.php$ {{
        {}
        fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;
        fastcgi_pass 127.0.0.1:BACK;
    }}"""
    bad, good = (SERVER.format(php.format(tries)) for tries in ("", "try_files $uri =404;"))
    with program() as site.back:
        replies = [site.ask(text, "/up.jpg/a.php")[0] for text in (bad, good)]

    assert (True, False) == (reports("php-runs-any-file", bad), reports("php-runs-any-file", good))
    assert [200, 404] == [reply.status for reply in replies]
    assert "/www/up.jpg/a.php\n" in replies[0].body


def test_a_program_without_parameters_knows_nothing_of_the_request(site: Site) -> None:
    http = SERVER.format("location / { fastcgi_pass 127.0.0.1:BACK; }")
    with program() as site.back:
        body = site.ask(http, "/a/")[0].body

    assert reports("parameters-missing", http)
    assert "REQUEST" not in body


@pytest.mark.parametrize(
    ("name", "value", "asks"),
    [("upgrade-for-every-request", "upgrade", ""), ("upgrade-of-any-kind", "$http_connection", "h2c")],
)  # fmt: skip
def test_the_back_end_is_asked_for_an_upgrade_that_nobody_wanted(site: Site, name: str, value: str, asks: str) -> None:
    path = "/" if name == "upgrade-for-every-request" else "/ws/"
    http = f"""server {{
        listen 127.0.0.1:PORT;
        location {path} {{
            proxy_http_version 1.1;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection {value};
            proxy_pass http://127.0.0.1:BACK;
        }}
    }}
    server {{ listen 127.0.0.1:BACK; return 200 "$http_connection,$http_upgrade"; }}"""
    headers = {"Upgrade": asks, "Connection": "Upgrade, HTTP2-Settings"} if asks else {}
    with running(site.main(http), site.port):
        body = asked(site.port, path, headers=headers).body

    assert reports(name, http)
    assert (f"Upgrade, HTTP2-Settings,{asks}" if asks else "upgrade,") == body


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a certificate for a.test and its key, made for the test."""
    folder = tmp_path_factory.mktemp("tls")
    files = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")]
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=a.test", *files]
    subprocess.run([*command, "-addext", "subjectAltName=DNS:a.test"], capture_output=True, check=True)
    return folder


def tls(port: str, certificate: Path, rest: str) -> str:
    """A server on *port* that speaks TLS."""
    files = f"ssl_certificate {certificate}/cert.pem; ssl_certificate_key {certificate}/key.pem;"
    return f"server {{ listen 127.0.0.1:{port} ssl; {files} {rest} }}"


def test_an_unverified_back_end_may_be_anybody(site: Site, certificate: Path) -> None:
    back = tls("BACK", certificate, 'return 200 "[$ssl_server_name]";')
    proxy = "location / {{ proxy_ssl_name {0}; {1} proxy_pass https://127.0.0.1:BACK; }}"
    verified = f"proxy_ssl_verify on; proxy_ssl_trusted_certificate {certificate}/cert.pem;"
    texts = [
        SERVER.format(proxy.format(name, more)) + back
        for name, more in (("b.test", ""), ("b.test", verified), ("a.test", f"{verified} proxy_ssl_server_name on;"))
    ]
    replies = [site.ask(text, "/")[0] for text in texts]

    assert [True, False, False] == [
        reports("upstream-unverified", text.replace("127.0.0.1:BACK", "b.test")) for text in texts
    ]
    assert [200, 502, 200] == [reply.status for reply in replies]
    assert ["[]", "[a.test]"] == [replies[0].body, replies[2].body]


WITH_NULL = "ECDHE-RSA-NULL-SHA:ECDHE-RSA-AES128-GCM-SHA256@SECLEVEL=0"
GOOD = "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-AES128-GCM-SHA256"
TURNED = "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384"
OLD = "ssl_protocols TLSv1.1 TLSv1.2; ssl_ciphers DEFAULT@SECLEVEL=0;"


@pytest.mark.parametrize(
    ("name", "statements", "handshakes"),
    [
        ("old-tls-protocol", OLD, "TLSv1.1 TLSv1.1 none"),
        ("weak-cipher", f"ssl_ciphers {WITH_NULL};", "NULL@SECLEVEL=0 ECDHE-RSA-NULL-SHA none"),
        ("cipher-outside-policy", f"ssl_ciphers AES128-SHA:{GOOD};", "AES128-SHA AES128-SHA none"),
        (
            "server-chooses-cipher",
            f"ssl_ciphers {GOOD}; ssl_prefer_server_ciphers on;",
            f"{TURNED} {GOOD.replace(':', ' ')}",
        ),
    ],
)
def test_a_handshake_agrees_on_what_the_fault_allows(
    site: Site, certificate: Path, name: str, statements: str, handshakes: str
) -> None:
    offered, *agreed = handshakes.split()
    http = tls("PORT", certificate, statements)
    got = []
    for text in (http, fixed(name, http)):
        with running(site.main(text), site.port):
            got.append(_agreed(site.port, offered))

    assert reports(name, http)
    assert agreed == got


def _agreed(port: int, offered: str) -> str:
    """The cipher, or for a version that version; "none" where the handshake fails."""
    words = ["-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"] if offered == "TLSv1.1" else ["-tls1_2", "-cipher", offered]
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", *words]
    said = subprocess.run(command, input="", capture_output=True, text=True, check=False).stdout
    found = re.search(r"^New, (\S+), Cipher is (\S+)$", said, re.MULTILINE)
    if found is None or found[2] == "(NONE)":
        return "none"
    protocol = re.search(r"Protocol *: (\S+)", said)
    return protocol[1] if protocol and offered == "TLSv1.1" else found[2]


def test_a_redirect_out_of_tls_is_mended_into_one_that_stays(site: Site, certificate: Path) -> None:
    http = tls("PORT", certificate, "location / { return 301 http://$host/new; }")
    got = []
    for text in (http, fixed("redirect-out-of-tls", http)):
        with running(site.main(text), site.port):
            context = ssl.create_default_context(cafile=str(certificate / "cert.pem"))
            with context.wrap_socket(
                socket.create_connection(("127.0.0.1", site.port)), server_hostname="a.test"
            ) as it:
                it.sendall(b"GET / HTTP/1.0\r\nHost: a.test\r\n\r\n")
                got.append(next(line for line in it.recv(9999).decode().split("\r\n") if line.startswith("Location")))

    assert reports("redirect-out-of-tls", http)
    assert ["Location: http://a.test/new", "Location: https://a.test/new"] == got


def test_the_size_of_an_answer_tells_a_secret_in_it(site: Site, certificate: Path) -> None:
    secret = "csrf=Zk7xQ2mW9vB4tR8p"
    back = f'server {{ listen 127.0.0.1:BACK; gzip off; return 200 "{secret} you asked for $arg_q"; }}'
    proxy = "gzip on; location / { gzip_min_length 1; gzip_types text/plain; proxy_pass http://127.0.0.1:BACK; }"
    with running(site.main(SERVER.format(proxy) + back), site.port):
        sizes = [
            len(asked(site.port, f"/?q=csrf={guess}", headers={"Accept-Encoding": "gzip"}).body)
            for guess in ("Zk7xQ2mW9vB4tR8p", "0q1w2e3r4t5z6u7i")
        ]

    cookie = "proxy_cookie_flags ~ secure; proxy_pass"
    assert reports("gzip-of-secrets", tls("443", certificate, proxy.replace("proxy_pass", cookie)))
    assert sizes[0] < sizes[1]


@pytest.mark.parametrize(
    ("name", "statements"),
    [
        ("newer-directive", "http2 on;"),
        ("newer-directive", "add_header_inherit merge;"),
        ("removed-directive", "ssl off;"),
        ("directive-twice", "root a; root b;"),
        ("directive-twice", "location / { proxy_buffering on; proxy_buffering on; }"),
    ],
)
def test_this_nginx_refuses_what_is_reported_for_its_version(site: Site, name: str, statements: str) -> None:
    http = f"server {{ listen 127.0.0.1:PORT; {statements} }}"

    assert reports(name, http) is bool(site.refusal(http))


def test_a_stream_waits_until_a_buffer_is_full(site: Site) -> None:
    """The back end sends one piece and waits; what comes after it through the same nginx overtakes it."""
    proxy = "location /api/events/ {{ {} proxy_pass http://127.0.0.1:BACK; }} location /other {{ return 204; }}"
    held, sent = (SERVER.format(proxy.format(each)) for each in ("", "proxy_buffering off;"))
    events = ThreadingHTTPServer(("127.0.0.1", site.back), Events)
    Thread(target=events.serve_forever, daemon=True).start()
    pieces = []
    for text in (held, sent):
        with running(site.main(text), site.port), socket.create_connection(("127.0.0.1", site.port)) as client:
            client.settimeout(1 if text is held else 20)
            client.sendall(b"GET /api/events/ HTTP/1.1\r\nHost: a\r\n\r\n")
            pieces.append(_piece(client))
    events.shutdown()
    events.server_close()

    assert (True, False) == (reports("stream-held-back", held), reports("stream-held-back", sent))
    assert [False, True] == [b"data: one" in piece for piece in pieces]


def _piece(client: socket.socket) -> bytes:
    said = b""
    try:
        while b"data: one" not in said:
            said += client.recv(1000)
    except TimeoutError:
        pass
    return said


class Events(BaseHTTPRequestHandler):
    """Sends one event and waits for its client to go."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        self.wfile.write(b"data: one\n\n")
        self.rfile.read(1)

    def log_message(self, *_: object) -> None:
        """Says nothing."""
