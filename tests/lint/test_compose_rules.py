"""Rules about Compose projects where several services, files and formats play together."""

from __future__ import annotations

import json
import secrets

import pytest

from fairlead.lint.discovery import Catalogue
from fairlead.lint.report import FORMATS


def _found(run, rule: str) -> list[tuple[str, int]]:
    findings = json.loads(run.out)["findings"]
    return [(it["path"], it["line"]) for it in findings if it["rule"] == f"compose/{rule}"]


def test_a_health_check_may_come_from_a_file_that_is_not_there(folder, lint) -> None:
    (folder / "compose.yml").write_text(
        "services:\n  app:\n    image: acme/app:1.2.3\n    depends_on: {db: {condition: service_healthy}}\n"
        "  db:\n    image: mysql:9.4.0\n    extends: {file: base.yml, service: db}\n"
    )

    run = lint("--format", "json", "--select", "compose/waiting-for-no-healthcheck,compose/extends-unresolved")

    assert [("compose.yml", 7)] == _found(run, "extends-unresolved")
    assert [] == _found(run, "waiting-for-no-healthcheck")


def test_services_of_different_profiles_may_share_a_container_name(folder, lint) -> None:
    service = "  {0}:\n    image: acme/model:1.2.3\n    container_name: model\n    profiles: [{1}]\n"
    text = (
        "services:\n" + service.format("cpu", "cpu") + service.format("gpu", "gpu") + service.format("both", "gpu, all")
    )
    (folder / "compose.yml").write_text(text)

    run = lint("--format", "json", "--select", "compose/duplicate-container-name")

    assert [("compose.yml", 12)] == _found(run, "duplicate-container-name")


def _every_kind_of_secret() -> tuple[str, list[str]]:
    """A stack with a secret at every place a rule looks at, and the secrets."""
    values = [secrets.token_hex(12) for _ in range(16)]
    token = "ghp_" + secrets.token_hex(20)
    text = f"""\
services:
  db:
    image: mysql
    restart: always
    environment:
      - MYSQL_PASSWORD={values[0]}
      - "API_TOKEN={values[1]}"
      - 'SESSION_SECRET={values[2]}'
    labels: {{a.password: "{values[3]}"}}
    command: mysqld --password {values[4]}
    healthcheck: {{test: "mysqladmin ping -p{values[5]} || true", interval: 1h}}
  app:
    image: acme/app
    build: {{context: ., args: {{NPM_TOKEN: {values[6]}}}}}
    environment: {{URL: "mysql://root:{values[7]}@db/x", DB_PASSWORD: "{values[8]}", A: "Password={values[9]};"}}
    command: [sh, -c, "PGPASSWORD={values[10]} psql", --requirepass, {values[11]}]
  more:
    environment:
      JWT_SECRET: ${{JWT_SECRET:-{values[12]}}}
      DB_PASSWORD: "a{values[13]}$x{values[14]}"
      PRIVATE_KEY: |
        {values[15]}
      HUB: {token}
    # {token}
"""
    return text, [*values, token]


@pytest.mark.parametrize("form", FORMATS)
def test_no_report_shows_a_secret(folder, lint, form) -> None:
    text, values = _every_kind_of_secret()
    (folder / "docker-compose.yml").write_text(text)

    run = lint("docker-compose.yml", "--preset", "strict", "--format", form)

    assert [] == [value for value in values if value in run.out + run.err]
    assert run.out


def test_a_secret_stays_hidden_when_the_rules_that_find_it_are_left_out(folder, lint) -> None:
    value, other = secrets.token_hex(12), secrets.token_hex(12)
    (folder / "docker-compose.yml").write_text(
        f"services:\n  a: {{image: redis, command: [redis-server, --requirepass, {value}]}}\n"
        f"  # fairlead: ignore[compose/literal-secret-in-command] it is so\n"
        f"  b: {{image: redis, command: [redis-server, --requirepass, {other}], privileged: true}}\n"
    )

    chosen = lint("docker-compose.yml", "--select", "compose/image-without-tag,compose/privileged")
    ignored = lint("docker-compose.yml", "--ignore", "compose/literal-secret-in-command")
    suppressed = lint("docker-compose.yml")

    assert [] == [value for value in (value, other) if value in chosen.out + ignored.out + suppressed.out]
    assert "redis-server" in chosen.out
    assert "redis-server" in ignored.out
    assert "privileged" in suppressed.out


