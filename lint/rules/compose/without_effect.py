"""What is written and does nothing: keys for a swarm, options of a log that was replaced, values said twice."""

from __future__ import annotations

from collections.abc import Iterator

from ...compose import Project, Value
from ...compose.edits import removed
from ...compose.nodes import Mapping, Node, Scalar
from ...finding import Severity
from ...regex import regex
from ...rule import Report, rule
from .judging import some

_DEPLOY = "https://docs.docker.com/reference/compose-file/deploy/"
_MERGE = "https://docs.docker.com/reference/compose-file/merge/"
_SWARM_ONLY = ("placement", "update_config", "rollback_config", "endpoint_mode")


@rule(
    "compose/deploy-key-for-swarm",
    Severity.INFO,
    bad="""
        services:
          app:
            image: acme/app:1.2.3
            deploy:
              replicas: 2
              update_config: {order: start-first}  # <-
              placement: {constraints: [node.role == worker]}  # <-
    """,
    fixed="""
        services:
          app:
            image: acme/app:1.2.3
            deploy:
              replicas: 2
    """,
    good="""
        services:
          app:
            image: acme/app:1.2.3
            deploy:
              replicas: 2
              resources: {limits: {memory: 512m}}
              restart_policy: {condition: on-failure}
          db:
            image: acme/db:1.2.3
            restart: unless-stopped
    """,
    unsafe=True,
    source=_DEPLOY,
    preset="strict",
    lacks=True,
)
def deploy_key_for_swarm(project: Project) -> Iterator[Report]:
    """
    A key of `deploy` that only a swarm obeys.

    `docker compose up` leaves it out without a word: there is no rolling update and no placement. For a project
    that is deployed to a swarm, use the preset `swarm` instead of `strict`.
    """
    for service in project.services.values():
        for key in _SWARM_ONLY:
            value = service.get(f"deploy.{key}")
            if value is not None:
                message = f'"{key}" does nothing without a swarm; remove it, or deploy to one'
                yield value.key_place, message, some(removed(value, safe=False))


def _overlaid(project: Project) -> Iterator[tuple[str, Mapping, Mapping]]:
    """Each service of two files: its name, what the base says, what the file over it says."""
    if len(project.layers) != 2 or len(project.paths) != 2:  # noqa: PLR2004 - a base and what lies over it
        return
    below, above = (layer.tree.children.get("services") for layer in project.layers)
    if not isinstance(below, Mapping) or not isinstance(above, Mapping):
        return
    for name, node in above.children.items():
        base = below.children.get(name)
        if isinstance(base, Mapping) and isinstance(node, Mapping):
            yield name, base, node


@rule(
    "compose/log-options-replaced",
    Severity.INFO,
    bad={
        "docker-compose.yml": """
            services:
              app:
                image: acme/app:1.2.3
                logging: {driver: json-file, options: {max-size: 10m}}
        """,
        "docker-compose.prod.yml": """
            services:
              app:
                logging:  # <-
                  driver: local
        """,
    },
    good={
        "docker-compose.yml": """
            services:
              app:
                image: acme/app:1.2.3
                logging: {driver: json-file, options: {max-size: 10m, max-file: "3"}}
              other:
                image: acme/app:1.2.3
                logging: {driver: json-file, options: {max-size: 10m, max-file: "3"}}
        """,
        "docker-compose.prod.yml": """
            services:
              app:
                logging: {options: {max-size: 50m}}
              other:
                logging: {driver: local, options: {max-size: 20m}}
        """,
    },
    source=_MERGE,
    preset="strict",
)
def log_options_replaced(project: Project) -> Iterator[Report]:
    """
    An override with another log driver, which takes away the options of the base.

    Logs of one driver are merged, logs of two are not: the base's limits are gone, unless the override repeats them.
    """
    for name, base, node in _overlaid(project):
        one, two = base.children.get("logging"), node.children.get("logging")
        if not isinstance(one, Mapping) or not isinstance(two, Mapping):
            continue
        drivers = [_plain(each.children.get("driver")) for each in (one, two)]
        if (
            None not in drivers
            and drivers[0] != drivers[1]
            and "options" in one.children
            and "options" not in two.children
        ):
            message = f'driver "{drivers[1]}" takes away the options that "{name}" has in the base; repeat them'
            yield node.keys["logging"].place, message


