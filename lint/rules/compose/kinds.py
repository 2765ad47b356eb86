"""What well-known images are for, by the last part of their name."""

from __future__ import annotations

DATABASES = frozenset(
    [
        "mysql",
        "mysql-server",
        "mariadb",
        "percona",
        "percona-server",
        "postgres",
        "postgresql",
        "postgis",
        "pgvector",
        "timescaledb",
        "timescaledb-ha",
        "mongo",
        "mongodb",
        "mongodb-community-server",
        "redis",
        "redis-stack",
        "redis-stack-server",
        "valkey",
        "keydb",
        "dragonfly",
        "memcached",
        "rabbitmq",
        "elasticsearch",
        "opensearch",
        "cassandra",
        "scylla",
        "couchdb",
        "neo4j",
        "influxdb",
        "clickhouse",
        "clickhouse-server",
        "etcd",
        "nats",
        "kafka",
        "cp-kafka",
        "zookeeper",
        "cp-zookeeper",
        "cockroach",
    ]
)
"""Databases, caches and brokers."""

EDGES = frozenset(
    [
        "nginx",
        "nginx-unprivileged",
        "openresty",
        "traefik",
        "caddy",
        "haproxy",
        "httpd",
        "envoy",
        "nginx-proxy",
        "nginx-proxy-manager",
        "swag",
        "acme-companion",
    ]
)
"""What stands between the world and the other services."""

CONSOLES = frozenset(
    [
        "phpmyadmin",
        "adminer",
        "pgadmin4",
        "pgadmin",
        "mongo-express",
        "redis-commander",
        "redisinsight",
        "portainer",
        "portainer-ce",
        "dozzle",
        "cadvisor",
        "kibana",
        "opensearch-dashboards",
        "mailhog",
        "mailpit",
        "maildev",
        "flower",
        "phpredisadmin",
    ]
)
"""Consoles for whoever runs the stack."""
