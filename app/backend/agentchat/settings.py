"""
Every setting of the back end, in one table.

A value is looked for in config.yaml, then in the environment, then in the file that NAME_FILE names; the last wins.
Only the standard library is needed to read the table, so that other programs can compare their documents with it.
"""

import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from .readers import address, addresses, level, networks, port, positive, provider, signing_key, switch

CONFIG_PATH = Path(__file__).with_name("config.yaml")
BAD_SETTINGS_EXIT = 2
PRIVATE_NETWORKS = "127.0.0.0/8,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,::1/128,fc00::/7"


class SettingsError(Exception):
    """A setting is missing or malformed; the text names it and never shows a secret's value."""


def setting(
    section: str, line: str, default: str | None = None, *, read: Callable[[str], Any] = str, secret: bool = False
) -> Any:
    """One row of the table; without a *default* the setting has to be given. A secret stays out of repr()."""
    row = {"section": section, "doc": line, "default": default, "read": read, "secret": secret}
    if default is None:
        return field(repr=not secret, metadata=row)
    return field(default=read(default), repr=not secret, metadata=row)


@dataclass(frozen=True, kw_only=True)
class MysqlAddress:
    """Where the database is."""

    mysql_host: str = setting("database", "MySQL server", "mysql")
    mysql_port: int = setting("database", "port of the MySQL server", "3306", read=port)
    mysql_database: str = setting("database", "name of the database", "agentchat")


@dataclass(frozen=True, kw_only=True)
class Settings(MysqlAddress):
    """What the back end is told; the field mysql_host is the setting MYSQL_HOST."""

    model_provider: str = setting(
        "AI models",
        "who answers: openai, qwen, anthropic, echo, or auto: the first of them with a key",
        "auto",
        read=provider,
    )
    model_timeout_s: int = setting("AI models", "longest silence of a model, in seconds", "60", read=positive)
    openai_api_key: str = setting("AI models", "key of the OpenAI-compatible API", "", secret=True)
    openai_base_url: str = setting(
        "AI models", "address of the OpenAI-compatible API", "https://api.openai.com/v1", read=address
    )
    openai_model: str = setting("AI models", "model asked for there", "gpt-4.1-mini")
    qwen_api_key: str = setting("AI models", "key of Qwen, which speaks the same", "", secret=True)
    qwen_base_url: str = setting(
        "AI models", "address of Qwen's API", "https://dashscope.aliyuncs.com/compatible-mode/v1", read=address
    )
    qwen_model: str = setting("AI models", "model asked for there", "qwen-plus")
    anthropic_api_key: str = setting("AI models", "key of Anthropic's API", "", secret=True)
    anthropic_base_url: str = setting(
        "AI models", "address of Anthropic's API", "https://api.anthropic.com", read=address
    )
    anthropic_model: str = setting("AI models", "model asked for there", "claude-sonnet-4-5")

    search_url: str = setting(
        "search", "address of a SearXNG that answers in JSON; empty: /search is off", "", read=address
    )
    search_api_key: str = setting("search", "sent to SEARCH_URL as a bearer token", "", secret=True)

    smtp_host: str = setting("mail", "mail server for the notice at registration; empty: no mail", "")
    smtp_port: int = setting(
        "mail", "port of the mail server; 465 speaks TLS from the start, others STARTTLS", "587", read=port
    )
    smtp_user: str = setting("mail", "user at the mail server; empty: no login", "")
    smtp_password: str = setting("mail", "password of SMTP_USER", "", secret=True)
    smtp_from: str = setting("mail", "sender of the notices", "")

    jwt_secret_key: str = setting(
        "security", "signs the session cookies; 32 characters or more", read=signing_key, secret=True
    )
    jwt_secret_key_previous: str = setting(
        "security", "key before the last change, still accepted, never signed with", "", read=signing_key, secret=True
    )
    session_hours: int = setting("security", "hours until a person has to log in again", "168", read=positive)
    allowed_origins: tuple[str, ...] = setting(
        "security", "further origins whose pages may call the API, separated by commas", "", read=addresses
    )
    trusted_proxies: tuple[str, ...] = setting(
        "security", "networks whose X-Real-IP is believed, separated by commas", PRIVATE_NETWORKS, read=networks
    )

    mysql_user: str = setting("database", "user of the application: reads and writes rows, nothing else", "agentchat")
    mysql_password: str = setting("database", "password of MYSQL_USER", secret=True)
    redis_host: str = setting("database", "Redis server", "redis")
    redis_port: int = setting("database", "port of the Redis server", "6379", read=port)
    redis_user: str = setting("database", "ACL user, allowed the keys agentchat:*", "agentchat")
    redis_password: str = setting("database", "password of REDIS_USER", secret=True)

    web_concurrency: int = setting("application", "gunicorn workers", "4", read=positive)
    log_level: str = setting("application", "DEBUG, INFO, WARNING or ERROR", "INFO", read=level)

    api_docs: bool = setting("development", "page with the API's documentation at /api/docs", "false", read=switch)

    def __post_init__(self) -> None:
        """Settings that need one another."""
        if self.model_provider in ("openai", "qwen", "anthropic") and not getattr(
            self, f"{self.model_provider}_api_key"
        ):
            name = self.model_provider
            raise SettingsError(f"MODEL_PROVIDER is {name}, but {name.upper()}_API_KEY is not set")
        if self.smtp_host and not self.smtp_from:
            raise SettingsError("SMTP_HOST is set, but SMTP_FROM is not; set it to the sender of the notices")
        if self.smtp_user and not self.smtp_password:
            raise SettingsError("SMTP_USER is set, but SMTP_PASSWORD is not")


