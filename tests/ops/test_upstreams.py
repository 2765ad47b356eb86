"""nginx names a release's containers, and reaches no service of the app tier in a way that cannot be switched."""

from __future__ import annotations

import pytest

from fairlead.ops.deploy.upstreams import UpstreamError, for_release

MAIN = """
events {}
http {
    resolver 127.0.0.11;
    upstream pool { zone pool 64k; include upstreams/*.conf; }
    include site/*.conf;
}
"""
NGINX = {"nginx.conf": MAIN, "upstreams/b.conf": "server web:8000 resolve;\n"}


def _with(text, path="site/site.conf"):
    return {**NGINX, path: text}


def _location(text):
    return f"server {{ location / {{ {text} }} }}"


def _changed(files, services=("web", "web-api"), **more):
    return for_release(files, services, "r42", **more)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("server web:8000 resolve max_fails=0;", "server web-r42:8000 resolve max_fails=0;"),
        ("server  web-api:80 resolve;", "server  web-api-r42:80 resolve;"),
        ("server web resolve;", "server web-r42 resolve;"),
        ('server "web:8000" resolve;', 'server "web-r42:8000" resolve;'),
        ("server 'web:8000'\n    resolve\n    max_conns=9;", "server 'web-r42:8000'\n    resolve\n    max_conns=9;"),
        ("server WEB:8000 resolve;", "server web-r42:8000 resolve;"),
        ("server other:1;", "server other:1;"),
        ("server webshop:1;", "server webshop:1;"),
        ("server unix:/tmp/own.sock;", "server unix:/tmp/own.sock;"),
        ("# server web:8000;\nserver web:1 resolve;", "# server web:8000;\nserver web-r42:1 resolve;"),
        ("server web:1 resolve; server web:2 resolve;", "server web-r42:1 resolve; server web-r42:2 resolve;"),
    ],
)
def test_a_server_of_an_upstream_is_named_with_the_release(before, after):
    changed = _changed({**NGINX, "upstreams/b.conf": before})

    assert {**NGINX, "upstreams/b.conf": after} == changed


def test_a_file_that_two_upstreams_include_is_changed_once():
    main = "http { upstream a { include u.conf; } upstream b { include u.conf; } }"

    assert "server web-r42:1 resolve;" == _changed({"nginx.conf": main, "u.conf": "server web:1 resolve;"})["u.conf"]


def test_a_file_that_is_included_by_its_whole_path_is_changed_too():
    main = "http { upstream a { include /etc/nginx/edge/live/u.conf; } }"

    assert "server web-r42:1 resolve;" == _changed({"nginx.conf": main, "u.conf": "server web:1 resolve;"})["u.conf"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("proxy_pass http://web:8000;", "proxy_pass http://web:8000: nginx keeps the address that web has"),
        ("proxy_pass http://web/;", "proxy_pass http://web/: nginx keeps the address that web has"),
        ("proxy_pass https://web;", "proxy_pass https://web: nginx keeps"),
        ('proxy_pass "http://web:8000";', "proxy_pass http://web:8000: nginx keeps"),
        ("proxy_pass http://Web:8000/api/;", "proxy_pass http://Web:8000/api/: nginx keeps"),
        ("proxy_pass http://pool-of-web; grpc_pass web:50051;", "grpc_pass web:50051: nginx keeps"),
        ("grpc_pass grpcs://web:50051;", "grpc_pass grpcs://web:50051: nginx keeps"),
        ("fastcgi_pass web:9000;", "fastcgi_pass web:9000: nginx keeps"),
        ("uwsgi_pass 'web:9000';", "uwsgi_pass web:9000: nginx keeps"),
        ("scgi_pass web:9000;", "scgi_pass web:9000: nginx keeps"),
        ("memcached_pass web:11211;", "memcached_pass web:11211: nginx keeps"),
        ("proxy_pass http://web:8000$request_uri;", "proxy_pass http://web:8000$request_uri: web is the name of"),
        ("proxy_pass http://web$request_uri;", "proxy_pass http://web$request_uri: web is the name of"),
        ("proxy_pass $scheme://web:80;", "proxy_pass $scheme://web:80: nginx keeps"),
        ("set $u web; proxy_pass http://$u:8000;", "set $u web: web is the name of every release of web there is"),
        ("set $u http://web:8000; proxy_pass $u;", "set $u http://web:8000: web is the name of every release"),
        ('set $u "http://web"; proxy_pass ${u}$request_uri;', "set $u http://web: web is the name"),
        ("set $a web; set $b $a; proxy_pass http://$b:80;", "set $a web: web is the name of every release"),
        ("set $a web-api; set $b http://$a:80; proxy_pass $b;", "set $a web-api: web-api is the name of every"),
    ],
)
def test_a_way_that_cannot_be_switched_is_refused(text, says):
    with pytest.raises(UpstreamError) as caught:
        _changed(_with(_location(text)))

    assert says in str(caught.value)