def test_no_mending_shows_a_secret_and_the_env_file_gets_it(folder, lint) -> None:
    text, values = _every_kind_of_secret()
    (folder / "docker-compose.yml").write_text(text)

    shown = lint("docker-compose.yml", "--preset", "strict", "--unsafe-fixes", "--diff")
    done = lint("docker-compose.yml", "--preset", "strict", "--fix", "--unsafe-fixes")

    assert [] == [value for value in values if value in shown.out + shown.err + done.out + done.err]
    assert f"MYSQL_PASSWORD='{values[0]}'\n" in (folder / ".env").read_text()
    assert 0o600 == (folder / ".env").stat().st_mode & 0o777
    assert values[0] not in (folder / "docker-compose.yml").read_text()


def test_two_services_with_two_values_for_one_name_keep_them(folder, lint) -> None:
    one, two = secrets.token_hex(12), secrets.token_hex(12)
    text = f"services:\n  a:\n    environment: {{DB_PASSWORD: {one}}}\n  b:\n    environment: {{DB_PASSWORD: {two}}}\n"
    (folder / "docker-compose.yml").write_text(text)

    lint("docker-compose.yml", "--fix", "--unsafe-fixes")

    assert text == (folder / "docker-compose.yml").read_text()


def test_what_services_share_under_an_anchor_is_reported_once(folder, lint) -> None:
    services = "".join(f"  {name}: *base\n" for name in ("one", "two", "three"))
    (folder / "docker-compose.yml").write_text(f"x-base: &base\n  privileged: true\nservices:\n{services}")

    run = lint("docker-compose.yml", "--format", "json")

    assert [("docker-compose.yml", 2)] == _found(run, "privileged")


def test_the_file_for_production_gives_what_the_base_lacks(folder, lint) -> None:
    (folder / "docker-compose.yml").write_text("services:\n  db:\n    image: mysql:9.4.0\n    ports: ['3306:3306']\n")
    (folder / "docker-compose.prod.yml").write_text(
        "services:\n  db:\n    ports: !reset []\n    mem_limit: 1g\n    restart: unless-stopped\n"
    )

    run = lint("docker-compose.yml", "--format", "json")

    assert [] == _found(run, "private-port-published")
    assert [] == _found(run, "no-memory-limit")
    assert [] == _found(run, "no-restart-policy")
    assert [("docker-compose.yml", 2)] == _found(run, "unbounded-log")


def test_an_override_for_development_lacks_nothing_beside_one_for_production(folder, lint) -> None:
    (folder / "docker-compose.yml").write_text("services:\n  db:\n    image: mysql:9.4.0\n")
    (folder / "docker-compose.override.yml").write_text("services:\n  db:\n    tty: true\n")
    (folder / "docker-compose.prod.yml").write_text("services:\n  db:\n    mem_limit: 1g\n")

    assert [] == _found(lint(".", "--format", "json"), "no-memory-limit")


def test_an_override_is_production_where_no_file_for_that_is_beside_it(folder, lint) -> None:
    (folder / "docker-compose.yml").write_text("services:\n  db:\n    image: mysql:9.4.0\n")
    (folder / "docker-compose.override.yml").write_text("services:\n  db:\n    tty: true\n")

    assert [("docker-compose.yml", 2)] == _found(lint(".", "--format", "json"), "no-memory-limit")


def test_passwords_for_development_are_nobodys_secret(folder, lint) -> None:
    value = secrets.token_hex(12)
    text = f"services:\n  db:\n    image: mysql:9.4.0\n    environment: {{MYSQL_PASSWORD: {value}}}\n"
    (folder / "docker-compose.dev.yml").write_text(text)
    (folder / "docker-compose.yml").write_text(text)

    run = lint(".", "--format", "json")

    assert [("docker-compose.yml", 4)] == _found(run, "literal-secret")


def test_a_policy_says_which_names_are_secret(folder, lint) -> None:
    value = secrets.token_hex(12)
    (folder / "docker-compose.yml").write_text(
        f"services:\n  a:\n    environment:\n      DB_PASSWORD: {value}\n      LAUNCH_CODE: {value}\n"
    )
    (folder / "policy.yaml").write_text("secrets:\n  names: ['LAUNCH_CODE']\n")

    run = lint("docker-compose.yml", "--policy", "policy.yaml", "--format", "json")

    assert [("docker-compose.yml", 5)] == _found(run, "literal-secret")


