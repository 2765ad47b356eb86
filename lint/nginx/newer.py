"""
What crossplane's table of directives lacks: it ends with nginx 1.19.

Contexts: M main, E events, H http, S server, L location, U upstream, I if in server, J if in location, X limit_except;
h s u the same in stream; m n http's neighbours in mail. Arguments: counts (``12`` is one or two), ``1+``, ``2+``,
``any``, ``flag``, and ``{`` for a block. The version is the first to know the directive; ``-`` is older or not known.

Source: the directive pages on nginx.org and the file CHANGES of nginx.
"""

ADDED = """
add_header_inherit HSLJ 1 1.29.3
add_trailer_inherit HSLJ 1 1.29.3
auth_delay HSL 1 1.17.10
early_hints HSL 1+ 1.29.0
grpc_ssl_certificate_cache HSL 1+ 1.27.4
grpc_ssl_conf_command HSL 2 1.19.4
http2 HS flag 1.25.1
http3 HS flag 1.25.0
http3_hq HS flag 1.25.0
http3_max_concurrent_streams HS 1 1.25.0
http3_stream_buffer_size HS 1 1.25.0
keepalive_min_timeout HSL 1 1.27.4
keepalive_time HSLU 1 1.19.10
max_errors mn 1 1.21.0
max_headers HS 1 -
mp4_start_key_frame HSL flag 1.21.4
pass s 1 1.25.5
proxy mn flag -
proxy_cookie_flags HSL 1+ 1.19.3
proxy_half_close hs flag 1.21.4
proxy_pass_trailers HSL flag 1.27.2
proxy_smtp_auth mn flag 1.19.4
proxy_ssl_certificate_cache HSLhs 1+ 1.27.4
proxy_ssl_conf_command HSLhs 2 1.19.4
quic_active_connection_id_limit HS 1 1.25.0
quic_bpf M flag 1.25.0
quic_gso HS flag 1.25.0
quic_host_key HS 1 1.25.0
quic_retry HS flag 1.25.0
server_name s 1+ 1.25.5
server_names_hash_bucket_size h 1 1.25.5
server_names_hash_max_size h 1 1.25.5
set_real_ip_from mn 1 1.19.8
proxy_protocol mn flag 1.19.8
ssl_alpn hs 1+ 1.21.4
ssl_certificate_cache HShs 1+ 1.27.4
ssl_certificate_compression HShs flag 1.29.1
ssl_conf_command HSmnhs 2 1.19.4
ssl_ech_file HShs 1 1.29.4
ssl_object_cache_inheritable M flag 1.27.4
ssl_ocsp HShs 1 1.19.0
ssl_ocsp_cache HShs 1 1.19.0
ssl_ocsp_responder HShs 1 1.19.0
ssl_reject_handshake HShs flag 1.19.4
ssl_stapling hs flag 1.27.2
ssl_stapling_file hs 1 1.27.2
ssl_stapling_responder hs 1 1.27.2
ssl_stapling_verify hs flag 1.27.2
subrequest_output_buffer_size HSL 1 1.13.10
userid_flags HSL 1+ 1.19.3
uwsgi_ssl_certificate_cache HSL 1+ 1.27.4
uwsgi_ssl_conf_command HSL 2 1.19.4
uwsgi_ssl_certificate HSL 1 -
uwsgi_ssl_certificate_key HSL 1 -
"""
"""Directives, or further contexts of directives that the table knows."""

WIDENED = """
include MEHSLUIJXmnhsu 1 -
resolver_timeout Uu 1 1.27.3
resolver u 1+ 1.27.3
zone Uu 12 -
epoll_events E 1 -
gzip_hash HSL 1 -
gzip_no_buffer HSL flag -
gzip_window HSL 1 -
http2_pool_size HS 1 -
http2_streams_index_size HS 1 -
open_file_cache_events HSL flag -
post_action HSLJ 1 -
postpone_gzipping HSL 1 -
ssi_ignore_recycled_buffers HSL flag -
uwsgi_string HSL 1+ -
random Uu any -
least_time Uu 12 -
hash Uu 12 -
ssl_preread hs flag -
set hs 2 1.19.3
mail M {0 -
types HSL {0 -
"""
"""Contexts in which nginx takes what the table forbids there."""