@pytest.mark.parametrize(
    "table",
    [
        "map $uri $u { default other:1; ~^/api web:8000; }",
        'map $uri $u { hostnames; default "web:8000"; }',
        "geo $u { default web:8000; }",
        "split_clients $remote_addr $u { 50% other:1; * web:8000; }",
        "map $uri $u { include table/*.map; }",
    ],
)
def test_a_table_that_holds_a_service_for_a_pass_is_refused(table):
    files = {**_with(f"{table}\n{_location('proxy_pass http://$u;')}"), "table/u.map": "default web:8000;"}

    with pytest.raises(UpstreamError, match="web:8000: web is the name of every release of web there is; name an up"):
        _changed(files)


def test_the_place_of_what_is_refused_is_said():
    with pytest.raises(UpstreamError) as caught:
        _changed(_with("server {\n  location / {\n    proxy_pass http://web:8000;\n  }\n}\n"))

    assert (
        "site/site.conf:3:5: proxy_pass http://web:8000: nginx keeps the address that web has when it reads this; name "
        "an upstream with `server web:PORT resolve;` instead" == str(caught.value)
    )


def test_an_upstreams_server_without_resolve_is_refused():
    with pytest.raises(UpstreamError) as caught:
        _changed({**NGINX, "upstreams/b.conf": "\nserver web:8000;"})

    assert (
        "upstreams/b.conf:2:1: server web:8000: without `resolve` nginx does not start while this release is not "
        "there; add it, and a zone and a resolver to the upstream" == str(caught.value)
    )


def test_a_file_that_nothing_includes_is_looked_at_too():
    with pytest.raises(UpstreamError, match=r"extra\.conf:1:15: proxy_pass http://web:1"):
        _changed({**NGINX, "extra.conf": "location /x { proxy_pass http://web:1; }"})


def test_a_further_name_of_a_service_is_refused_with_the_service():
    with pytest.raises(UpstreamError, match="www is a further name of web, and of all its releases; name web itself"):
        _changed({**NGINX, "upstreams/b.conf": "server www:80 resolve;"}, aliases={"www": "web"})
    with pytest.raises(UpstreamError, match="proxy_pass http://www: nginx keeps the address that www has"):
        _changed(_with(_location("proxy_pass http://www;")), aliases={"www": "web"})


@pytest.mark.parametrize("text", ["server unix:/run/app/web.sock;", "server 'unix:/run/app/web.sock' max_fails=0;"])
def test_a_socket_that_releases_would_share_is_refused(text):
    with pytest.raises(UpstreamError, match="two releases would listen at this one socket"):
        _changed({**NGINX, "upstreams/b.conf": text}, shared=["/run/app"])


def test_a_socket_in_a_pass_is_refused_too():
    with pytest.raises(UpstreamError, match="two releases would listen at this one socket"):
        _changed(_with(_location("proxy_pass http://unix:/run/app/web.sock:/;")), shared=["/run/app/"])


