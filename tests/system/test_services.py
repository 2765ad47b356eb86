"""What the compose files promise of each service, asked of the engine, of MySQL and of Redis."""

from __future__ import annotations

import pytest

SERVICES = ("nginx", "frontend", "backend", "mysql", "redis")
DATABASE = (
    'printf \'[client]\\nuser=root\\npassword="%s"\\n\' "$(cat /run/secrets/mysql_root_password)" |'
    " mysql --defaults-extra-file=/dev/stdin --batch --skip-column-names --execute "
)
CACHE = 'REDISCLI_AUTH="$(cat /run/secrets/redis_password)" redis-cli --user agentchat --no-auth-warning '


def _sql(stack, statement):
    return stack.inside("mysql", "sh", "-c", DATABASE + f'"{statement}"').strip()


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_is_fenced_in(stack, service):
    data = stack.inspect(service)
    host = data["HostConfig"]

    assert data["Config"]["User"] not in ("", "0", "root", "0:0")
    assert host["ReadonlyRootfs"]
    assert ["ALL"] == host["CapDrop"]
    assert not host["CapAdd"]
    assert "no-new-privileges:true" in host["SecurityOpt"]
    assert host["Memory"] > 0
    assert host["NanoCpus"] > 0
    assert host["PidsLimit"] > 0
    assert "unless-stopped" == host["RestartPolicy"]["Name"]
    assert {"max-size": "10m", "max-file": "3"} == host["LogConfig"]["Config"]
    assert "healthy" == data["State"]["Health"]["Status"]


@pytest.mark.parametrize("service", SERVICES)
def test_no_process_of_a_service_is_root(stack, service):
    users = {
        line.split()[0] for line in stack.docker("top", stack.container(service), "-eo", "uid,pid").splitlines()[1:]
    }

    assert users
    assert "0" not in users


def test_only_the_edge_is_published_and_only_on_this_machine(stack):
    published = {service: stack.inspect(service)["HostConfig"]["PortBindings"] for service in SERVICES}

    ports = {"8090/tcp": "PAGE_PORT", "80/tcp": "HTTP_PORT", "443/tcp": "HTTPS_PORT", "443/udp": "HTTPS_PORT"}
    assert {
        port: [{"HostIp": "127.0.0.1", "HostPort": stack.environment[name]}] for port, name in ports.items()
    } == published["nginx"]
    assert not any(published[service] for service in SERVICES if service != "nginx")


def test_data_services_cannot_reach_outside(stack):
    networks = (
        stack.inspect("mysql")["NetworkSettings"]["Networks"],
        stack.inspect("redis")["NetworkSettings"]["Networks"],
    )

    assert all([f"{stack.name}_data"] == list(network) for network in networks)
    assert "true" == stack.docker("network", "inspect", "--format", "{{.Internal}}", f"{stack.name}_data").strip()


def test_mysql_runs_with_the_promised_values(stack):
    variables = (
        "@@innodb_buffer_pool_size",
        "@@max_connections",
        "@@character_set_server",
        "@@collation_server",
    )

    assert [str(1024**3), "1000", "utf8mb4", "utf8mb4_0900_ai_ci"] == _sql(
        stack, f"SELECT {', '.join(variables)}"
    ).split("\t")


def test_the_application_user_only_reads_and_writes_rows(stack):
    grants = _sql(stack, "SHOW GRANTS FOR agentchat").splitlines()
    plugin = _sql(stack, "SELECT plugin FROM mysql.user WHERE user = 'agentchat'")

    assert ["GRANT USAGE", "GRANT SELECT, INSERT, UPDATE, DELETE"] == [line.partition(" ON ")[0] for line in grants]
    assert "caching_sha2_password" == plugin


def test_mysql_lets_root_in_from_its_own_container_only(stack):
    assert "localhost" == _sql(stack, "SELECT host FROM mysql.user WHERE user = 'root'")


def test_redis_runs_with_the_promised_values(stack):
    asked = stack.inside("redis", "sh", "-c", CACHE + "config get appendonly maxmemory maxmemory-policy").split()

    promised = {"appendonly": "yes", "maxmemory": str(512 * 1024**2), "maxmemory-policy": "allkeys-lru"}
    assert promised == dict(zip(asked[::2], asked[1::2], strict=True))


def test_redis_refuses_who_does_not_log_in(stack):
    assert "NOAUTH" in stack.inside("redis", "redis-cli", "ping")


@pytest.mark.parametrize("command", ["flushall", "config set maxmemory 1", "acl list", "get foreign-key"])
def test_the_application_cannot_harm_redis(stack, command):
    assert "NOPERM" in stack.inside("redis", "sh", "-c", CACHE + command)


def test_gunicorn_runs_four_workers(stack):
    processes = stack.docker("top", stack.container("backend"), "-eo", "pid,args").splitlines()

    assert 5 == len([line for line in processes if "gunicorn" in line])


def test_the_page_knows_its_release(stack):
    import httpx

    assert {"release": "test", "revision": "feedc0de"} == httpx.get(stack.site + "/version").json()