@dataclass(frozen=True, kw_only=True)
class MigrationSettings(MysqlAddress):
    """What the migrate job is told; it knows no other secret."""

    mysql_migration_user: str = setting("database", "user of the migrate job: may change tables", "agentchat_migrate")
    mysql_migration_password: str = setting("database", "password of MYSQL_MIGRATION_USER", secret=True)
    mysql_wait_s: int = setting("database", "how long the migrate job waits for MySQL, in seconds", "60", read=positive)


Kind = TypeVar("Kind")


def load(kind: type[Kind], environment: Mapping[str, str], config: Path = CONFIG_PATH) -> Kind:
    """
    Settings of *kind*, each from the last place that has it.

    An empty variable counts as absent: Compose hands one in for every unset ${NAME:-}.

    Raises:
        SettingsError: naming the first setting that is missing or malformed.
    """
    configured = read_config(config)
    values: dict[str, Any] = {}
    for row in fields(kind):  # type: ignore[arg-type]  # every kind is a dataclass
        text = find(row, configured, environment)
        if text is None and row.default is MISSING:
            raise SettingsError(
                f"{row.name.upper()} is not set; set it, or {row.name.upper()}_FILE to a file that holds it"
            )
        if text is not None:
            values[row.name] = convert(row, text)
    return kind(**values)


def find(row: Field[Any], configured: Mapping[str, str], environment: Mapping[str, str]) -> str | None:
    name = row.name.upper()
    path = environment.get(f"{name}_FILE")
    if path:
        return read_secret(name, path)
    return environment.get(name) or configured.get(name)


def read_secret(name: str, path: str) -> str | None:
    """Text of the file without the line end that editors and `echo` leave behind; None when nothing is in it."""
    try:
        return Path(path).read_text(encoding="utf-8").rstrip("\r\n") or None
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise SettingsError(f"{name}_FILE: {path} cannot be read: {reason}") from None


def convert(row: Field[Any], text: str) -> Any:
    name = row.name.upper()
    try:
        return row.metadata["read"](text)
    except ValueError as error:
        wanted = "a whole number" if "invalid literal" in str(error) else str(error)
        got = "" if row.metadata["secret"] else f", not {text!r}"
        raise SettingsError(f"{name} has to be {wanted}{got}") from None


def read_config(path: Path) -> dict[str, str]:
    """Values of config.yaml, a map of sections that hold settings; secrets are refused there."""
    import yaml  # noqa: PLC0415 - the table is read where PyYAML is not installed

    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} is not YAML: {' '.join(str(error).split())}") from None
    rows = {row.name.upper(): row for row in table()}
    if not isinstance(document, dict) or not all(isinstance(held, dict) for held in document.values()):
        raise SettingsError(f"{path} has to be a map of sections, each a map of settings")
    return {name: config_value(path, rows, name, value) for held in document.values() for name, value in held.items()}


def config_value(path: Path, rows: Mapping[str, Field[Any]], name: str, value: object) -> str:
    if name not in rows:
        raise SettingsError(f"{path}: {name} is no setting; python -m agentchat.settings --list names them")
    if rows[name].metadata["secret"]:
        raise SettingsError(
            f"{path}: {name} is a secret; give it in the environment or in the file that {name}_FILE names"
        )
    return "" if value is None else str(value)


def table() -> list[Field[Any]]:
    """All rows, each once, the application's first."""
    rows = {row.name: row for kind in (Settings, MigrationSettings) for row in fields(kind)}
    return list(rows.values())


def listing() -> list[dict[str, Any]]:
    """The table as plain values: name, section, secret, required, default and one line of documentation."""
    return [
        {
            "name": row.name.upper(),
            "section": row.metadata["section"],
            "secret": row.metadata["secret"],
            "required": row.metadata["default"] is None,
            "default": row.metadata["default"],
            "doc": row.metadata["doc"],
        }
        for row in table()
    ]


def config_text() -> str:
    """config.yaml as it ships: the default of every setting that is no secret."""
    lines = [
        "# Defaults, written by `python -m agentchat.settings --config`.",
        "# The environment and NAME_FILE win over this file.",
    ]
    shown = [row for row in listing() if not row["secret"]]
    for section in dict.fromkeys(row["section"] for row in shown):
        lines += ["", f"{section}:"]
        for row in (row for row in shown if row["section"] == section):
            lines += [f"  # {row['doc']}", f"  {row['name']}: {json.dumps(row['default'])}"]
    return "\n".join(lines) + "\n"


def load_or_exit(kind: type[Kind]) -> Kind:
    """The settings of this process, or one line on stderr and exit code 2."""
    try:
        return load(kind, os.environ)
    except SettingsError as error:
        stop(str(error))


def stop(reason: str) -> NoReturn:
    sys.stderr.write(f"agentchat: {reason}\n")
    raise SystemExit(BAD_SETTINGS_EXIT)


def main(arguments: list[str]) -> int:
    if arguments == ["--list"]:
        sys.stdout.write(json.dumps(listing(), indent=2) + "\n")
        return 0
    if arguments == ["--config"]:
        sys.stdout.write(config_text())
        return 0
    sys.stderr.write("usage: python -m agentchat.settings --list | --config\n")
    return BAD_SETTINGS_EXIT


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
