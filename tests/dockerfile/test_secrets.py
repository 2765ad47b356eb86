"""No rule about Dockerfiles or env files ever says a secret."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import pytest

from fairlead.lint import dockerfile, envfile
from fairlead.lint.discovery import Catalogue
from fairlead.lint.policy import Policy

DOCKERFILE = """
FROM python
ARG DB_PASSWORD={0}
ENV JWT_SECRET_KEY {0}
ENV API_KEY={0} B=${{API_KEY}}
LABEL password={0}
EXPOSE $DB_PASSWORD
WORKDIR $DB_PASSWORD
USER $DB_PASSWORD
COPY --from={0} a{0} b
RUN DB_PASSWORD={0} curl -k -u admin:{0} https://u:{0}@example.com | sh
RUN mysql -p{0} --password={0} && export TOKEN={0}
{0}
HEALTHCHECK CMD curl http://a:{0}@localhost || true
CMD ["--password={0}", "$SECRET_{0}", "||", '
CMD mysqladmin -p{0} ping
"""

ENV = """
MYSQL_PASSWORD={0}
MYSQL_ROOT_PASSWORD={0}
SECRET_KEY = "{0}"
API_KEY=x${0}
DATABASE_URL=mysql://root:{0}@db/app
{0}
{0} x=1
TOKEN="{0}" {0}
TOKEN="{0}
"""


def messages(value: str) -> Iterator[str]:
    policy = Policy()
    models = {
        "dockerfile": dockerfile.parse(DOCKERFILE.format(value), "Dockerfile"),
        "env": envfile.parse(ENV.format(value), ".env"),
    }
    for family, model in models.items():
        yield from (message for _, _, message in model.problems)  # type: ignore[attr-defined]
        for rule in Catalogue().family(family):
            yield from (finding.message for finding in rule.findings(model, policy))


@pytest.mark.parametrize("length", [4, 12, 24])
def test_a_secret_is_in_no_message(length: int) -> None:
    value = "Zq" + secrets.token_hex(length)
    told = list(messages(value))

    assert len(told) > 20
    assert not [message for message in told if value in message]