def test_a_service_that_extends_an_unreadable_file_is_not_judged_for_what_it_lacks(folder, lint) -> None:
    (folder / "docker-compose.yml").write_text(
        "services:\n  db:\n    image: mysql:9.4.0\n    extends: {file: gone.yml, service: db}\n"
    )

    run = lint("docker-compose.yml", "--format", "json")

    assert [] == _found(run, "no-memory-limit")
    assert [] == _found(run, "no-restart-policy")


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_a_list_of_dependencies_becomes_a_map_with_its_comments(folder, lint, ending) -> None:
    text = (
        "services:\n  app:\n    depends_on:\n      - db  # first\n      - cache\n"
        "  db: {healthcheck: {test: [CMD, a]}}\n  cache: {healthcheck: {test: [CMD, a]}}\n"
    )
    (folder / "docker-compose.yml").write_bytes(text.replace("\n", ending).encode())

    lint("docker-compose.yml", "--fix", "--unsafe-fixes", "--select", "compose/dependency-only-started")

    after = text.replace("- db  #", "db: {condition: service_healthy}  #")
    after = after.replace("- cache", "cache: {condition: service_healthy}")
    assert after.replace("\n", ending).encode() == (folder / "docker-compose.yml").read_bytes()


def test_a_list_stays_one_where_an_entry_has_no_check_to_wait_for(folder, lint) -> None:
    text = "services:\n  app:\n    depends_on:\n      - db\n      - cache\n  db: {healthcheck: {test: [CMD, a]}}\n"
    (folder / "docker-compose.yml").write_text(f"{text}  cache: {{restart: unless-stopped}}\n")

    run = lint("docker-compose.yml", "--fix", "--unsafe-fixes", "--format", "json")

    assert [("docker-compose.yml", 4)] == _found(run, "dependency-only-started")


def test_secrets_are_concealed_by_every_rule_whose_place_is_one() -> None:
    names = {rule.id.partition("/")[2] for rule in Catalogue().family("compose") if rule.conceals}

    assert {
        "literal-secret",
        "placeholder-secret",
        "secret-with-default",
        "provider-token",
        "password-in-url",
        "literal-secret-in-command",
        "secret-in-build-argument",
        "dollar-in-secret",
    } <= names


def test_ports_beside_the_proxy_become_exposed_with_their_comments(folder, lint) -> None:
    text = (
        "services:\n  web: {image: 'nginx:1.30.1', ports: ['80:80']}\n  app:\n    image: acme/app:1.2.3\n"
        '    ports:\n      - "3000:3000"  # why\n      - 4000:4001\n'
    )
    (folder / "compose.yml").write_text(text)

    lint("--select", "compose/port-beside-proxy", "--fix", "--unsafe-fixes")

    expected = (
        text.replace("    ports:\n", "    expose:\n").replace('"3000:3000"', '"3000"').replace("4000:4001", '"4001"')
    )
    assert expected == (folder / "compose.yml").read_text()


def test_two_passwords_in_addresses_do_not_become_one(folder, lint) -> None:
    one, two = secrets.token_hex(8), secrets.token_hex(8)
    address = "      {0}: mysql://app:{1}@db/app\n"
    text = "services:\n  app:\n    image: acme/app:1.2.3\n    environment:\n"
    (folder / "compose.yml").write_text(
        text + address.format("A", one) + address.format("B", one) + address.format("C", two)
    )

    lint("--select", "compose/password-in-url", "--fix", "--unsafe-fixes")

    mended = (folder / "compose.yml").read_text()
    assert (0, 1) == (mended.count(one), mended.count(two))
    assert f"MYSQL_PASSWORD='{one}'\n" == (folder / ".env").read_text()


@pytest.mark.parametrize("form", FORMATS)
def test_no_report_shows_a_secret_inside_of_a_text(folder, lint, form) -> None:
    values = [secrets.token_hex(9) for _ in range(8)]
    (folder / ".env").write_text(f"MODE=x\nMYSQL_PASSWORD={values[0]}\n")
    (folder / ".gitignore").write_text("node_modules\n")
    (folder / "Dockerfile").write_text(
        f'FROM python:3.13.5\nRUN useradd app && echo "app:{values[1]}" | chpasswd\n'
        f'RUN echo "api_key = {values[2]}" > /app.ini\nCOPY <<EOF /app.yaml\npassword: {values[3]}\nEOF\nUSER 1000\n'
    )
    (folder / "docker-compose.yml").write_text(
        f"services:\n  app:\n    image: a:1.2.3\n    command: celery flower --basic_auth=me:{values[4]}\n"
        f"    healthcheck: {{test: [CMD, curl, -u, 'me:{values[5]}', 'http://127.0.0.1']}}\n    environment:\n"
        f"      SETTINGS: |\n        a: b\n        password: {values[6]}\n      URL: redis://:{values[7]}@cache\n"
    )

    run = lint("--preset", "strict", "--format", form)

    assert [] == [value for value in values if value in run.out + run.err]
