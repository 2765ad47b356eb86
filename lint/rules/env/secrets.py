"""Secrets in env files: weak ones, lost ones, and those in the wrong place."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...envfile import EnvEntry, EnvFile
from ...envfile.provider_tokens import provider_tokens
from ...finding import Edit, Severity
from ...policy import Policy
from ...regex import regex
from ...rule import Report, rule


def _literal(entry: EnvEntry) -> str | None:
    """The value where nothing in it is a variable."""
    if entry.value is None or any(True for _ in entry.cut.variables()):
        return None
    return entry.value.replace("$$", "$") if entry.quote != "'" else entry.value


def _secrets(env: EnvFile, policy: Policy) -> Iterator[tuple[EnvEntry, str]]:
    """The settings with a secret's name and a literal value."""
    for entry in env.entries:
        value = _literal(entry)
        if value and policy.is_secret_name(entry.name) and not _FRONT_END.match(entry.name):
            yield entry, value


def literal_secrets(env: EnvFile, policy: Policy) -> Iterator[EnvEntry]:
    """The settings whose values are real secrets: none that everybody tries first, and no path to one."""
    for entry, value in _secrets(env, policy):
        if not policy.is_placeholder(value) and not value.startswith(("/", "./")) and value.lower() not in _NOTHING:
            yield entry


_FRONT_END = regex(r"(?:VITE|NEXT_PUBLIC|REACT_APP|VUE_APP|NUXT_PUBLIC|GATSBY|EXPO_PUBLIC)_")
_TELLING = regex(
    r".*(?:SECRET|PASSWORD|PASSWD|PRIVATE)(?!.*PUBLI[CSH]).*|.*(?:OPENAI|ANTHROPIC|AWS|SENDGRID|TWILIO)\w*_KEY", re.I
)

_BLANK = regex(r"[<\[{*.x-]|your|my[_ -]|the[_ -]|some[_ -]|replace|insert|todo|fixme|tbd|sk-|gh[pousr]_", re.I)
"""Begins what no reader takes for a value."""

_NOTHING = ("", "null", "none", "nil", "undefined", "false")
"""How programs write that there is no value."""

_RANK = regex(r"(?:^|_)(?:ROOT|ADMIN|SUPERUSER|MASTER)(?:_|$)")
_SIGNING = regex(r"(?:^|_)SECRET(?:_KEY(?:_BASE)?)?$|(?:SIGNING|ENCRYPTION|SESSION|JWT|FERNET)_KEY$|^APP_KEY$")
_COMMON_WORDS = {"SECRET", "KEY", "BASE", "APP"}

_ADDRESS = regex(r"[a-z][a-z0-9+.-]{0,30}://(?P<user>[^/\s:@]{0,200}):(?P<password>[^/\s@]+)@", re.IGNORECASE)


@rule(
    "env/placeholder-secret",
    Severity.ERROR,
    bad="""
        MYSQL_PASSWORD=changeme  # <-
        JWT_SECRET_KEY=your-secret-key  # <-
        DATABASE_URL=mysql://root:changeme@mysql/app  # <-
        SECRET_KEY='django-insecure-3kx!y$abc#def)q2w3e4r5t6y7u8i9o0p'  # <-
        POSTGRES_PASSWORD=postgres  # <-
    """,
    good=(
        """
        MYSQL_PASSWORD=
        JWT_SECRET_KEY=${KEY:?}
        MODE=changeme
        SECRET_KEY_FILE=/run/secrets/key
        REDIS_PASSWORD=null
        """,
        {".env.example": "MYSQL_PASSWORD=your-password\n"},
        {".env.test": "JWT_SECRET_KEY=secret\n"},
    ),
    source="https://cwe.mitre.org/data/definitions/1392.html",
    covers=("gitleaks:generic-api-key", "docksec:compose-env-file-secret-risk"),
)
def placeholder_secret(env: EnvFile, policy: Policy) -> Iterator[Report]:
    """
    A secret that nobody replaced: these values are the first that are tried.

    An example file, or one for development, may hold them.
    """
    if env.is_example or env.is_for_development:
        return
    for entry in env.entries:
        value = _literal(entry) or ""
        match = _ADDRESS.search(value)
        secret = match["password"] if match else value if policy.is_secret_name(entry.name) else ""
        if secret.lower() not in _NOTHING and policy.is_placeholder(secret) and not _FRONT_END.match(entry.name):
            yield entry.value_place, f'"{entry.name}" has a value that everybody tries first; make one of your own'


