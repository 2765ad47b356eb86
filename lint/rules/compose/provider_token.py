"""Tokens that show by their shape who gave them out."""

from __future__ import annotations

from collections.abc import Iterator

from ...compose import Project
from ...envfile.provider_tokens import provider_tokens
from ...finding import Severity
from ...rule import Report, rule
from ...source import Source

_TOKEN = "ghp_" + "aB3dE5fG7hJ9kL2mN4pQ6rS8tV0wX1yZ3bC5"


@rule(
    "compose/provider-token",
    Severity.ERROR,
    bad=f"services:\n  app:\n    environment:\n      HUB: {_TOKEN}  # <-\n    # HUB={_TOKEN}  # <-\n",
    good="""
        services:
          app:
            environment:
              HUB: ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
              KEY: AKIAIOSFODNN7EXAMPLE
    """,
    source="https://docs.github.com/en/code-security/secret-scanning/introduction/supported-secret-scanning-patterns",
    covers=(
        "detect-secrets:aws",
        "detect-secrets:github_token",
        "detect-secrets:gitlab_token",
        "detect-secrets:npm",
        "detect-secrets:openai",
        "detect-secrets:private_key",
        "detect-secrets:pypi_token",
        "detect-secrets:sendgrid",
        "detect-secrets:slack",
        "detect-secrets:stripe",
        "detect-secrets:azure_storage_key",
        "detect-secrets:mailchimp",
        "detect-secrets:square_oauth",
        "detect-secrets:telegram_token",
        "detect-secrets:twilio",
    ),
    conceals=True,
)
def provider_token(project: Project) -> Iterator[Report]:
    """A token that shows by its shape that a provider gave it out; also in comments, and whatever its name."""
    for path, text in project.files.items():
        source = Source(text, path)
        for start, end, kind in provider_tokens(text):
            yield source.place(start, end), f"this is {kind}; revoke it and pass the new one from the environment"