def _plain(node: Node | None) -> object:
    return node.data if isinstance(node, Scalar) else None


@rule(
    "compose/value-repeats-base",
    Severity.INFO,
    bad={
        "docker-compose.yml": """
            services:
              app:
                image: acme/app:1.2.3
                restart: unless-stopped
        """,
        "docker-compose.prod.yml": """
            services:
              app:
                restart: unless-stopped  # <-
                mem_limit: 512m
        """,
    },
    fixed={
        "docker-compose.yml": """
            services:
              app:
                image: acme/app:1.2.3
                restart: unless-stopped
        """,
        "docker-compose.prod.yml": """
            services:
              app:
                mem_limit: 512m
        """,
    },
    good={
        "docker-compose.yml": """
            services:
              app:
                image: acme/app:1.2.3
                restart: unless-stopped
                init: true
        """,
        "docker-compose.prod.yml": """
            services:
              app:
                image: acme/app:1.2.4
                restart: on-failure
                user: "1000"
        """,
    },
    unsafe=True,
    source=_MERGE,
    preset="strict",
)
def value_repeats_base(project: Project) -> Iterator[Report]:
    """
    A value of an override that the base has already.

    It changes nothing today, and when the base changes, the override silently keeps the old value.
    """
    for _, base, node in _overlaid(project):
        for name, child in node.children.items():
            other = base.children.get(name)
            if not isinstance(child, Scalar) or not isinstance(other, Scalar) or child.source is other.source:
                continue
            if child.data is not None and child.text == other.text and child.data == other.data:
                message = f'"{name}" is the same in "{other.source.path}"; remove it here'
                yield node.keys[name].place, message, some(removed(Value(child, node.keys[name]), safe=False))


_ENDING = regex(r"\s*\|\|\s*(?:exit\s+1|false)\s*$")
_PROOFLESS = {"mysqladmin": "ping", "mariadb-admin": "ping"}


@rule(
    "compose/ping-without-proof",
    Severity.INFO,
    bad="""
        services:
          db:
            image: acme/db:1.2.3
            healthcheck:
              test: [CMD, mysqladmin, ping, -h, 127.0.0.1]  # <-
          cache:
            image: acme/cache:1.2.3
            healthcheck:
              test: redis-cli ping  # <-
          other:
            image: acme/cache:1.2.3
            healthcheck:
              test: [CMD-SHELL, "redis-cli ping || exit 1"]  # <-
    """,
    good="""
        services:
          db:
            image: acme/db:1.2.3
            healthcheck:
              test: [CMD-SHELL, 'mysql -uapp -p"$$(cat /run/secrets/app)" -e "SELECT 1"']
          cache:
            image: acme/cache:1.2.3
            healthcheck:
              test: redis-cli ping | grep -q PONG
    """,
    source="https://dev.mysql.com/doc/refman/8.4/en/mysqladmin.html",
    preset="strict",
    lacks=True,
)
def ping_without_proof(project: Project) -> Iterator[Report]:
    """
    A health check of a database that says yes to a server nobody can use.

    `mysqladmin ping` ends well with a wrong password, and while the image still sets the server up; `redis-cli ping`
    ends well when the answer is an error. Log in and ask for a row, or compare the answer with `PONG`.
    """
    for service in project.services.values():
        check = service.healthcheck
        test = service.get("healthcheck.test")
        if check is None or test is None or not all(isinstance(word, str) for word in check.words):
            continue
        line = _ENDING.sub("", " ".join(str(word) for word in check.words))
        words = [word.rpartition("/")[2] for word in line.split()]
        is_mysql = words[:1] and words[0] in _PROOFLESS and "ping" in words and not any(sign in line for sign in "|&")
        is_redis = words[:1] in (["redis-cli"], ["valkey-cli"]) and words[-1] == "ping" and "|" not in line
        if is_mysql or is_redis:
            ask = 'compare the answer with "PONG"' if is_redis else "log in and run a query"
            yield test.place, f'"{words[0]} ping" ends well when nobody can log in; {ask}'