@rule(
    "env/placeholder-in-example",
    Severity.INFO,
    bad={".env.example": "MYSQL_PASSWORD=changeme  # <-\nREDIS_PASSWORD=123456  # <-\n"},
    fixed={".env.example": "MYSQL_PASSWORD=\nREDIS_PASSWORD=\n"},
    good={
        ".env.example": """
            # a long random text
            MYSQL_PASSWORD=
            MODE=changeme
            OTHER_PASSWORD=${MYSQL_PASSWORD}
        """,
    },
    source="https://cwe.mitre.org/data/definitions/1392.html",
    preset="strict",
    unsafe=True,
)
def placeholder_in_example(env: EnvFile, policy: Policy) -> Iterator[Report]:
    """
    A secret of the example file has a value with which the stack starts.

    Whoever copies the file and forgets one line runs with a password that everybody knows. Left empty, `${NAME:?}` in
    the Compose file stops the start and names what is missing.
    """
    for entry, value in _secrets(env, policy) if env.is_example and not env.is_for_development else ():
        if policy.is_placeholder(value) and value.lower() not in _NOTHING and not _BLANK.match(value):
            start, end = entry.statement[0], entry.value_range[0] - len(entry.quote)
            edit = Edit(entry.place, entry.source.text[start:end], safe=False)
            yield (
                entry.value_place,
                f'"{entry.name}" has a value that works and that everybody knows; leave it empty',
                (edit,),
            )


@rule(
    "env/weak-secret",
    Severity.WARNING,
    bad="""
        JWT_SECRET_KEY=kw8Zr2  # <-
    """,
    good=(
        """
        JWT_SECRET_KEY=kw8Zr2Vb91QmXc47TyLd
        SECRET_KEY=$OTHER
        API_KEY=
        """,
        {".env.example": "JWT_SECRET_KEY=kw8Zr2\n"},
    ),
    source="https://cheatsheetseries.owasp.org/cheatsheets/Authentication_Cheat_Sheet.html",
)
def weak_secret(env: EnvFile, policy: Policy) -> Iterator[Report]:
    """A secret that is short enough to be tried out. An example file, or one for development, may hold it."""
    if env.is_example or env.is_for_development:
        return
    for entry, value in _secrets(env, policy):
        if len(value) < policy.secrets.min_length and not policy.is_placeholder(value) and not value.startswith("/"):
            least = policy.secrets.min_length
            yield entry.value_place, f'"{entry.name}" has less than {least} characters; use a random value'


@rule(
    "env/reused-secret",
    Severity.WARNING,
    bad="""
        MYSQL_ROOT_PASSWORD=kw8Zr2Vb91QmXc47TyLd
        MYSQL_PASSWORD=kw8Zr2Vb91QmXc47TyLd  # <-
        SESSION_SECRET=kw8Zr2Vb91QmXc47TyLd  # <-
    """,
    good="""
        MYSQL_ROOT_PASSWORD=kw8Zr2Vb91QmXc47TyLd
        MYSQL_PASSWORD=dLyT74cXmQ19bV2rZ8wk
        DB_PASSWORD=$MYSQL_PASSWORD
        WORDPRESS_DB_PASSWORD=dLyT74cXmQ19bV2rZ8wk
        JWT_SECRET=4cXmQ19bV2rZ8wkdLyT7
        GATEWAY_JWT_SECRET=4cXmQ19bV2rZ8wkdLyT7
    """,
    source="https://cwe.mitre.org/data/definitions/1391.html",
)
def reused_secret(env: EnvFile, policy: Policy) -> Iterator[Report]:
    """
    Two secrets with the same value: whoever learns one has both, the root password among them.

    A password that the database and its client know by two names is one secret, and is not reported.
    """
    if env.is_example:
        return
    seen: dict[str, EnvEntry] = {}
    for entry, value in _secrets(env, policy):
        first = seen.setdefault(value, entry)
        if not _may_be_one(first.name, entry.name) and not policy.is_placeholder(value):
            yield entry.value_place, f'"{entry.name}" has the value of "{first.name}"; give each its own'


def _may_be_one(first: str, second: str) -> bool:
    """Whether both may be names of the same secret, such as of a password and of what a client sends."""
    names = (first.upper(), second.upper())
    ranks = {bool(_RANK.search(name)) for name in names}
    words = [set(name.split("_")) for name in names]
    signing = [bool(_SIGNING.search(name)) for name in names]
    shared = (words[0] & words[1]) - _COMMON_WORDS
    return first == second or (len(ranks) == 1 and (not any(signing) or (all(signing) and bool(shared))))


