"""Where secrets stand in a Compose project: variables, words of commands, addresses."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from ...compose import Project, Service, Use, Value, Variable
from ...compose.nodes import Scalar
from ...compose.places import part_place, written_scalars
from ...envfile.provider_tokens import provider_tokens
from ...place import Place
from ...policy import Policy
from ...record import dataclass
from ...regex import regex

FRONT_END = regex(r"(?:VITE|NEXT_PUBLIC|REACT_APP|VUE_APP|NUXT_PUBLIC|GATSBY|EXPO_PUBLIC)_")
"""Begins names that a front end's build writes into its JavaScript."""

_NO_SECRET = regex(
    r"/.*|\./.*|\{\{.*\}\}|%\w+%|true|false|yes|no|on|off|0|1|(?:vault|ssm|arn|op|file|gcp|awssm|secretsmanager|doppler|env):.*"
    r"|\$?\$(?:argon2\w*|2[abxy]|apr1|[156y]|scrypt|pbkdf2)[$-].*|\{(?:SSHA?|SHA|BCRYPT)\d*\}.*|pbkdf2[:_].*|scrypt:.*",
    re.I,
)
"""Values under a secret's name that are none: a path, a switch, a hash, a reference to a place that keeps secrets."""

_DATA_SOURCE = regex(r"(?:.*[_-])?(?:dsn|connection[_-]string)", re.I)
_DEVELOPMENT = regex(r"(?:^|[._-])(?:dev|develop|development|local|debug|tests?|testing|ci|e2e)(?:[._-]|$)", re.I)


def is_for_development(path: str) -> bool:
    """Whether the file's name says that nothing in it is for production, so that its passwords guard nothing."""
    return _DEVELOPMENT.search(posixpath.basename(path)) is not None


def may_be_secret(value: str) -> bool:
    """Whether a literal value under a secret's name can be one."""
    return bool(value.strip()) and not _NO_SECRET.fullmatch(value.strip())


def variables_of(service: Service) -> Iterator[Variable]:
    """What Compose gives the containers of *service* and keeps with them: variables and labels."""
    yield from service.own_environment.values()
    yield from service.labels.values()


def is_secret(variable: Variable, policy: Policy) -> bool:
    """Whether the name says that the value is a secret; of a label, what follows its last dot."""
    name = variable.name.rpartition(".")[2] if variable.origin == "labels" else variable.name
    return policy.is_secret_name(name) and not _DATA_SOURCE.fullmatch(name) and not FRONT_END.match(name)


def literal_of(variable: Variable) -> str:
    """The value where no variable is in it and it is no provider's token, which another rule reports; else ""."""
    if variable.entry is None or variable.handed_through or not isinstance(variable.value, str):
        return ""
    if (
        variable.entry.uses
        or "$" in variable.text.replace("$$", "")
        or any(True for _ in provider_tokens(variable.value))
    ):
        return ""
    return "" if "://" in variable.value else variable.value


@dataclass(frozen=True, eq=False)
class Word:
    """A secret on a command line: its *text* as written, *place*, and the *name* of the option or variable."""

    text: str
    place: Place
    name: str


_ASSIGNED = regex(r"(?:^|[\s;&|(])(?P<name>[A-Za-z_]\w{0,80})=(?P<value>\"[^\"]*\"|'[^']*'|[^\s;&|)\"']+)")
_OPTION = regex(r"(?:^|[\s\"'])--?(?P<name>[A-Za-z][\w.-]{0,80})(?:=|\s+)(?P<value>\"[^\"]*\"|'[^']*'|[^\s;&|)\"']+)")
_CLIENT = r"(?:mysql|mysqladmin|mysqldump|mysqlcheck|mariadb|mariadb-admin|mariadb-dump)"
_MYSQL = regex(_CLIENT + r"\b[^|;&]*?\s-p(?P<value>\"[^\"]*\"|'[^']*'|[^\s;&|)\"']+)")
_REDIS = regex(r"(?:redis|valkey|keydb)-cli\b[^|;&]*?\s(?:-a|--pass)\s+(?P<value>\"[^\"]*\"|'[^']*'|[^\s;&|)\"']+)")
_CURL = regex(r"\bcurl\b[^|;&]*?\s(?:-u|--user)[\s=]*[\"']?[^\s:\"'|;&]+:(?P<value>[^\s;&|)\"']+)")
_PAIRS = ("basic_auth", "basic-auth")
"""Options whose value is a user's name and password, such as that of Flower."""


