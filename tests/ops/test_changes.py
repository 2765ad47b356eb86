"""What a release changes, said without a value of a variable and without the names of releases."""

from __future__ import annotations

import copy
import json

from fairlead.ops.deploy.changes import Names, behaviour, differing, same_model, variables

NGINX = """
worker_processes auto;
events {}
http {
    include upstreams/*.conf;
    server {
        listen 80;
        server_name example.com;
        location / { proxy_pass http://web; }
        location /assets/ { add_header X-Frame-Options DENY; root /srv; }
    }
}
"""
UPSTREAM = "upstream web { zone web 64k; server web-r4:80 resolve; }\n"
MODEL = {
    "name": "shop-r4",
    "services": {
        "web": {
            "image": "shop/web:r4",
            "command": ["serve", "--cache=10m"],
            "environment": {"LOG_LEVEL": "info", "TOKEN": "hunter2-hunter2", "OLD": "1"},
            "labels": {"fairlead.release": "r4"},
            "networks": {"front": {"aliases": ["web-r4"]}},
        }
    },
}


def _texts(model=MODEL, nginx=NGINX, upstream=UPSTREAM):
    return {"compose.yaml": json.dumps(model), "nginx/nginx.conf": nginx, "nginx/upstreams/web.conf": upstream}


def _next(**web):
    model = copy.deepcopy(MODEL)
    model["services"]["web"] |= {"image": "shop/web:r5", "labels": {"fairlead.release": "r5"}, **web}
    model["services"]["web"]["networks"]["front"]["aliases"] = ["web-r5"]
    return model | {"name": "shop-r5"}


def _changed(after):
    return behaviour(_texts(), after, ("r4", "r5"))


def test_a_release_that_differs_in_its_name_alone_changes_no_behaviour():
    assert () == _changed(_texts(_next(), upstream=UPSTREAM.replace("r4", "r5")))
    assert same_model(MODEL, _next(), ("r4", "r5"))
    assert not same_model(MODEL, _next(command=["other"]), ("r4", "r5"))
    assert not same_model(MODEL, _next(), ("r4",))


def test_nginx_and_services_are_told_in_the_words_of_diff():
    told = _changed(
        _texts(_next(command=["serve", "--cache=20m"]), NGINX.replace("add_header X-Frame-Options DENY; ", ""))
    )

    assert ("nginx: example.com on 80 /assets/ loses X-Frame-Options",) == told[:1]
    assert ("services: web: command serve --cache=20m, before serve --cache=10m",) == told[1:]


def test_variables_are_told_by_their_names_alone():
    after = _next(environment={"LOG_LEVEL": "debug", "TOKEN": "other-other-other", "NEW": "x"})

    assert {"web": Names(("NEW",), ("OLD",), ("LOG_LEVEL", "TOKEN"))} == variables(MODEL, after)
    assert "+NEW, -OLD, ~LOG_LEVEL, ~TOKEN" == str(variables(MODEL, after)["web"])
    assert () == _changed(_texts(after))


def test_a_service_that_is_new_is_told_once():
    after = _next()
    after["services"]["queue"] = {"image": "shop/web:r5", "environment": {"A": "b"}, "network_mode": "none"}

    assert ("services: queue is new",) == _changed(_texts(after))
    assert {} == variables(MODEL, after)


def test_what_differs_is_what_came_went_or_has_another_value():
    assert Names(("c",), ("a",), ("b",)) == differing({"a": 1, "b": 1, "d": 1}, {"b": 2, "c": 1, "d": 1})
    assert not differing({"a": 1}, {"a": 1})
