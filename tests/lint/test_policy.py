"""The production policy and what a user may change of it."""

from __future__ import annotations

import typing

import pytest

from fairlead.lint import sections
from fairlead.lint.policy import Policy, PolicyError, merged, policy_from
from fairlead.schemas import errors, schema

POLICY = Policy()


def test_the_production_policy_is_as_its_schema_says() -> None:
    assert errors("policy", POLICY.data) == []


def test_every_key_of_the_policy_is_described_and_typed() -> None:
    described = schema("policy")["properties"]

    assert set(described) == set(POLICY.data)
    for name, keys in POLICY.data.items():
        typed = typing.get_type_hints(getattr(sections, name.capitalize()))
        plain = {key for key, value in keys.items() if not isinstance(value, dict)}
        assert set(described[name]["properties"]) == set(keys)
        assert set(typed) == plain


def test_lists_are_tuples_and_unknown_keys_are_named() -> None:
    assert POLICY.tls.protocols == ("TLSv1.2", "TLSv1.3")
    with pytest.raises(AttributeError, match=r"the policy has no gzip\.speed"):
        POLICY.gzip.speed  # type: ignore[attr-defined]  # noqa: B018 - reading it is the test


def test_an_override_replaces_values_and_keeps_the_rest() -> None:
    policy = Policy({"gzip": {"max_level": 9}}, {"headers": {"required": {"X-Team": {"allowed": ["ours"]}}}})

    assert policy.gzip.max_level == 9
    assert policy.gzip.min_level == POLICY.gzip.min_level
    assert {"X-Team", "X-Frame-Options"} <= set(policy.required_headers)
    assert "X-Team" not in POLICY.required_headers


def test_merging_changes_neither_side() -> None:
    base, override = {"a": {"b": [1], "c": 2}}, {"a": {"b": [3]}}

    assert merged(base, override) == {"a": {"b": [3], "c": 2}}
    assert base == {"a": {"b": [1], "c": 2}}


@pytest.mark.parametrize("value", ["0", "1; mode=block", "1;mode=block"])
def test_the_old_and_the_new_advice_on_xss_protection_are_both_allowed(value: str) -> None:
    assert POLICY.optional_headers["X-XSS-Protection"].allows(value)


@pytest.mark.parametrize("value", ["1", "1; report=/x", "block"])
def test_other_values_of_xss_protection_are_not(value: str) -> None:
    assert not POLICY.optional_headers["X-XSS-Protection"].allows(value)


@pytest.mark.parametrize(
    "name",
    [
        "MYSQL_ROOT_PASSWORD", "REDIS_PASSWORD", "JWT_SECRET_KEY", "OPENAI_API_KEY", "SMTP_PASS", "SECRET_KEY",
        "password", "apiKey", "client_secret", "GITHUB_TOKEN", "SECRET_KEY_BASE", "AWS_SECRET_ACCESS_KEY",
        "NEXTAUTH_SECRET", "DB_PWD", "PRIVATE_KEY", "requirepass", "PGPASSWORD", "SENTRY_DSN", "STRIPE_SECRET",
        "Jwt__Key", "APP_KEY", "REDISCLI_AUTH",
    ],
)  # fmt: skip
def test_names_of_secrets_are_recognised(name: str) -> None:
    assert POLICY.is_secret_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "MYSQL_PASSWORD_FILE", "SECRET_PATH", "TOKEN_URL", "MAX_TOKENS", "ACCESS_TOKEN_EXPIRE_MINUTES", "MYSQL_USER",
        "PATH", "KEYCLOAK_URL", "COMPASS", "BYPASS", "MONKEY", "JWT_ALGORITHM", "MYSQL_ALLOW_EMPTY_PASSWORD",
        "TOKENIZERS_PARALLELISM", "PUBLIC_KEY", "SSH_PUBLIC_KEY", "SECRETARY", "OPENAI_MAX_TOKENS", "PUSHER_APP_KEY",
    ],
)  # fmt: skip
def test_names_that_only_look_like_secrets_are_not(name: str) -> None:
    assert not POLICY.is_secret_name(name)


@pytest.mark.parametrize(
    "value",
    [
        "changeme",
        "change-me-in-production",
        "CHANGE_ME",
        "your_password_here",
        "<your key>",
        "xxxx",
        "password",
        "123456",
    ],
)
def test_placeholders_are_recognised(value: str) -> None:
    assert POLICY.is_placeholder(value)


@pytest.mark.parametrize("value", ["8sZr2kQ0vYw4", "agentchat", "true", "utf8mb4", ""])
def test_ordinary_values_are_no_placeholders(value: str) -> None:
    assert not POLICY.is_placeholder(value)


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        ({"gzip": {"max_level": 12}}, "mine.yaml: policy: gzip.max_level: 12 is greater than the maximum of 9"),
        ([], "mine.yaml: policy: [] is not of type 'object'"),
        (
            {"headers": {"required": {"X": {}}}},
            "mine.yaml: policy: headers.required.X: 'allowed' is a required property",
        ),
    ],
)
def test_a_wrong_policy_is_refused_by_key(data: object, complaint: str) -> None:
    with pytest.raises(PolicyError) as caught:
        policy_from(data, "mine.yaml")

    assert str(caught.value) == complaint
