import subprocess
import sys
from pathlib import Path

import pytest

from agentchat.settings import (
    CONFIG_PATH,
    MigrationSettings,
    Settings,
    SettingsError,
    config_text,
    listing,
    load,
)

REQUIRED = {"MYSQL_PASSWORD": "m", "REDIS_PASSWORD": "r", "JWT_SECRET_KEY": "s" * 40}


def config(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "config.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_environment_wins_over_config_yaml_and_a_file_over_both(tmp_path: Path) -> None:
    path = config(tmp_path, "database: {MYSQL_HOST: from-config, REDIS_HOST: from-config, MYSQL_USER: from-config}\n")
    secret = tmp_path / "user"
    secret.write_text("from-file\n", encoding="utf-8")
    environment = {
        **REQUIRED,
        "REDIS_HOST": "from-environment",
        "MYSQL_USER": "from-environment",
        "MYSQL_USER_FILE": str(secret),
    }

    settings = load(Settings, environment, path)

    assert (
        settings.mysql_host,
        settings.redis_host,
        settings.mysql_user,
    ) == ("from-config", "from-environment", "from-file")


def test_only_the_line_end_of_a_secret_file_is_dropped(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text(" spaces stay \r\n", encoding="utf-8")

    settings = load(Settings, {**REQUIRED, "REDIS_PASSWORD_FILE": str(secret)})

    assert settings.redis_password == " spaces stay "


def test_an_empty_variable_and_an_empty_file_count_as_absent(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.write_text("\n", encoding="utf-8")

    settings = load(Settings, {**REQUIRED, "OPENAI_MODEL": "", "OPENAI_API_KEY_FILE": str(empty)})

    assert (settings.openai_model, settings.openai_api_key) == ("gpt-4.1-mini", "")


@pytest.mark.parametrize("name", sorted(REQUIRED))
def test_a_missing_setting_is_named(name: str) -> None:
    environment = {key: value for key, value in REQUIRED.items() if key != name}

    with pytest.raises(SettingsError) as caught:
        load(Settings, environment)

    assert str(caught.value) == f"{name} is not set; set it, or {name}_FILE to a file that holds it"


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("MYSQL_PORT", "33o6", "MYSQL_PORT has to be a whole number, not '33o6'"),
        ("REDIS_PORT", "0", "REDIS_PORT has to be a port between 1 and 65535, not '0'"),
        ("WEB_CONCURRENCY", "0", "WEB_CONCURRENCY has to be a whole number of at least 1, not '0'"),
        ("LOG_LEVEL", "loud", "LOG_LEVEL has to be DEBUG, INFO, WARNING or ERROR, not 'loud'"),
        ("API_DOCS", "perhaps", "API_DOCS has to be true or false, not 'perhaps'"),
        ("JWT_SECRET_KEY", "short", "JWT_SECRET_KEY has to be at least 32 characters"),
        (
            "OPENAI_BASE_URL",
            "http://[",
            "OPENAI_BASE_URL has to be an address that begins with http:// or https://, not 'http://['",
        ),
        (
            "TRUSTED_PROXIES",
            "10.0.0.1/8",
            "TRUSTED_PROXIES has to be networks such as 10.0.0.0/8, separated by commas, not '10.0.0.1/8'",
        ),
        ("MODEL_PROVIDER", "qwen", "MODEL_PROVIDER is qwen, but QWEN_API_KEY is not set"),
        ("SMTP_HOST", "mail", "SMTP_HOST is set, but SMTP_FROM is not; set it to the sender of the notices"),
    ],
)
def test_a_malformed_setting_is_named_and_a_secret_not_shown(name: str, value: str, message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load(Settings, {**REQUIRED, name: value})

    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("database: [", "is not YAML"),
        ("MYSQL_HOST: mysql", "has to be a map of sections, each a map of settings"),
        ("database: {MYSQL_HOTS: x}", "MYSQL_HOTS is no setting"),
        ("database: {MYSQL_PASSWORD: x}", "MYSQL_PASSWORD is a secret"),
    ],
)
def test_a_faulty_config_yaml_is_refused_in_one_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message) as caught:
        load(Settings, REQUIRED, config(tmp_path, text))

    assert "\n" not in str(caught.value)


def test_a_secret_stays_out_of_what_is_printed() -> None:
    settings = load(Settings, {**REQUIRED, "MYSQL_PASSWORD": "hunter2", "OPENAI_API_KEY": "sk-hunter2"})

    assert "hunter2" not in repr(settings)


def test_the_migrate_job_needs_its_own_password_only() -> None:
    settings = load(MigrationSettings, {"MYSQL_MIGRATION_PASSWORD": "p"})

    assert (settings.mysql_migration_user, settings.mysql_port) == ("agentchat_migrate", 3306)


def test_config_yaml_is_what_the_table_says() -> None:
    assert CONFIG_PATH.read_text(encoding="utf-8") == config_text()


def test_every_setting_has_one_row_with_a_line_of_documentation() -> None:
    names = [row["name"] for row in listing()]

    assert len(names) == len(set(names))
    assert all(row["doc"] and row["section"] for row in listing())


def test_the_table_can_be_read_without_any_package() -> None:
    root = CONFIG_PATH.parent.parent
    code = "import agentchat.settings as s; print(len(s.listing()))"

    shown = subprocess.run(
        [sys.executable, "-S", "-c", code], cwd=root, capture_output=True, text=True, check=True, timeout=30
    )

    assert int(shown.stdout) == len(listing())