FORMER = """
ssl HSmn flag 1.15.0 1.25.1 give "listen" the parameter "ssl"
limit_zone H 3 1.1.8 1.7.6 write limit_conn_zone
spdy_chunk_size HSL 1 1.9.5 1.9.5 remove it
spdy_headers_comp HS 1 1.9.5 1.9.5 remove it
http2_push HSL 1 1.25.1 - remove it; early_hints is what browsers still understand
http2_push_preload HSL flag 1.25.1 - remove it
http2_max_concurrent_pushes HS 1 1.25.1 - remove it
http2_max_field_size HS 1 1.19.7 - write large_client_header_buffers
http2_max_header_size HS 1 1.19.7 - write large_client_header_buffers
http2_max_requests HS 1 1.19.7 - write keepalive_requests
http2_recv_timeout HS 1 1.19.7 - write client_header_timeout
http2_idle_timeout HS 1 1.19.7 - write keepalive_timeout
upstream_conf L 0 1.13.3 1.13.10 write api
status L 0 1.13.3 1.15.4 write api or stub_status
proxy_downstream_buffer hs 1 1.9.20 1.9.20 write proxy_buffer_size
proxy_upstream_buffer hs 1 1.9.20 1.9.20 write proxy_buffer_size
"""
"""Name, contexts, arguments, the version that deprecated it, the one that removed it, what to do instead."""

FOREIGN = """
access_by access_plus acme_ ajp_ app_protect auth_digest auth_gss auth_jwt auth_ldap auth_oidc auth_pam
auth_request_ aws_ balancer_by body_filter_by bot_verifier brotli cache_purge check_ chunk_size clojure consul
content_by cookie_flag coolkit_ datadog dav_ext_ drizzle_ dynamic_ dyups_ echo encrypted_session_ etcd eval_
exit_worker_by f4f fancyindex form_input geoip2 graphite_ grpc_ssl_key_log handler_ header_filter_by headers_
health_check hls_ http_flv iconv_ image_filter_ init_by init_worker_by internal_redirect ip2location ip2proxy
ipscrub ja3 ja4 jaeger jemalloc js_ jvm_ jwt_ keyval length_ license_ limit_rate_ limit_traffic log_by lua_ maxmind
memc_ mgmt modsecurity mogilefs_ more_ mruby_ naxsi nchan_ njs_ notify_ ntlm num_map oidc_ opentelemetry_
opentracing otel_ pagespeed passenger_ perl_ pinba_ postgres_ preread_by proxy_ssl_certificate_by proxy_ssl_key_log
proxy_ssl_verify_by push_ push_stream_ queue rate_limit rds_ redis redis2_ replace_ report_uploads request_denied_
rewrite_by rtmp secure_token security_rules server_redirect server_rewrite_by server_traffic session_log set_base
set_cookie set_decode set_decrypt set_encode set_encrypt set_escape set_form set_formatted set_hash set_hex
set_hmac set_iconv set_if set_ip set_local set_md5 set_misc set_quote set_random set_rotate set_secure set_sha
set_unescape shib_ sla_ slowfs_ small_light sorted_ spnego srcache_ ssl_certificate_by ssl_client_hello_by ssl_ct
ssl_key_log ssl_session_fetch_by ssl_session_store_by status_ sticky_ stream_server_traffic subs_filter
substitutions_ sysguard testcookie tfs_ track_uploads trim unit_ upload_ upload_progress uploadprogress
upstream_fair user_agent uwsgi_ssl_key_log vhost_ vhost_traffic_status video_ vod vts_ wasm webp_ weighted_ xslt_
xss_ zipkin zone_sync zstd
array_ auth_require auth_saml auth_spnego auth_totp auto_redirect autols backup_switch bind_conn captcha cgi concat
ct_submit docker_ drm_ error_log_write fair feedback google hide_server_tokens http_accounting http_ssl_ja3 http_statsd
ipset_ jdomain kafka ldap_server limit_upload log_json log_zmq loop_detect lower metric mod_zip mqtt pam_ pdf
phantom_token prometheus proxy_allow_upstream proxy_cache_index_ignore proxy_connect_a proxy_connect_connect_timeout
proxy_connect_data_timeout proxy_request_dynamic rdns req_status response_time_factor secure_link_hmac
security_headers sqlite_ static_etags statsd strict_sni tarantool_ ts_ tnt_ tunnel_ unbrotli untar_ unzip unzstd
upper upstream_hash upstream_jdomain upstream_log upstream_probe upstream_show upsync waf
BasicRule CheckRule DeniedUrl LearningMode LibInjection MainRule SecRules
ModSecurity
"""
"""How directives of modules outside nginx and of NGINX Plus begin: a guess at their spelling would be wrong."""

FOREIGN_NAMES = frozenset(["client", "enable_ntls", "geoip2_proxy", "geoip2_proxy_recursive", "proxy_connect", "ts"])
"""Whole names of the same kind, close to one of nginx's or too short for a beginning."""