@pytest.mark.parametrize(
    "text",
    [
        "# proxy_pass http://web:8000;",
        "server_name web;",
        "server { server_name web web-api; }",
        _location("proxy_pass http://pool;"),
        _location("proxy_pass http://pool/web/;"),
        _location("proxy_pass http://pool/http://web:8000/;"),
        _location("proxy_pass http://webshop:80;"),
        _location("proxy_pass http://web.example.com;"),
        _location("proxy_pass http://pool; proxy_set_header Host web:8000; proxy_redirect http://web:8000/ /;"),
        _location("proxy_pass http://pool; add_header X-From web; add_header X-At http://web:8000;"),
        _location("set $section web; add_header X-Section $section; proxy_pass http://pool;"),
        _location("set $path web; proxy_pass http://pool/$path;"),
        _location("set $from http://web:8000; proxy_set_header Origin $from; proxy_pass http://pool;"),
        "map $uri $kind { default web; ~^/api web-api; }\n" + _location("proxy_pass http://pool;"),
        'map $http_origin $ok { "http://web:8000" 1; }\n' + _location("proxy_pass http://pool;"),
        "map $http_x $u { web pool; default pool; }\n" + _location("proxy_pass http://$u;"),
        _location("proxy_pass http://$host:8000;"),
        _location("proxy_pass http://pool; proxy_pass_header web;"),
        _location("rewrite ^/web/(.*)$ /web:8000/$1; root /srv/web; index web;"),
        "log_format web 'web:8000 $uri'; access_log /dev/stdout web;",
        _location("return 301 http://web:8000/;"),
    ],
)
def test_what_only_looks_like_a_service_is_left_alone(text):
    files = _with(text)

    assert text == _changed(files)["site/site.conf"]


@pytest.mark.parametrize(
    "text",
    [
        "proxy_pass http://web;",
        "proxy_pass http://web/api/;",
        "proxy_pass http://web$request_uri;",
        "set $u web; proxy_pass http://$u;",
        "fastcgi_pass web;",
    ],
)
def test_an_upstream_that_is_called_like_a_service_is_an_upstream(text):
    files = _with(f"upstream web {{ zone web 64k; server web:8000 resolve; }}\n{_location(text)}")

    assert (
        f"upstream web {{ zone web 64k; server web-r42:8000 resolve; }}\n{_location(text)}"
        == (_changed(files)["site/site.conf"])
    )


def test_a_variable_with_a_port_behind_it_is_no_upstream():
    asked = _location("set $u web; proxy_pass http://$u:80;")
    site = f"upstream web {{ zone web 64k; server web:8000 resolve; }}\n{asked}"

    with pytest.raises(UpstreamError, match=r"set \$u web: web is the name of every release"):
        _changed(_with(site))


def test_an_upstream_is_known_to_a_file_that_nothing_includes():
    main = "http { upstream web { zone web 64k; server web:1 resolve; } include /etc/nginx/edge/live/*.conf; }"
    files = {"nginx.conf": main, "page.conf": _location("proxy_pass http://web;")}

    assert files["page.conf"] == _changed(files)["page.conf"]


def test_servers_of_a_stream_are_named_with_the_release_too():
    main = "stream { upstream s { zone s 64k; server web:1 resolve; } server { listen 1; proxy_pass s; } }"

    assert "server web-r42:1 resolve" in _changed({"nginx.conf": main})["nginx.conf"]
    with pytest.raises(UpstreamError, match="proxy_pass web:1: nginx keeps"):
        _changed({"nginx.conf": main.replace("proxy_pass s;", "proxy_pass web:1;")})


def test_lines_that_end_as_on_windows_stay_as_they_are():
    text = "server web:8000 resolve;\r\nserver other:1;\r\n"

    assert text.replace("web", "web-r42") == _changed({**NGINX, "upstreams/b.conf": text})["upstreams/b.conf"]


def test_a_stack_without_app_services_is_left_as_it_is():
    assert NGINX == _changed(NGINX, services=())
