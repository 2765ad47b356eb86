"""Secrets inside of longer values: settings files that are written into the Compose file, structured variables."""

from __future__ import annotations

from collections.abc import Iterator

from ...compose import Project, Value
from ...compose.nodes import Scalar
from ...compose.places import part_place, written_scalars
from ...envfile.embedded import literal_secrets
from ...envfile.provider_tokens import provider_tokens
from ...finding import Severity
from ...policy import Policy
from ...regex import regex
from ...rule import Report, rule
from .secret_places import is_for_development, may_be_secret


@rule(
    "compose/secret-in-text",
    Severity.ERROR,
    bad="""
        configs:
          app:
            content: |
              database:
                password: kw8Zr2Vb91  # <-
        services:
          gitlab:
            environment:
              GITLAB_OMNIBUS_CONFIG: |
                external_url 'https://gitlab.example.com'
                gitlab_rails['smtp_password'] = "kw8Zr2Vb91"  # <-
          app:
            command:
              - -c
              - |
                cat <<END > /etc/source.yaml
                basicAuthPassword: kw8Zr2Vb91  # <-
                END
                exec serve
            environment:
              SETTINGS: '{"db": {"host": "db", "password": "kw8Zr2Vb91"}}'  # <-
              JAVA_OPTS: -Xmx512m -Ddb.password=kw8Zr2Vb91  # <-
              JAAS_CONFIG: 'org.example.PlainLoginModule required username="admin" password="kw8Zr2Vb91";'  # <-
    """,
    good="""
        configs:
          app:
            content: |
              # password: kw8Zr2Vb91
              database:
                password: ${DB_PASSWORD:?}
                password_file: /run/secrets/db
                max_tokens: 4096
        services:
          gitlab:
            environment:
              GITLAB_OMNIBUS_CONFIG: |
                gitlab_rails['smtp_password'] = ENV['SMTP_PASSWORD']
                gitlab_rails['smtp_password'] = File.read('/run/secrets/smtp')
          app:
            environment:
              SETTINGS: '{"db": {"host": "db", "password": ""}}'
              GREETING: "the password: see the wiki"
    """,
    source="https://cwe.mitre.org/data/definitions/798.html",
    conceals=True,
)
def secret_in_text(project: Project, policy: Policy) -> Iterator[Report]:
    """
    A secret written into a value of many settings: the content of a config, a variable that holds a file or JSON.

    It is in the repository like any other. `${NAME:?}` works inside of such a text too, or the program reads the
    secret from a file under /run/secrets.
    """
    for value in _texts(project):
        for scalar in written_scalars(value.node):
            if is_for_development(scalar.source.path) or not _is_structured(scalar, value):
                continue
            tokens = [(start, end) for start, end, _ in provider_tokens(scalar.text)]
            for start, end, name in literal_secrets(scalar.text, policy.is_secret_name):
                is_word = value.key is not None and value.key.text in _COMMANDS and _SET.search(scalar.text[:start])
                if is_word or any(start < b and a < end for a, b in tokens):
                    continue
                if may_be_secret(scalar.text[start:end]):
                    message = f'the value of "{name}" stands in the file; write "${{NAME:?}}" or use a secret'
                    yield part_place(scalar, start, end), message


def _texts(project: Project) -> Iterator[Value]:
    for config in project.configs.values():
        content = config.get("content")
        if content is not None:
            yield content
    for service in project.services.values():
        yield from (each.entry for each in service.own_environment.values() if each.entry is not None)
        yield from (value for key in _COMMANDS if (value := service.get(key)) is not None)


def _is_structured(scalar: Scalar, value: Value) -> bool:
    """Whether the text holds several settings; one alone is judged by the name of its variable."""
    text = scalar.text.partition("=")[2] if value.key is None else scalar.text
    is_several = "\n" in text.strip() or text.lstrip().startswith(("{", "[{")) or " -D" in f" {text}"
    return is_several or _QUOTED.search(text) is not None


_COMMANDS = ("command", "entrypoint")
_SET = regex(r"=[\"']?$")
"""What a shell sets in a command is reported by `compose/literal-secret-in-command`."""

_QUOTED = regex(r"\s[A-Za-z][\w.-]*=(?:\"[^\"\s]+\"|'[^'\s]+')")
"""One of several settings in a line, such as those of a login module of Java."""
