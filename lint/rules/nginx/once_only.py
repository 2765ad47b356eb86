"""Directives that nginx takes once in a block."""

from __future__ import annotations

from collections.abc import Iterator

from ...finding import Severity
from ...nginx import NginxConfig
from ...rule import Report, rule
from .once import once

_NAMES = """
absolute_redirect accept_mutex accept_mutex_delay add_before_body add_header_inherit add_trailer_inherit aio aio_write
alias auth_basic auth_basic_user_file auth_delay auth_request autoindex autoindex_exact_size autoindex_format
autoindex_localtime charset chunked_transfer_encoding client_body_buffer_size client_body_in_file_only
client_body_in_single_buffer client_body_temp_path client_body_timeout client_header_buffer_size client_header_timeout
client_max_body_size connection_pool_size create_full_put_path daemon default_type directio directio_alignment
disable_symlinks etag expires fastcgi_bind fastcgi_buffer_size fastcgi_buffering fastcgi_buffers
fastcgi_busy_buffers_size fastcgi_cache fastcgi_cache_background_update fastcgi_cache_key fastcgi_cache_lock
fastcgi_cache_lock_age fastcgi_cache_lock_timeout fastcgi_cache_max_range_offset fastcgi_cache_min_uses
fastcgi_cache_revalidate fastcgi_connect_timeout fastcgi_force_ranges fastcgi_ignore_client_abort fastcgi_index
fastcgi_intercept_errors fastcgi_keep_conn fastcgi_limit_rate fastcgi_max_temp_file_size fastcgi_next_upstream_timeout
fastcgi_next_upstream_tries fastcgi_pass fastcgi_pass_request_body fastcgi_pass_request_headers fastcgi_read_timeout
fastcgi_request_buffering fastcgi_send_lowat fastcgi_send_timeout fastcgi_socket_keepalive fastcgi_store
fastcgi_temp_file_write_size fastcgi_temp_path grpc_bind grpc_buffer_size grpc_connect_timeout grpc_intercept_errors
grpc_next_upstream_timeout grpc_next_upstream_tries grpc_pass grpc_read_timeout grpc_send_timeout
grpc_socket_keepalive grpc_ssl_certificate grpc_ssl_certificate_cache grpc_ssl_certificate_key grpc_ssl_ciphers
grpc_ssl_crl grpc_ssl_name grpc_ssl_password_file grpc_ssl_server_name grpc_ssl_session_reuse
grpc_ssl_trusted_certificate grpc_ssl_verify grpc_ssl_verify_depth gunzip gunzip_buffers gzip gzip_buffers
gzip_comp_level gzip_hash gzip_http_version gzip_min_length gzip_no_buffer gzip_static gzip_vary gzip_window http2
http2_body_preread_size http2_chunk_size http2_max_concurrent_pushes http2_max_concurrent_streams http2_pool_size
http2_push_preload http2_recv_buffer_size http2_streams_index_size http3 http3_hq http3_max_concurrent_streams
http3_stream_buffer_size if_modified_since ignore_invalid_headers internal keepalive keepalive_min_timeout
keepalive_requests keepalive_time keepalive_timeout large_client_header_buffers limit_conn_dry_run
limit_conn_log_level limit_conn_status limit_rate limit_rate_after limit_req_dry_run limit_req_log_level
limit_req_status lingering_close lingering_time lingering_timeout lock_file log_not_found log_subrequest
map_hash_bucket_size map_hash_max_size master_process max_headers max_ranges memcached_bind memcached_buffer_size
memcached_connect_timeout memcached_gzip_flag memcached_next_upstream_timeout memcached_next_upstream_tries
memcached_pass memcached_read_timeout memcached_send_timeout memcached_socket_keepalive merge_slashes min_delete_depth
mirror_request_body mp4_buffer_size mp4_max_buffer_size mp4_start_key_frame msie_padding msie_refresh multi_accept
open_file_cache open_file_cache_errors open_file_cache_events open_file_cache_min_uses open_file_cache_valid
open_log_file_cache output_buffers override_charset pcre_jit pid port_in_redirect postpone_gzipping postpone_output
proxy_bind proxy_buffer_size proxy_buffering proxy_buffers proxy_busy_buffers_size proxy_cache
proxy_cache_background_update proxy_cache_convert_head proxy_cache_key proxy_cache_lock proxy_cache_lock_age
proxy_cache_lock_timeout proxy_cache_max_range_offset proxy_cache_min_uses proxy_cache_revalidate
proxy_connect_timeout proxy_force_ranges proxy_headers_hash_bucket_size proxy_headers_hash_max_size proxy_http_version
proxy_ignore_client_abort proxy_intercept_errors proxy_limit_rate proxy_max_temp_file_size proxy_method
proxy_next_upstream_timeout proxy_next_upstream_tries proxy_pass proxy_pass_request_body proxy_pass_request_headers
proxy_pass_trailers proxy_read_timeout proxy_request_buffering proxy_send_lowat proxy_send_timeout proxy_set_body
proxy_socket_keepalive proxy_ssl_certificate proxy_ssl_certificate_cache proxy_ssl_certificate_key proxy_ssl_ciphers
proxy_ssl_crl proxy_ssl_name proxy_ssl_password_file proxy_ssl_server_name proxy_ssl_session_reuse
proxy_ssl_trusted_certificate proxy_ssl_verify proxy_ssl_verify_depth proxy_store proxy_temp_file_write_size
proxy_temp_path quic_active_connection_id_limit quic_bpf quic_gso quic_host_key quic_retry random_index read_ahead
real_ip_header real_ip_recursive recursive_error_pages referer_hash_bucket_size referer_hash_max_size
request_pool_size reset_timedout_connection resolver resolver_timeout rewrite_log root satisfy scgi_bind
scgi_buffer_size scgi_buffering scgi_buffers scgi_busy_buffers_size scgi_cache scgi_cache_background_update
scgi_cache_key scgi_cache_lock scgi_cache_lock_age scgi_cache_lock_timeout scgi_cache_max_range_offset
scgi_cache_min_uses scgi_cache_revalidate scgi_connect_timeout scgi_force_ranges scgi_ignore_client_abort
scgi_intercept_errors scgi_limit_rate scgi_max_temp_file_size scgi_next_upstream_timeout scgi_next_upstream_tries
scgi_pass scgi_pass_request_body scgi_pass_request_headers scgi_read_timeout scgi_request_buffering scgi_send_timeout
scgi_socket_keepalive scgi_store scgi_temp_file_write_size scgi_temp_path secure_link secure_link_md5
secure_link_secret send_lowat send_timeout sendfile sendfile_max_chunk server_name_in_redirect
server_names_hash_bucket_size server_names_hash_max_size server_tokens slice source_charset ssi
ssi_ignore_recycled_buffers ssi_last_modified ssi_min_file_chunk ssi_silent_errors ssi_value_length ssl_buffer_size
ssl_certificate_cache ssl_certificate_compression ssl_ciphers ssl_client_certificate ssl_crl ssl_dhparam
ssl_early_data ssl_ecdh_curve ssl_object_cache_inheritable ssl_ocsp ssl_ocsp_cache ssl_ocsp_responder
ssl_password_file ssl_prefer_server_ciphers ssl_reject_handshake ssl_session_tickets ssl_session_timeout ssl_stapling
ssl_stapling_file ssl_stapling_responder ssl_stapling_verify ssl_trusted_certificate ssl_verify_client
ssl_verify_depth sub_filter_last_modified sub_filter_once subrequest_output_buffer_size tcp_nodelay tcp_nopush
timer_resolution try_files types_hash_bucket_size types_hash_max_size underscores_in_headers
uninitialized_variable_warn use user userid userid_domain userid_expires userid_mark userid_name userid_p3p
userid_path userid_service uwsgi_bind uwsgi_buffer_size uwsgi_buffering uwsgi_buffers uwsgi_busy_buffers_size
uwsgi_cache uwsgi_cache_background_update uwsgi_cache_key uwsgi_cache_lock uwsgi_cache_lock_age
uwsgi_cache_lock_timeout uwsgi_cache_max_range_offset uwsgi_cache_min_uses uwsgi_cache_revalidate
uwsgi_connect_timeout uwsgi_force_ranges uwsgi_ignore_client_abort uwsgi_intercept_errors uwsgi_limit_rate
uwsgi_max_temp_file_size uwsgi_modifier1 uwsgi_modifier2 uwsgi_next_upstream_timeout uwsgi_next_upstream_tries
uwsgi_pass uwsgi_pass_request_body uwsgi_pass_request_headers uwsgi_read_timeout uwsgi_request_buffering
uwsgi_send_timeout uwsgi_socket_keepalive uwsgi_ssl_certificate uwsgi_ssl_certificate_cache uwsgi_ssl_certificate_key
uwsgi_ssl_ciphers uwsgi_ssl_crl uwsgi_ssl_name uwsgi_ssl_password_file uwsgi_ssl_server_name uwsgi_ssl_session_reuse
uwsgi_ssl_trusted_certificate uwsgi_ssl_verify uwsgi_ssl_verify_depth uwsgi_store uwsgi_temp_file_write_size
uwsgi_temp_path variables_hash_bucket_size variables_hash_max_size worker_aio_requests worker_connections
worker_cpu_affinity worker_priority worker_processes worker_rlimit_core worker_rlimit_nofile worker_shutdown_timeout
working_directory
"""
"""Each tried with nginx 1.22 and 1.30: written twice, it is refused. Others, such as gzip_types, add to each other."""

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
