"""Why a change of a directive or a key may go unseen by every check of behaviour: by one of its kind, or by name."""

from __future__ import annotations

from .machine import Change

CAPACITY = "how much at a time, which nobody notices before there is more"
PATIENCE = "how long somebody who is slow is waited for, which takes as long to see"
SPEED = "how fast, not what: the answers are the same"
DEFAULT = "nginx does the same by itself"
ITSELF = "the promise goes with it: what nginx runs with is what the answers are held to"
RELOADS = "only matters while nginx reloads: the tests of deploys count lost requests"
HEALTH = "only the engine asks there: its health check fails after three tries, which CT3 then sees"
TYPES = "no file that the site has is of such a type, or what answers names its own"
LOGGED = "nginx's own default leads to the same log, so requests are still found there"
API_LENGTH = "files are compressed beforehand; of the API only answers to who is logged in are long enough"
AWAY = "only seen while the back end is away"
UPGRADES = "no route of this stack takes WebSockets; ST2 asks where doctor.websocket names one"
TWICE = "the visitor is told twice, and the application takes either"
STRANGERS = "a name that is not ours finds no other server to answer it, and is still turned away (RD7)"
QUIC = "seen only by a client that speaks QUIC to its end; ST8 asks its first question"
INTERNAL = "nobody can ask for a name with @ in front"
ON_DEMAND = "the front end has the same files, and answers for them; CA11 asks for those of earlier releases"
HOST = "the application reads Host, which says the same"
BUFFERED = "the application asks for the same by X-Accel-Buffering, under /api/ too"
BODY_ALONE = "the status is the same without its text"
ELSEWHERE = "only for files that the volume has not, which it has for every release that is kept"
OPEN = "it closes the site or lets people through, and holds nothing while the site is open"
IMAGE = "the image says the same by itself"

