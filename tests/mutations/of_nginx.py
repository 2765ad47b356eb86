"""A fault for every rule about nginx."""

# ruff: noqa: E501 - texts of files, as they stand there

from __future__ import annotations

from fairlead.tests.mutations.mutation import Mutation

_NO_RESOLVE = {"nginx/newer-directive": "the good stack resolves names while it runs"}
CONF, HEADERS, PROXY = "nginx.conf", "snippets/headers.conf", "snippets/proxy.conf"


def _instead(old: str, new: str, at: str = "", **more: object) -> Mutation:
    return Mutation(((CONF, old, new),), at, **more)  # type: ignore[arg-type]


def _in_headers(old: str, new: str, at: str = "", **more: object) -> Mutation:
    return Mutation(((HEADERS, old, new),), at, **more)  # type: ignore[arg-type]


def _in_proxy(old: str, new: str, at: str = "", **more: object) -> Mutation:
    return Mutation(((PROXY, old, new),), at, **more)  # type: ignore[arg-type]


def _added(anchor: str, text: str, at: str, more: dict[str, object]) -> Mutation:
    return Mutation(((CONF, anchor, anchor + text),), at, **more)  # type: ignore[arg-type]


def _main(text: str, at: str = "", **more: object) -> Mutation:
    return _added("worker_processes auto;\n", f"{text}\n", at, more)


def _http(text: str, at: str = "", **more: object) -> Mutation:
    return _added("    sendfile on;\n", f"    {text}\n", at, more)


def _site(text: str, at: str = "", **more: object) -> Mutation:
    return _added("        root /srv/page;\n", f"        {text}\n", at, more)


def _api(text: str, at: str = "", **more: object) -> Mutation:
    return _added("            proxy_read_timeout 60s;\n", f"            {text}\n", at, more)


def _proxying(path: str, text: str, at: str = "", **more: object) -> Mutation:
    return _site(f"location {path} {{ include snippets/proxy.conf; {text} }}", at, **more)


_APP = "proxy_pass http://app;"
_CSP = """add_header Content-Security-Policy "default-src 'self'; base-uri 'none'; object-src 'none'; form-action 'self'; \
frame-ancestors 'none'" always;\n"""
_HTTPS_TO_APP = "proxy_ssl_server_name on; proxy_ssl_name app.example; proxy_pass https://app;"
_AUTHORITY = "proxy_ssl_trusted_certificate /etc/ssl/certs/ca-certificates.crt;"
_CACHED = "            proxy_cache pages;\n"
_ASSETS = '            add_header Cache-Control "public, max-age=31536000, immutable" always;\n'
_CERTIFICATE = "        ssl_certificate /etc/nginx/certs/site.pem;\n"
_KEY = "        ssl_certificate_key /etc/nginx/certs/site.key;\n"