def words_of(service: Service, policy: Policy) -> Iterator[Word]:
    """What looks like a secret in the command, the entrypoint and the health check, variables and all."""
    for path in ("command", "entrypoint", "healthcheck.test"):
        value = service.get(path)
        if value is not None:
            scalars = written_scalars(value.node)
            yield from _of_list(scalars, policy)
            for scalar in scalars:
                yield from _of_line(scalar, policy)


def _of_list(scalars: list[Scalar], policy: Policy) -> Iterator[Word]:
    program = ""
    for index, scalar in enumerate(scalars):
        text = scalar.text
        following = scalars[index + 1] if index + 1 < len(scalars) else None
        name = text.lstrip("-")
        if re.fullmatch(_CLIENT + r"|(?:redis|valkey|keydb)-cli|curl", text.rpartition("/")[2]):
            program = text.rpartition("/")[2]
        elif text.startswith("-p") and len(text) > 2 and re.fullmatch(_CLIENT, program):  # noqa: PLR2004 - "-p" alone asks
            yield Word(text[2:], part_place(scalar, 2, len(text)), "-p")
        elif program == "curl" and text in ("-u", "--user") and following is not None and ":" in following.text:
            start = following.text.index(":") + 1
            yield Word(following.text[start:], part_place(following, start, len(following.text)), text)
        elif following is not None and (
            (text in ("-a", "--pass") and program.endswith("-cli"))
            or (text.startswith("-") and name != text and _is_secret_option(name, policy))
        ):
            yield Word(following.text, following.place, text)


def _of_line(scalar: Scalar, policy: Policy) -> Iterator[Word]:
    text = scalar.text
    for pattern, option in ((_ASSIGNED, ""), (_OPTION, ""), (_MYSQL, "-p"), (_REDIS, "-a"), (_CURL, "-u")):
        for match in pattern.finditer(text):
            name = option or match["name"]
            if option or _is_secret_option(name, policy):
                start, end = match.span("value")
                quoted = text[start] in "\"'" and text[start] == text[end - 1] and end - start > 1
                start, end = (start + 1, end - 1) if quoted else (start, end)
                yield Word(text[start:end], part_place(scalar, start, end), name)


def _is_secret_option(name: str, policy: Policy) -> bool:
    return name in _PAIRS or (policy.is_secret_name(name.replace(".", "_")) and not FRONT_END.match(name))


_ADDRESS = regex(r"[a-z][a-z0-9+.-]{0,30}://(?P<user>[^/\s:@\"'<>{}$]{0,200}):(?P<password>[^/\s@\"'<>]{1,300})@", re.I)
_PAIR = regex(r"(?:^|[;\"' ?&])(?:password|pwd)\s?=\s?(?P<password>[^;&\"'\s]{1,300})(?=[;&\"'\s]|$)", re.I)


def passwords_in(value: Value) -> Iterator[tuple[Scalar, int, int]]:
    """The passwords in addresses and connection strings of *value*: the scalar, and from where to where in its text."""
    for scalar in written_scalars(value.node):
        if "@" in scalar.text and "://" in scalar.text:
            for match in _ADDRESS.finditer(scalar.text):
                yield scalar, *match.span("password")
        elif ";" in scalar.text or "://" in scalar.text or _DATA_SOURCE.fullmatch(scalar.text.partition("=")[0]):
            for match in _PAIR.finditer(scalar.text):
                yield scalar, *match.span("password")


def is_from_shell(text: str) -> bool:
    """Whether a shell in the container gives the value, so that it stands nowhere outside."""
    return text.startswith(("$$", "`", "$(")) or "$$" in text


def defaults(project: Project) -> Iterator[tuple[Use, str, Place]]:
    """Each default that is no variable itself: the use, the default, and where it stands."""
    for use in project.uses:
        default = use.default
        if default and "$" not in default:
            start = use.variable.end - 1 - len(default)
            yield use, default, part_place(use.scalar, start, use.variable.end - 1)


_EXAMPLES = (
    ".env", ".env.example", ".env.sample", ".env.template", ".env.dist", "env.example", "example.env", "sample.env",
    "docker.env.example", ".env.production.example", ".env.prod.example",
)  # fmt: skip


def documented(project: Project) -> set[str]:
    """The variables that the env file or an example of one names, and those that Compose asks for by ``:?``."""
    names = {*project.environment, *(use.name for use in project.uses if use.variable.required)}
    folders = dict.fromkeys((project.directory, posixpath.dirname(project.directory)))
    for folder in folders:
        for name in _EXAMPLES:
            found = project.env_file(posixpath.join(folder, name))
            names |= {entry.name for entry in found.entries} if found is not None else set()
    return names
