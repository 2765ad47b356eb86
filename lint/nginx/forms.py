"""Which directives take a size, a time, a number, or words of a list; see `values`."""

FORMS = """
size client_body_buffer_size client_header_buffer_size proxy_buffer_size proxy_busy_buffers_size
size proxy_max_temp_file_size proxy_temp_file_write_size fastcgi_buffer_size fastcgi_busy_buffers_size
size fastcgi_max_temp_file_size fastcgi_temp_file_write_size uwsgi_buffer_size uwsgi_busy_buffers_size scgi_buffer_size
size scgi_busy_buffers_size grpc_buffer_size memcached_buffer_size gzip_min_length ssl_buffer_size sendfile_max_chunk
size connection_pool_size request_pool_size postpone_output subrequest_output_buffer_size read_ahead ssi_value_length
size http2_chunk_size http2_body_preread_size http2_recv_buffer_size
offset client_max_body_size
time client_body_timeout client_header_timeout send_timeout resolver_timeout proxy_connect_timeout proxy_read_timeout
time proxy_send_timeout fastcgi_connect_timeout fastcgi_read_timeout fastcgi_send_timeout uwsgi_connect_timeout
time uwsgi_read_timeout uwsgi_send_timeout scgi_connect_timeout scgi_read_timeout scgi_send_timeout
time grpc_connect_timeout grpc_read_timeout grpc_send_timeout memcached_connect_timeout memcached_read_timeout
time memcached_send_timeout lingering_time lingering_timeout proxy_next_upstream_timeout proxy_cache_lock_timeout
time proxy_cache_lock_age worker_shutdown_timeout auth_delay accept_mutex_delay keepalive_time
time fastcgi_next_upstream_timeout fastcgi_cache_lock_timeout
seconds ssl_session_timeout open_file_cache_valid
number worker_connections worker_rlimit_nofile keepalive_requests types_hash_max_size types_hash_bucket_size
number server_names_hash_max_size server_names_hash_bucket_size variables_hash_max_size variables_hash_bucket_size
number map_hash_max_size map_hash_bucket_size proxy_headers_hash_max_size proxy_headers_hash_bucket_size
number ssl_verify_depth proxy_ssl_verify_depth proxy_next_upstream_tries fastcgi_next_upstream_tries
number proxy_cache_min_uses fastcgi_cache_min_uses open_file_cache_min_uses max_ranges
number http2_max_concurrent_streams
buffers proxy_buffers fastcgi_buffers uwsgi_buffers scgi_buffers gzip_buffers output_buffers
buffers large_client_header_buffers
"""
"""The form of the first argument, or of a number and a size, and the directives that want it."""

WORDS = """
satisfy all any
proxy_http_version 1.0 1.1 2
gzip_http_version 1.0 1.1
gzip_static on off always
gzip_proxied off expired no-cache no-store private no_last_modified no_etag auth any
ssl_protocols SSLv2 SSLv3 TLSv1 TLSv1.1 TLSv1.2 TLSv1.3
proxy_ssl_protocols SSLv2 SSLv3 TLSv1 TLSv1.1 TLSv1.2 TLSv1.3
ssl_verify_client on off optional optional_no_ca
if_modified_since off exact before
client_body_in_file_only on off clean
lingering_close on off always
autoindex_format html json jsonp xml
keepalive_disable none msie6 safari
limit_req_log_level info notice warn error
limit_conn_log_level info notice warn error
proxy_next_upstream error timeout invalid_header http_500 http_502 http_503 http_504 http_403 http_404 http_429 non_idempotent updating off
fastcgi_next_upstream error timeout invalid_header http_500 http_503 http_403 http_404 http_429 non_idempotent updating off
proxy_ignore_headers X-Accel-Redirect X-Accel-Expires X-Accel-Limit-Rate X-Accel-Buffering X-Accel-Charset Expires Cache-Control Set-Cookie Vary
fastcgi_ignore_headers X-Accel-Redirect X-Accel-Expires X-Accel-Limit-Rate X-Accel-Buffering X-Accel-Charset Expires Cache-Control Set-Cookie Vary
proxy_cache_use_stale error timeout invalid_header updating http_500 http_502 http_503 http_504 http_403 http_404 http_429 off
fastcgi_cache_use_stale error timeout invalid_header updating http_500 http_503 http_403 http_404 http_429 off
proxy_cache_methods GET HEAD POST
use epoll poll select kqueue eventport /dev/poll
"""  # noqa: E501 - one directive a line
"""A directive, and all the words that it takes."""