MUTATIONS: dict[str, Mutation] = {
    "access-log-off": _instead(
        """    log_format json escape=json '{"time":"$time_iso8601","id":"$request_id","path":"$uri","status":$status}';
    access_log /dev/stdout json;
""",
        "    access_log off;\n",
    ),
    "access-rule-without-effect": _instead(
        "allow 10.0.0.0/8;\n            deny all;", "deny all;\n            allow 10.0.0.0/8;", "allow 10."
    ),
    "acme-challenge-shadowed": _instead(
        "        location / {\n            return 301",
        "        location ~ /\\. { deny all; }\n        location / {\n            return 301",
        "/.well-known/",
    ),
    "alias-traversal": _site("location /files { alias /srv/files/; }"),
    "alias-without-slash": _site("location /files/ { alias /srv/files; }"),
    "allow-without-deny": _instead("            deny all;\n            include", "            include", "allow 10."),
    "asset-answered-with-page": _instead("try_files $uri =404;", "try_files $uri /index.html;"),
    "assets-without-lifetime": _instead(_ASSETS, "", "/assets/"),
    "bodies-kept": _api("client_body_in_file_only on;"),
    "body-without-limit": _instead("client_max_body_size 1m;", "client_max_body_size 0;"),
    "broken-expression": _site("location ~ *\\.(jpg|png)$ { return 404; }"),
    "buffers-at-odds": _api("proxy_buffer_size 128k;"),
    "burst-with-delay": _instead("burst=10 nodelay;", "burst=10;"),
    "byte-order-mark": _instead("worker_processes", "\ufeffworker_processes"),
    "cache-control-twice": _instead(_ASSETS, f"            expires 1y;\n{_ASSETS}"),
    "cache-key-without-host": _instead("$scheme$host$request_uri", "$request_uri"),
    "cache-of-cookies": _instead(_CACHED, f"            proxy_ignore_headers Set-Cookie;\n{_CACHED}"),
    "cache-without-lock": _instead("            proxy_cache_lock on;\n", "", "proxy_cache pages"),
    "certificate-without-key": _instead(_KEY, "", "ssl_certificate /etc"),
    "cipher-outside-policy": _instead("ssl_ciphers ", "ssl_ciphers AES128-GCM-SHA256:"),
    "client-timeout-long": _instead("client_header_timeout 15s", "client_header_timeout 10m"),
    "cors-credentials-for-all": _api(
        "include snippets/headers.conf; add_header Access-Control-Allow-Origin $http_origin always; "
        "add_header Access-Control-Allow-Credentials true always;"
    ),
    "csp-incomplete": _in_headers(" base-uri 'none';", ""),
    "csp-malformed": _in_headers("default-src 'self'", "default-src self"),
    "csp-unsafe-script": _in_headers("default-src 'self'", "default-src 'self'; script-src 'unsafe-eval'"),
    "daemon-in-file": _main("daemon off;"),
    "default-tls-protocols": _instead(
        "    ssl_protocols TLSv1.2 TLSv1.3;\n", "", "listen", nginx="1.26.3", also=_NO_RESOLVE
    ),
    "deprecated-directive": _site("http2_push_preload on;"),
    "directive-twice": _api("proxy_read_timeout 60s;"),
    "dotfiles-served": _instead("        location ~ /\\. {\n            deny all;\n        }\n", "", "root /srv/page"),
    "early-data-unmarked": _site("ssl_early_data on;"),
    "error-answered-with-success": _site("error_page 404 =200 /index.html;"),
    "error-log-debug": _instead("/dev/stderr warn", "/dev/stderr debug"),
    "error-page-from-back-end": _api("error_page 502 504 /api/sorry;"),
    "error-log-off": _instead("error_log /dev/stderr warn;", "error_log off;"),
    "expression-for-one-path": _site("location ~ ^/robots\\.txt$ { return 204; }"),
    "extension-not-at-end": _site("location ~ \\.php { return 404; }"),
    "few-keepalive-requests": _instead("keepalive_requests 1000;", "keepalive_requests 100;"),
    "files-before-back-end": _api("try_files $uri =404;"),
    "folder-listing": _instead(_ASSETS, f"            autoindex on;\n{_ASSETS}"),
    "forwarded-for-from-client": _in_proxy("$proxy_add_x_forwarded_for", "$http_x_forwarded_for"),
    "frame-options-unknown": Mutation(
        ((HEADERS, "DENY", "SAME-ORIGIN"), (HEADERS, " frame-ancestors 'none'", " sandbox allow-scripts")), "SAME"
    ),
    "gzip-level-high": _instead("gzip_comp_level 6", "gzip_comp_level 9"),
    "gzip-min-length-low": _instead("gzip_min_length 1024", "gzip_min_length 10"),
    "gzip-not-for-proxies": _instead("    gzip_proxied any;\n", "    set_real_ip_from 10.0.0.0/8;\n", "gzip on"),
    "gzip-of-secrets": _proxying("/shop/", f"proxy_cookie_flags ~ secure; {_APP}"),
    "gzip-off": _instead("    gzip on;\n", "", "http {"),
    "gzip-type-useless": _instead("image/svg+xml;", "image/svg+xml image/png;"),
    "gzip-types-missing": _instead(" application/json image", " image", "gzip_types"),
    "gzip-without-vary": _instead("    gzip_vary on;\n", "", "gzip on"),
    "header-buffers-small": _instead("buffers 4 16k", "buffers 2 1k"),
    "header-obsolete": _in_headers(
        "add_header X-Frame", 'add_header Expect-CT "max-age=86400" always;\nadd_header X-Frame'
    ),
    "header-over-lines": _in_headers("default-src 'self'; base", "default-src 'self';\n base", '"default-src'),
    "header-splitting": _instead("return 301 https://$host$request_uri", "return 301 https://$host$uri"),
    "header-twice": _in_headers(
        "add_header X-Content", "add_header x-frame-options DENY always;\nadd_header X-Content"
    ),
    "header-value-refused": _in_headers(
        "add_header X-Frame", 'add_header X-XSS-Protection "1" always;\nadd_header X-Frame'
    ),
    "header-without-always": _in_headers("nosniff always", "nosniff", "X-Content"),
    "headers-dropped": _api(
        "include snippets/headers.conf; add_header X-Served-By edge always;\n"
        "            location /api/old/ { include snippets/headers.conf; add_header Cache-Control no-store; return 410; }",
        "include snippets/headers.conf; add_header Cache",
    ),
    "headers-of-several-ifs": _site(
        "location /a/ { if ($arg_a) { include snippets/headers.conf; } if ($arg_b) { include snippets/headers.conf; } return 404; }"
    ),
    "host-from-client": _in_proxy("Host $host", "Host $http_host"),
    "host-in-condition": _site("if ($host = www.shop.example) { return 301 https://shop.example$request_uri; }"),
    "hsts-over-plain-http": _instead(
        "            return 301 https",
        '            add_header Strict-Transport-Security "max-age=63072000" always;\n            return 301 https',
    ),
    "hsts-weak": _in_headers("max-age=63072000", "max-age=3600", '"max-age'),
    "http3-unannounced": _site("listen 8443 quic;"),
    "https-port-without-tls": _instead(
        "listen 127.0.0.1:8081;", "listen 127.0.0.1:8081;\n        listen 127.0.0.1:443;"
    ),
    "if-takes-over": _instead(
        "            try_files $uri /index.html;",
        "            if ($arg_slow) { limit_rate 10k; }\n            try_files $uri /index.html;",
    ),
    "include-loop": _in_headers("add_header X-Frame", "include snippets/headers.conf;\nadd_header X-Frame"),
    "include-missing": _http("include snippets/none.conf;"),
    "include-of-nothing": _http(
        "include sites/*.conf;", files={"sites/shop": "server { listen 127.0.0.1:82; return 404; }\n"}
    ),
    "include-outside-tree": _http(
        "include ../shared/site.conf;", files={"../shared/site.conf": "server { listen 127.0.0.1:82; return 404; }\n"}
    ),
    "indented-otherwise": _instead("    sendfile on;", "      sendfile on;", "sendfile"),
    "keepalive-without-effect": _in_proxy(
        "proxy_http_version 1.1;\n",
        "",
        "keepalive 16",
        where=CONF,
        nginx="1.28.0",
        also={"nginx/upgrade-not-passed-on": "WebSockets need HTTP/1.1 too"},
    ),
    "key-in-shared-folder": _instead(
        "ssl_certificate_key /etc/nginx/certs/site.key",
        "ssl_certificate_key /tmp/site.key",
    ),
    "known-hole": _api(
        "rewrite ^/api/(.*)$ /internal?old=1;\n            set $path $1;\n            proxy_set_header X-Path $path;",
        nginx="1.28.0",
    ),
    "limit-by-client-header": _instead("$binary_remote_addr", "$http_x_forwarded_for"),
    "limit-never-applied": _http("limit_conn_zone $binary_remote_addr zone=each:1m;"),
    "list-dropped": _site(
        "location /shop/ { error_page 404 /404.html; error_page 500 /500.html;\n"
        "        location /shop/a/ { error_page 404 /a.html; return 404; } return 404; }",
        "error_page 404 /a.html",
    ),
    "listen-http2": _instead("listen 8443 ssl;", "listen 8443 ssl http2;"),
    "listen-on-name": _instead(
        "listen 127.0.0.1:8081;",
        "listen internal.example:8081;",
        also={"nginx/status-page-open": "the socket is no longer one for the machine alone"},
    ),
    "listen-twice": _site("listen 0.0.0.0:8443 ssl;"),
    "location-twice": _site("location ^~ /api/events/ { return 403; }", "/api/events/"),
    "log-path-relative": _instead("access_log /dev/stdout json;", "access_log logs/access.log json;"),
    "login-without-limit": _proxying("/login", _APP),
    "long-keepalive": _instead("keepalive_timeout 65s", "keepalive_timeout 3600s"),
    "long-tls-session": _instead("ssl_session_timeout 1d", "ssl_session_timeout 10d"),
    "map-without-default": _instead("        default upgrade;\n", "        ~. upgrade;\n", "map $http_upgrade"),
    "missing-asset-answered-with-page": _instead(
        f"""        location /assets/ {{
            include snippets/headers.conf;
{_ASSETS}            try_files $uri =404;
        }}
""",
        "",
        "/index.html",
    ),
    "missing-group": _api("rewrite ^/api/(.*)$ /v1/$1/$2 break;"),
    "missing-log-format": _instead("access_log /dev/stdout json;", "access_log /dev/stdout jsonn;"),
    "missing-zone": _instead("limit_req zone=login burst", "limit_req zone=logins burst"),
    "mixed-line-ends": _instead("    sendfile on;\n", "    sendfile on;\r\n"),
    "module-misspelt": _main("load_module modules/ngx_steam_module.so;"),
    "module-refused": _instead("\nhttp {", "\nload_module modules/ngx_stream_module.so;\nhttp {"),
    "name-resolved-once": _proxying(
        "/maps/",
        f"proxy_ssl_server_name on; proxy_ssl_verify on; {_AUTHORITY} proxy_pass https://maps.example.com/;",
    ),
    "name-never-asked-for": _instead("server_name shop.example", "server_name https://shop.example", "https:"),
    "root-doubles-path": _site("location /photos/ { root /srv/photos; }"),
    "newer-directive": _site("add_header_inherit merge;", nginx="1.28.0"),
    "no-content-security-policy": _in_headers(_CSP, "", "server {", where=CONF),
    "no-default-server": _instead(
        "        listen 8080 default_server;\n        listen [::]:8080 default_server;\n        server_name _;\n",
        "        listen 8080;\n        server_name old.example;\n",
        also={"nginx/wrong-site-by-ipv6": "the site that took its place has one socket only"},
    ),
    "no-frame-options": Mutation(
        (
            (HEADERS, "add_header X-Frame-Options DENY always;\n", ""),
            (HEADERS, " frame-ancestors 'none'", " sandbox allow-scripts"),
        ),
        "server {",
        CONF,
        also={"nginx/csp-incomplete": "each of the two would do, and both are missing"},
    ),
    "no-hsts": _in_headers(
        'add_header Strict-Transport-Security "max-age=63072000; includeSubDomains" always;\n',
        "",
        "server {",
        where=CONF,
    ),
    "no-hybrid-key-exchange": _http("ssl_ecdh_curve X25519:prime256v1;"),
    "no-ipv6-socket": _http("server { listen 8082; server_name one.shop.example; return 404; }"),
    "no-master-process": _main("master_process off;"),
    "no-nosniff": _in_headers("add_header X-Content-Type-Options nosniff always;\n", "", "server {", where=CONF),
    "no-permissions-policy": _in_headers(
        'add_header Permissions-Policy "camera=(), microphone=(), geolocation=()" always;\n', "", "server {", where=CONF
    ),
    "no-referrer-policy": _in_headers(
        "add_header Referrer-Policy strict-origin-when-cross-origin always;\n", "", "server {", where=CONF
    ),
    "no-request-id": _instead('"id":"$request_id",', "", "json escape"),
    "no-shared-session-cache": _instead("    ssl_session_cache shared:tls:10m;\n", "", "listen 8443"),
    "no-user": Mutation(
        (
            (CONF, "pid /tmp/nginx.pid;\n", ""),
            (CONF, "listen 127.0.0.1:8081;", "listen 127.0.0.1:8081;\n        listen 127.0.0.1:81;"),
        ),
        "events",
    ),
    "old-tls-protocol": _instead("TLSv1.2 TLSv1.3", "TLSv1.1 TLSv1.2 TLSv1.3"),
    "one-worker": _instead("worker_processes auto;\n", "", "events"),
    "origin-pattern-weak": _api(
        "include snippets/headers.conf; if ($http_origin ~ shop\\.example$) {\n"
        "            include snippets/headers.conf; add_header Access-Control-Allow-Origin $http_origin always; }",
        "shop\\.example$",
    ),
    "page-cached-long": _instead("add_header Cache-Control no-cache", "add_header Cache-Control max-age=31536000"),
    "page-without-no-cache": _instead("            add_header Cache-Control no-cache always;\n", "", "/index.html"),
    "parameters-dropped": _site(
        "location /a/ { fastcgi_hide_header X-Powered-By; fastcgi_param SCRIPT_FILENAME /srv/a; "
        'fastcgi_param HTTP_PROXY ""; '
        "fastcgi_pass unix:/run/a.sock;\n"
        '        location = /a/b { fastcgi_param HTTP_PROXY ""; fastcgi_pass unix:/run/a.sock; } }',
        "fastcgi_param HTTP_PROXY",
    ),
    "permissions-policy-malformed": _in_headers("camera=()", "camera 'none'"),
    "php-runs-any-file": _site(
        "location ~ \\.php$ { fastcgi_hide_header X-Powered-By; fastcgi_pass unix:/run/a.sock;\n        "
        'fastcgi_param HTTP_PROXY ""; fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name; }',
    ),
    "private-folder-open": _site("location /private/ { alias /srv/uploads/; }"),
    "proxy-headers-dropped": _api("location /api/x/ { proxy_set_header X-Shop 1; proxy_pass http://app; }"),
    "proxy-headers-missing": _site("location /x/ { proxy_pass http://app; }"),
    "proxy-path-lost": _proxying("/x/", "set $backend app:7860; proxy_pass http://$backend/;"),
    "proxy-path-refused": _proxying("~ ^/v\\d+/", "proxy_pass http://app/api/;"),
    "proxy-slash-mismatch": _proxying("/orders", "proxy_pass http://app/;"),
    "proxy-timeout-long": _in_proxy("proxy_connect_timeout 5s", "proxy_connect_timeout 300s"),
    "proxy-without-resolver": _instead("    resolver 127.0.0.11 valid=5s ipv6=off;\n", "", "resolve;"),
    "quic-lost-on-reload": Mutation(
        (
            (CONF, "worker_processes auto;\n", "worker_processes auto;\nquic_bpf on;\n"),
            (CONF, "        root /srv/page;\n", "        root /srv/page;\n        listen 8443 quic reuseport;\n"),
            (HEADERS, "add_header X-Frame", "add_header Alt-Svc 'h3=\":443\"' always;\nadd_header X-Frame"),
        ),
    ),
    "quic-without-tcp": _http(
        "server { listen 9443 quic; listen [::]:9443 quic; server_name shop.example; "
        "ssl_certificate /etc/nginx/certs/site.pem; ssl_certificate_key /etc/nginx/certs/site.key; "
        "include snippets/headers.conf; add_header Alt-Svc 'h3=\":9443\"' always; return 404; }"
    ),
    "real-ip-from-anywhere": _http("set_real_ip_from 0.0.0.0/0; real_ip_header X-Forwarded-For;"),
    "real-ip-from-nobody": _http("real_ip_header X-Forwarded-For;"),
    "redirect-keeps-port": _instead(
        "return 301 https://$host$request_uri", "return 301 https://$http_host$request_uri"
    ),
    "answer-header-to-back-end": _in_proxy(
        "proxy_http_version 1.1;\n", "proxy_http_version 1.1;\nproxy_set_header X-Frame-Options DENY;\n", "X-Frame"
    ),
    "redirect-to-any-site": _site("location = /out { return 302 $arg_to; }"),
    "request-header-to-browser": _in_headers(
        "add_header X-Frame", "add_header X-Real-IP $remote_addr always;\nadd_header X-Frame", "X-Real-IP"
    ),
    "redirect-out-of-tls": _site("location /old { return 301 http://$host/new; }"),
    "referer-none-allowed": _site(
        "location /img/ { valid_referers none blocked server_names; if ($invalid_referer) { return 403; } return 404; }"
    ),
    "referrer-policy-open": _in_headers("strict-origin-when-cross-origin", "unsafe-url"),
    "rejected-names-answered": _instead(
        "        ssl_reject_handshake on;\n        return 444;\n", "        ssl_reject_handshake on;\n", "ssl_reject"
    ),
    "removed-directive": _site("ssl on;"),
    "request-to-any-host": _proxying("/fetch", "proxy_pass $arg_url;"),
    "return-before-access": _instead(
        "deny all;\n            include", "deny all;\n            return 200 ours;\n            include"
    ),
    "rewrite-for-redirect": _instead(
        "return 301 https://$host$request_uri;", "rewrite ^ https://$host$request_uri? permanent;"
    ),
    "root-in-each-location": _instead(
        "        location = /status {",
        "        location /a/ { root /srv/files; } location /b/ { root /srv/files; } location /c/ { root /srv/files; }\n"
        "        location = /status {",
    ),
    "root-of-the-machine": _instead(
        "root /srv/page;", "root /;", also={"nginx/secret-file-served": "the key of the certificate is below it"}
    ),
    "runs-as-root": _main("user root;"),
    "secret-file-served": _site("location /staff/ { auth_basic staff; auth_basic_user_file /srv/page/users; }"),
    "secret-in-configuration": _api("proxy_set_header X-Api-Key 9f8Zq2LmW7Ty;"),
    "secret-in-log": _instead('"path":"$uri"', '"path":"$uri","auth":"$http_authorization"', "'{"),
    "security-headers-dropped": _instead(
        f"            include snippets/headers.conf;\n{_ASSETS}", _ASSETS, "add_header Cache-Control"
    ),
    "server-chooses-cipher": _http("ssl_prefer_server_ciphers on;"),
    "server-name-taken": _http(
        "server { listen 8080; listen [::]:8080; server_name Shop.example; return 403; }", "shop.example www"
    ),
    "server-tokens-on": _instead("server_tokens off;", "server_tokens on;"),
    "short-dh-parameters": _http("ssl_dhparam /etc/nginx/certs/dhparam-1024.pem;"),
    "site-without-tls": _instead(
        "return 301 https://$host$request_uri;",
        "include snippets/headers.conf; include snippets/proxy.conf; proxy_pass http://app;",
        "listen 8080",
        also={"nginx/hsts-over-plain-http": "the headers of the site come with it"},
    ),
    "slow-expression": _site("location ~ ^/(\\w+\\s?)*$ { return 404; }"),
    "socket-options-twice": Mutation(
        (
            (CONF, "listen 8443 ssl;", "listen 8443 ssl reuseport;"),
            (CONF, "listen 8443 ssl default_server;", "listen 8443 ssl default_server reuseport;"),
        ),
        "reuseport",
    ),
    "stapling-without-resolver": Mutation(
        (
            (CONF, "    resolver 127.0.0.11 valid=5s ipv6=off;\n", "    ssl_stapling on;\n"),
            (CONF, "        zone app 64k;\n", "        zone app 64k;\n        resolver 127.0.0.11;\n"),
        ),
        "ssl_stapling",
    ),
    "stapling-without-responder": Mutation(
        (
            (
                CONF,
                _CERTIFICATE,
                "        ssl_stapling on;\n        ssl_certificate /etc/nginx/certs/letsencrypt/live/a/fullchain.pem;\n",
            ),
            (CONF, _KEY, "        ssl_certificate_key /etc/nginx/certs/letsencrypt/live/a/privkey.pem;\n"),
        ),
    ),
    "status-page-open": _site("location /nginx_status { stub_status; }"),
    "stream-held-back": _instead("            proxy_buffering off;\n", "", "proxy_pass"),
    "syntax-error": _instead("sendfile on;", "sendfile on"),
    "tabs-and-spaces": _instead("    sendfile on;", "\tsendfile on;"),
    "temporary-tls-redirect": _instead("return 301 https", "return 302 https"),
    "tls-without-certificate": _instead(_CERTIFICATE + _KEY, "", "listen 8443 ssl;"),
    "too-few-open-files": _instead("worker_rlimit_nofile 16384", "worker_rlimit_nofile 1024"),
    "trailing-space": _instead("sendfile on;", "sendfile on; "),
    "undefined-variable": _in_proxy("Host $host", "Host $hots"),
    "unknown-directive": _http("send_file on;"),
    "unreachable-location": _site("location ~ \\.x$ { return 403; } location ~ ^/a/.*\\.x$ { return 404; }"),
    "unused-log-format": _http("log_format old '$status $request_id';"),
    "unused-upstream": _http("upstream spare { zone spare 64k; server app:7860 resolve; }"),
    "unused-variable": _http("map $http_accept $kind { default a; }"),
    "unused-zone": _http("proxy_cache_path /tmp/other keys_zone=other:1m max_size=64m;"),
    "upgrade-for-every-request": _instead(
        "            try_files $uri /index.html;",
        '            include snippets/proxy.conf; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade"; proxy_pass http://app;',
    ),
    "upgrade-not-passed-on": _proxying(
        "/ws/", "proxy_read_timeout 1h; proxy_set_header Upgrade $http_upgrade; proxy_pass http://app;"
    ),
    "upgrade-of-any-kind": _proxying(
        "/ws/",
        "proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $http_connection;\n"
        "        proxy_read_timeout 1h; proxy_pass http://app;",
    ),
    "upstream-headers-shown": _instead("    proxy_hide_header X-Powered-By;\n", "", "http {"),
    "upstream-unverified": _proxying("/ext/", _HTTPS_TO_APP),
    "upstream-without-name": _proxying(
        "/ext/",
        f"proxy_ssl_verify on; {_AUTHORITY} proxy_pass https://api.example.com;",
        also={"nginx/name-resolved-once": "a name outside of the stack, which the two rules are about"},
    ),
    "variable-in-two-spellings": _site(
        "location /b/ { set $shop_target a; set $Shop_target b; return 200 $shop_target; }"
    ),
    "verification-without-authority": _proxying("/ext/", f"proxy_ssl_verify on; {_HTTPS_TO_APP}"),
    "weak-cipher": _instead("ssl_ciphers ", "ssl_ciphers DES-CBC3-SHA:"),
    "weak-curve": _http("ssl_ecdh_curve X25519MLKEM768:secp224r1;"),
    "websocket-without-upgrade": _proxying("/socket.io/", f"proxy_read_timeout 1h; {_APP}"),
    "alias-without-group": _site("location ~ ^/files/ { alias /srv/files/; }"),
    "backups-served": _instead(
        "        location ~ (?:\\.(?:bak|orig|sql)|~)$ {\n",
        "        location ~ \\.php$ {\n            "
        "fastcgi_hide_header X-Powered-By; fastcgi_pass unix:/run/a.sock; try_files $uri =404;\n            "
        'fastcgi_param HTTP_PROXY ""; fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;\n',
        "root /srv/page",
    ),
    "cache-across-users": _instead(
        "            proxy_cache_lock on;\n",
        "            proxy_cache_lock on;\n            proxy_set_header X-User $remote_user;\n",
    ),
    "hybrid-curve-unknown": _http("ssl_ecdh_curve X25519MLKEM768:X25519;", nginx="1.26.3", also=_NO_RESOLVE),
    "missing-file-loops": _site("location /docs/ { try_files $uri $uri.html $uri/; }"),
    "proxy-header-to-program": _site(
        "location = /a.fcgi { fastcgi_hide_header X-Powered-By; fastcgi_param SCRIPT_FILENAME /srv/a; "
        "fastcgi_pass unix:/run/a.sock; }"
    ),
    "quadratic-expression": _site("location ~ ^/(.*)/(.*)/edit$ { return 404; }"),
    "source-served": _instead("try_files $uri /index.html;", "try_files $uri /index.php?$query_string;"),
    "silence-cut-off": _instead("            proxy_read_timeout 1h;\n", "", "proxy_pass"),
    "assets-without-root": _http(
        "server { listen 127.0.0.1:82; location / { root /srv/b; } location ~* \\.(js|css)$ { expires 1y; } }",
        "location ~* ",
    ),
    "expression-never-matches": _site("location ~ /emoji.*\\.png$/ { return 403; }"),
    "invalid-condition": _site("if ($request_method == POST) { return 405; }"),
    "location-never-matches": _site("location ^/media/(.*)$ { return 403; }"),
    "script-not-named": _site(
        "location ~ \\.php$ { fastcgi_hide_header X-Powered-By; fastcgi_pass unix:/run/a.sock; try_files $uri =404;\n        "
        'fastcgi_param HTTP_PROXY ""; }',
    ),
    "parameters-missing": _site(
        "location /a/ { uwsgi_hide_header X-Powered-By; uwsgi_pass 10.0.0.9:9000; }",
        also={"nginx/proxy-header-to-program": "it needs a parameter too"},
    ),
    "no-cipher-left": _instead(
        "    ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305;",
        "    ssl_ciphers ECDHE-RSA-AES256-GCM-SHA512;",
    ),
    "port-in-http-and-stream": _instead(
        "\nhttp {",
        "\nstream {\n    server {\n        listen 8443;\n        proxy_pass 10.0.0.9:1;\n    }\n}\n\nhttp {",
        "8443 ssl",
        times=2,
    ),
    "unknown-cipher": _instead("ssl_ciphers ", "ssl_ciphers ECDHE-RSA-AES256-GCM-SHA512:"),
    "entry-refused": _instead("        default upgrade;\n", "        default upgrade;\n        close;\n"),
    "location-refused": _api("location /v1/ { return 404; }"),
    "name-twice": _http("upstream app { zone app2 64k; server app:7860 resolve; }", "app {"),
    "upstream-without-server": _instead("        server app:7860 resolve;\n", "", "app {"),
    "no-events": _instead("events {\n    worker_connections 4096;\n}\n", "", "http {"),
    "program-without-port": _site(
        'location /a/ { fastcgi_hide_header X-Powered-By; fastcgi_param HTTP_PROXY ""; '
        "fastcgi_param SCRIPT_FILENAME /srv/a; fastcgi_pass php-fpm; }",
        also={"stack/upstream-host-unknown": "nor is a service of the stack called so"},
    ),
    "wrong-argument-count": _http("tcp_nopush;"),
    "wrong-context": _http("try_files $uri =404;"),
    "wrong-site-by-ipv6": _instead("        listen [::]:8443 ssl;\n        http2", "        http2", "8443 ssl;"),
    "wrong-value": _instead("sendfile on;", "sendfile yes;"),
}

EXCUSED: dict[str, str] = {}
"""Rules that no edit of the good stack can break, each with the reason."""