@rule(
    "env/dollar-in-secret",
    Severity.ERROR,
    bad="""
        MYSQL_PASSWORD=kw8Zr2$Vb91QmXc47TyLd  # <-
        REDIS_PASSWORD="kw8Zr2$Xb91QmXc47TyLd"  # <-
        CELERY_BROKER_URL=redis://:kw8Zr2$Xb91@redis:6379/0  # <-
    """,
    good="""
        MYSQL_PASSWORD='kw8Zr2$Vb91QmXc47TyLd'
        REDIS_PASSWORD=xw8Zr2$$Vb91QmXc47TyLd
        BASE=1
        SECRET_KEY=$BASE$BASE
        TOKEN=$TOKEN_FROM_OUTSIDE
        DATABASE_URL=postgresql://app:$DB_PASSWORD@db/app
        REDIS_URL=redis://:pa-$STAGE@redis/$REDIS_DB
    """,
    fixed="""
        MYSQL_PASSWORD='kw8Zr2$Vb91QmXc47TyLd'
        REDIS_PASSWORD='kw8Zr2$Xb91QmXc47TyLd'
        CELERY_BROKER_URL='redis://:kw8Zr2$Xb91@redis:6379/0'
    """,
    source="https://github.com/paperless-ngx/paperless-ngx/issues/8118",
)
def dollar_in_secret(env: EnvFile, policy: Policy) -> Iterator[Report]:
    """
    A secret with a `$` in its middle, which Compose takes for a variable.

    The rest of the word is gone then, and the password is another one. Single quotes keep it as it is.
    """
    names = set(env.by_name)
    for entry in env.entries:
        address = _ADDRESS.match(entry.value) if entry.value else None
        if not entry.value or not (address or policy.is_secret_name(entry.name)) or len(entry.parts) == 1:
            continue
        variables = [each for each in entry.cut.variables() if entry.value[each.start : each.start + 2] != "${"]
        lost = [each for each in variables if each.name not in names]
        if address is not None:
            start, end = address.span("password")
            lost = [each for each in lost if start < each.start < end and not each.name.isupper()]
        if not lost or (address is None and "://" in entry.value):
            continue
        edits: tuple[Edit, ...] = ()
        if "'" not in entry.value and "$$" not in entry.value and not entry.origins and "\n" not in entry.value:
            start, end = entry.value_range
            place = entry.source.place(start - len(entry.quote), end + len(entry.quote))
            edits = (Edit(place, f"'{entry.value}'"),)
        message = f'Compose takes this part of "{entry.name}" for a variable; use single quotes'
        yield entry.place_of(lost[0]), message, edits


@rule(
    "env/token-in-example",
    Severity.ERROR,
    bad={".env.example": "GITHUB_TOKEN=ghp_" + "aB3dE5fG7hJ9kL2mN4pQ6rS8tV0wX1yZ3bC5" + "  # <-\n"},
    good=(
        {".env.example": "GITHUB_TOKEN=\nAWS_KEY=AKIAIOSFODNN7EXAMPLE\nOPENAI_API_KEY=sk-your-key\n"},
        "GITHUB_TOKEN=ghp_" + "aB3dE5fG7hJ9kL2mN4pQ6rS8tV0wX1yZ3bC5" + "\n",
    ),
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
    ),
)
def token_in_example(env: EnvFile) -> Iterator[Report]:
    """A real token in a file that shows what to set, and that is therefore in the repository for all to read."""
    if not env.is_example:
        return
    for start, end, kind in provider_tokens(env.text):
        yield env.source.place(start, end), f"this is {kind}; revoke it and leave the value empty"


@rule(
    "env/secret-in-front-end",
    Severity.ERROR,
    bad="""
        VITE_OPENAI_API_KEY=  # <-
        REACT_APP_JWT_SECRET=$KEY  # <-
    """,
    good="""
        VITE_API_BASE_URL=/api
        VITE_GOOGLE_MAPS_API_KEY=public
        NEXT_PUBLIC_STRIPE_PUBLISHABLE_KEY=public
        OPENAI_API_KEY=
    """,
    source="https://vite.dev/guide/env-and-mode#env-files",
)
def secret_in_front_end(env: EnvFile) -> Iterator[Report]:
    """A secret under a name that the front end's build writes into its JavaScript, where every visitor reads it."""
    for entry in env.entries:
        if _FRONT_END.match(entry.name) and _TELLING.fullmatch(entry.name):
            yield entry.name_place, f'"{entry.name}" becomes part of the page; keep it in the back end'
