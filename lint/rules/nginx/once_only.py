"""Directives that nginx takes once in a block."""

from __future__ import annotations

from collections.abc import Iterator

from ...finding import Severity
from ...nginx import NginxConfig
from ...rule import Report, rule
from .once import once

_NAMES = """
absolute_redirect accept_mutex add_before_body aio alias auth_basic auth_basic_user_file auth_request autoindex
autoindex_exact_size charset chunked_transfer_encoding client_body_buffer_size client_body_temp_path
client_body_timeout client_header_buffer_size client_header_timeout client_max_body_size daemon default_type
directio disable_symlinks etag expires fastcgi_buffer_size fastcgi_buffering fastcgi_buffers
fastcgi_busy_buffers_size fastcgi_cache fastcgi_cache_key fastcgi_connect_timeout fastcgi_index
fastcgi_intercept_errors fastcgi_keep_conn fastcgi_pass fastcgi_read_timeout fastcgi_request_buffering
fastcgi_send_timeout grpc_pass gzip gzip_buffers gzip_comp_level gzip_http_version gzip_min_length gzip_static
gzip_vary http2_chunk_size if_modified_since ignore_invalid_headers internal keepalive_requests keepalive_timeout
large_client_header_buffers limit_conn_status limit_rate limit_req_status lingering_close lingering_timeout
log_not_found map_hash_bucket_size max_ranges memcached_pass memcached_read_timeout merge_slashes
mirror_request_body msie_padding multi_accept open_file_cache output_buffers pid port_in_redirect
proxy_buffer_size proxy_buffering proxy_buffers proxy_busy_buffers_size proxy_cache
proxy_cache_background_update proxy_cache_key proxy_cache_lock proxy_cache_min_uses proxy_cache_revalidate
proxy_connect_timeout proxy_headers_hash_bucket_size proxy_headers_hash_max_size proxy_http_version
proxy_ignore_client_abort proxy_intercept_errors proxy_max_temp_file_size proxy_method proxy_next_upstream_tries
proxy_pass proxy_pass_request_body proxy_pass_request_headers proxy_read_timeout proxy_request_buffering
proxy_send_timeout proxy_socket_keepalive proxy_ssl_ciphers proxy_ssl_name proxy_ssl_server_name
proxy_ssl_session_reuse proxy_ssl_verify proxy_store proxy_temp_file_write_size real_ip_header real_ip_recursive
recursive_error_pages reset_timedout_connection resolver resolver_timeout rewrite_log root satisfy scgi_pass
secure_link secure_link_md5 send_lowat send_timeout sendfile server_name_in_redirect
server_names_hash_bucket_size server_tokens ssi ssl_buffer_size ssl_ciphers ssl_dhparam ssl_ecdh_curve
ssl_prefer_server_ciphers ssl_session_tickets ssl_session_timeout ssl_stapling ssl_stapling_verify
ssl_verify_depth sub_filter_once subrequest_output_buffer_size tcp_nodelay tcp_nopush try_files
types_hash_max_size underscores_in_headers use user uwsgi_buffering uwsgi_connect_timeout uwsgi_pass
uwsgi_read_timeout uwsgi_send_timeout variables_hash_max_size worker_connections worker_processes
worker_rlimit_nofile worker_shutdown_timeout
"""
"""Each tried with nginx 1.22: written twice, it is refused. Others, such as gzip_types, add to each other."""

_ONCE = frozenset(_NAMES.split())

_TEMPLATE_MARKS = ("{%", "{{", "<%")


@rule(
    "nginx/directive-twice",
    Severity.ERROR,
    bad=(
        """
        server {
            root /srv/a;
            location / {
                root /srv/b;
                proxy_read_timeout 30s;
                proxy_read_timeout 60s;  # <-
            }
            root /srv/a;  # <-
        }
        """,
        {
            "nginx.conf": """
                events {}
                http {
                    server_tokens off;
                    client_max_body_size 8m;
                    include limits.conf;
                }
            """,
            "limits.conf": "client_max_body_size 16m;  # <-",
        },
    ),
    good=(
        """
        server {
            error_page 404 /404.html;
            error_page 500 502 /50x.html;
            index index.html;
            index index.php;
            root /srv/a;
            location / {
                root /srv/b;
            }
        }
        """,
        "server {\n{% if old %}\nroot /srv/a;\n{% else %}\nroot /srv/b;\n{% endif %}\n}",
    ),
    source="https://github.com/nginx/nginx/blob/master/src/core/ngx_conf_file.c",
    covers=("nginx-lint:duplicate-directive",),
)
def directive_twice(config: NginxConfig) -> Iterator[Report]:
    """
    A directive that may stand once in a block stands there twice.

    nginx does not start: `directive is duplicate`, though the values be the same. An `include` counts as if its
    content stood in its place. Leave the one that is meant.
    """
    yield from once(_again(config))


def _again(config: NginxConfig) -> Iterator[Report]:
    seen: set[tuple[int, str]] = set()
    for directive in config.walk():
        if directive.name not in _ONCE:
            continue
        key = (id(directive.parent), directive.name)
        if key in seen and not _is_template(config, directive.place.path):
            message = f'"{directive.name}" stands in this block already, so nginx does not start; leave one of them'
            yield directive.place, message
        seen.add(key)


def _is_template(config: NginxConfig, path: str) -> bool:
    """Whether a template engine may choose one of several."""
    return any(mark in config.files[path] for mark in _TEMPLATE_MARKS)
