"""Why a change of a directive or a key may go unseen by every check of behaviour: by one of its kind, or by name."""

from __future__ import annotations

from .machine import Change

CAPACITY = "how much at a time, which nobody notices before there is more"
PATIENCE = "how long somebody who is slow is waited for, which takes as long to see"
SPEED = "how fast, not what: the answers are the same"
DEFAULT = "nginx of this version does the same by itself"
ITSELF = "the promise goes with it: what nginx runs with is what the answers are held to"
RELOADS = "only matters while nginx reloads: the tests of deploys count lost requests"
HEALTH = "the engine's own health check sees it after three tries, and then CT3"
TYPES = "no file that the site has is of such a type, or its location names its own"
API_LENGTH = "files are compressed beforehand; of the API only answers to who is logged in are long enough"
BODY_ALONE = "the status is the same without its text"
UPGRADES = "no route of this stack takes WebSockets; ST2 asks where doctor.websocket names one"
TWIN = "the frame is forbidden twice, and one is enough: frame-ancestors of the policy"

EDGE: dict[str, str] = {
    "worker_processes": CAPACITY,
    "worker_rlimit_nofile": CAPACITY,
    "worker_connections": CAPACITY,
    "worker_shutdown_timeout": RELOADS,
    "keepalive_min_timeout": RELOADS,
    "error_log": "its own default leads to the same log; one level more or less says nothing to who visits",
    "ssl_protocols": DEFAULT,
    "ssl_ecdh_curve": DEFAULT,
    "ssl_prefer_server_ciphers": "both sides' lists hold the same strong ciphers; who chooses makes none of them weak",
    "ssl_session_timeout": "how long a session may be taken up again; each one still is",
    "server_names_hash_bucket_size": "only names that are longer need it, and nginx refuses to start then",
    "default_type": TYPES,
    "charset": "the page says its own, and scripts are served with theirs by the front end",
    "sendfile": SPEED,
    "tcp_nopush": SPEED,
    "access_log": "nginx's own default leads to the same log, so requests are still found there",
    "log_format": "nginx's own format holds path and agent too",
    "client_header_timeout": PATIENCE + "; ST5 holds nginx to whatever it promises",
    "client_body_timeout": PATIENCE,
    "send_timeout": PATIENCE,
    "keepalive_timeout": PATIENCE,
    "keepalive_requests": CAPACITY,
    "reset_timedout_connection": "how a connection is closed to who does not listen any more",
    "client_max_body_size": ITSELF + " (ST3, ST6)",
    "large_client_header_buffers": CAPACITY,
    "gzip": API_LENGTH,
    "gzip_comp_level": SPEED,
    "gzip_min_length": API_LENGTH,
    "gzip_proxied": API_LENGTH,
    "gzip_types": API_LENGTH,
    "open_file_cache": SPEED,
    "open_file_cache_valid": SPEED,
    "open_file_cache_min_uses": SPEED,
    "resolver": "the names of the stack have IPv4 addresses alone",
    "resolver_timeout": PATIENCE,
    "keepalive": SPEED,
    "server backend:7860 resolve max_fails=0": "only one replica: there is nobody else to turn to",
    "server frontend:8090 resolve max_fails=0": "only one replica: there is nobody else to turn to",
    "default upgrade": UPGRADES,
    " deleted": UPGRADES,
}
COMPOSE: dict[str, str] = {
    "healthcheck": "how often the engine asks; what it finds is CT3's",
    "logging": "json-file is the engine's own default, and size and number are CT6's",
    "networks": "the network itself is CT14's; further keys of it are the default",
}


def reason(change: Change) -> str:
    """The reason for *change*; empty where there is none, which is a fault of verify."""
    known = EDGE if change.kind == "edge" else COMPOSE
    said = change.shown.partition(" ")[2]
    return next((known[key] for key in (f"{said} {change.what}", said, change.name) if key in known), "")