EDGE: dict[str, str] = {
    "worker_processes": CAPACITY,
    "worker_rlimit_nofile": CAPACITY,
    "worker_connections": CAPACITY,
    "worker_shutdown_timeout": RELOADS,
    "keepalive_min_timeout": RELOADS,
    "error_log": "its own default leads to the same log; one level more or less says nothing to who visits",
    "ssl_protocols": DEFAULT,
    "ssl_ecdh_curve": DEFAULT,
    "ssl_prefer_server_ciphers": "both lists hold strong ciphers alone; who chooses makes none of them weak",
    "ssl_session_timeout": "how long a session may be taken up again; each one still is",
    "server_names_hash_bucket_size": "only longer names need it, and nginx refuses to start then",
    "http3 on deleted": DEFAULT,
    "default_type application/octet-stream": TYPES,
    "charset": "the page says its own, and scripts are served with theirs by the front end",
    "sendfile": SPEED,
    "tcp_nopush": SPEED,
    "access_log": LOGGED,
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
    "gzip_static": "the same files are compressed on demand",
    "open_file_cache": SPEED,
    "open_file_cache_valid": SPEED,
    "open_file_cache_min_uses": SPEED,
    "resolver": "the names of the stack have IPv4 addresses alone",
    "resolver_timeout": PATIENCE,
    "keepalive": SPEED,
    "server backend:7860 resolve max_fails=0": "with one replica there is nobody else to turn to",
    "server frontend:8090 resolve max_fails=0": "with one replica there is nobody else to turn to",
    "default upgrade": UPGRADES,
    "": UPGRADES,
    "proxy_set_header Upgrade $http_upgrade": UPGRADES,
    "proxy_set_header Connection $connection_upgrade": UPGRADES,
    "server (127.0.0.1:8081)": HEALTH,
    "listen 127.0.0.1:8081": HEALTH,
    "location = /healthz (127.0.0.1:8081)": HEALTH,
    "return 200 ok (= /healthz, 127.0.0.1:8081)": HEALTH,
    "default_type text/plain (= /healthz, 127.0.0.1:8081)": HEALTH,
    "access_log off (127.0.0.1:8081)": "the log grows by a line for each health check",
    "location = /nginx_status (127.0.0.1:8081)": "for people alone, from inside the container",
    "stub_status": "for people alone, from inside the container",
    "location / (127.0.0.1:8081)": "reached from inside the container alone",
    "return 404 (/, 127.0.0.1:8081)": "reached from inside the container alone",
    "server (80 default_server)": STRANGERS,
    "listen 80 default_server": STRANGERS,
    "server_name _ (80 default_server)": "the name of a server that answers for all others is only a sign",
    "server_name _ (443 ssl default_server)": "the name of a server that answers for all others is only a sign",
    "server_name _ (8090 default_server)": "the name of a server that answers for all others is only a sign",
    "return 444 (80 default_server)": STRANGERS,
    "return 421 (443 ssl default_server)": STRANGERS,
    "listen 443 ssl default_server without default_server": STRANGERS,
    "listen 443 quic default_server reuseport": QUIC,
    "server (8090 default_server)": "published on this machine's loopback alone; RD7 asks at the site's own ports",
    "listen 8090 default_server": "published on this machine's loopback alone; RD7 asks at the site's own ports",
    "return 444 (8090 default_server)": "published on this machine's loopback alone; RD7 asks at the site's own ports",
    "default_type text/plain (^~ /.well-known/acme-challenge/, 80)": "a CA reads a challenge whatever its type",
    "try_files $uri =404 (^~ /.well-known/acme-challenge/, 80)": DEFAULT,
    "include snippets/acme.conf (443 ssl)": "challenges are asked for over plain HTTP, where RN5 asks",
    "include site/visitors.conf": OPEN,
    "include site/maintenance.conf (443 ssl)": OPEN,
    "add_header X-XSS-Protection 0 always deleted": "no browser of today reads it",
    "proxy_http_version": DEFAULT,
    "proxy_set_header X-Real-IP $remote_addr deleted": TWICE,
    "proxy_set_header X-Forwarded-For $remote_addr": TWICE,
    "proxy_set_header X-Forwarded-Proto $scheme": "the application reads no scheme: its cookies are always Secure",
    "proxy_set_header X-Forwarded-Host $host$is_request_port$request_port": HOST,
    "proxy_connect_timeout": PATIENCE,
    "proxy_send_timeout": PATIENCE,
    "proxy_read_timeout": PATIENCE,
    "proxy_next_upstream": AWAY,
    "proxy_hide_header": "the application sends no such header; HD10 looks for it",
    "error_page": ITSELF + "; that of 413 is ST3's, the others are " + AWAY,
    "location ~ ^/api/conversations/[^/]+/messages$ (443 ssl)": BUFFERED,
    "proxy_buffering": BUFFERED,
    "root /srv (/assets/, 443 ssl)": ON_DEMAND,
    "location /assets/ (443 ssl)": ON_DEMAND,
    "try_files $uri @frontend (/assets/, 443 ssl)": ELSEWHERE,
    "location @frontend (443 ssl)": ELSEWHERE,
    "proxy_pass http://frontend": ELSEWHERE,
    "location ~ /\\. (443 ssl)": "the front end has no such file either; EX1 asks for them",
    "return 404 (~ /\\., 443 ssl)": "the front end has no such file either; EX1 asks for them",
    "internal": INTERNAL,
    "return 413": BODY_ALONE,
    "return 429": BODY_ALONE,
    "return 503": AWAY,
    "include /etc/nginx/tls/live/hsts.conf (443 ssl)": "empty beside a placeholder; HD1 asks beside a certificate",
    "server_name localhost 127.0.0.1 (8090)": "fairlead.yaml names the page by the first of the two (AP13)",
    "location @unavailable (443 ssl)": AWAY,
    "default_type application/json (@unavailable, 443 ssl)": AWAY,
    "location @too_many (443 ssl)": ITSELF,
    "default_type application/json (@too_large, 443 ssl)": ITSELF,
    "default_type application/json (@too_many, 443 ssl)": ITSELF,
}
COMPOSE: dict[str, str] = {
    "healthcheck": IMAGE,
    "user": IMAGE,
    "stop_signal": IMAGE,
    "logging": "json-file is the engine's own default; size and number of its files are CT6's",
    "deploy": "Compose writes an empty placement; there is nothing in it",
    "volumes": "Compose hands the same volume on to the container that follows; CT12 knows it by its name",
    "networks": "the network itself is CT14's; further keys of it are the default",
}


def reason(change: Change) -> str:
    """The reason for *change*; empty where there is none, which is a fault of verify."""
    known = EDGE if change.kind == "edge" else COMPOSE
    said = change.shown.partition(" ")[2]
    names = (f"{said} {change.what}", said, " ".join(said.split()[:2]), change.name)
    return next((known[name] for name in names if name in known), "")
