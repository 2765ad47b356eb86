"""Values that YAML makes into something else than what is written."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...compose import Project, Service, Variable
from ...compose.nodes import Scalar
from ...finding import Edit, Severity
from ...policy import Policy
from ...regex import regex
from ...rule import Report, rule

_BASE_60 = regex(r"\d{1,5}:[0-5]?\d")


def _variables(service: Service) -> Iterator[Variable]:
    yield from service.own_environment.values()
    yield from service.labels.values()
    if service.build is not None:
        yield from service.build.args.values()


def _is_plain_number(variable: Variable) -> bool:
    """Whether it is a value without quotes that YAML does not take for text."""
    node = variable.entry.node if variable.entry is not None else None
    if not isinstance(node, Scalar) or node.style or node.origin or "$" in node.text or variable.handed_through:
        return False
    return isinstance(node.data, int | float) or (isinstance(node.data, str) and node.data != node.text)


@rule(
    "compose/value-changed-by-yaml",
    Severity.WARNING,
    bad="""
        services:
          app:
            image: acme/app:1.2.3
            environment:
              PYTHON_VERSION: 3.10  # <-
              ZIP_CODE: 01234  # <-
              RELEASED: 2024-01-01  # <-
    """,
    fixed="""
        services:
          app:
            image: acme/app:1.2.3
            environment:
              PYTHON_VERSION: "3.10"
              ZIP_CODE: "01234"
              RELEASED: "2024-01-01"
    """,
    good="""
        services:
          app:
            image: acme/app:1.2.3
            environment:
              PYTHON_VERSION: "3.10"
              WORKERS: 4
              RATIO: 0.5
              LOUD: yes
              DEBUG: false
          list:
            image: acme/app:1.2.3
            environment: [PYTHON_VERSION=3.10, ZIP_CODE=01234]
    """,
    unsafe=True,
    source="https://yaml.org/spec/1.2.2/#103-core-schema",
)
def value_changed_by_yaml(project: Project, policy: Policy) -> Iterator[Report]:
    """
    A value without quotes that reaches the container as another text.

    To YAML 3.10 is a number, and the container gets 3.1; a leading zero makes an octal number, and a date gets a
    time. Quotes keep what is written.
    """
    for service in project.services.values():
        for variable in _variables(service):
            if (
                not _is_plain_number(variable)
                or not isinstance(variable.value, str)
                or policy.is_secret_name(variable.name)
            ):
                continue
            if variable.value != variable.text and variable.value.lower() != variable.text.lower():
                message = f'"{variable.text}" reaches the container as "{variable.value}"; put it in quotes'
                yield variable.value_place, message, (Edit(variable.value_place, f'"{variable.text}"', safe=False),)


@rule(
    "compose/port-without-quotes",
    Severity.INFO,
    bad="""
        services:
          git:
            image: acme/git:1.2.3
            ports:
              - 22:22  # <-
    """,
    fixed="""
        services:
          git:
            image: acme/git:1.2.3
            ports:
              - "22:22"
    """,
    good="""
        services:
          git:
            image: acme/git:1.2.3
            ports: ["2222:22"]
          web:
            image: nginx:1.29.4
            ports:
              - 127.0.0.1:8080:80
    """,
    source="https://github.com/containers/podman-compose/issues/736",
    covers=("dclint:require-quotes-in-ports",),
    preset="strict",
)
def port_without_quotes(project: Project) -> Iterator[Report]:
    """
    A pair of ports that YAML 1.1 reads as a number to the base of 60.

    Compose reads `22:22` as it stands, but podman-compose, Ansible and whatever else uses PyYAML get 1342.
    """
    for service in project.services.values():
        for port in service.ports:
            has_quotes = port.place.end_column - port.place.column != len(port.text)
            if port.is_short and not has_quotes and _BASE_60.fullmatch(port.text):
                message = f'"{port.text}" is a number to programs that read YAML 1.1; put it in quotes'
                yield port.place, message, (Edit(port.place, f'"{port.text}"'),)


@rule(
    "compose/file-mode-not-octal",
    Severity.WARNING,
    bad="""
        services:
          app:
            image: acme/app:1.2.3
            secrets:
              - source: key
                mode: 440  # <-
            volumes:
              - {type: tmpfs, target: /run/app, tmpfs: {mode: 1777}}  # <-
        secrets:
          key: {file: ./key}
    """,
    fixed="""
        services:
          app:
            image: acme/app:1.2.3
            secrets:
              - source: key
                mode: 0440
            volumes:
              - {type: tmpfs, target: /run/app, tmpfs: {mode: 01777}}
        secrets:
          key: {file: ./key}
    """,
    good="""
        services:
          app:
            image: acme/app:1.2.3
            secrets:
              - {source: key, mode: 0440}
              - {source: more, mode: 288}
        secrets:
          key: {file: ./key}
          more: {file: ./more}
    """,
    unsafe=True,
    source="https://docs.docker.com/reference/compose-file/services/#secrets",
)
def file_mode_not_octal(project: Project) -> Iterator[Report]:
    """
    A file's mode that lacks the leading zero of an octal number.

    `mode: 440` is 0670: the owner and group may write, and nobody meant that.
    """
    for service in project.services.values():
        modes = [mount.value.get("mode") for mount in (*service.secrets, *service.configs)]
        for value in (*modes, *(mount.value.get("tmpfs.mode") for mount in service.mounts)):
            if value is None or not isinstance(value.node, Scalar) or value.node.style:
                continue
            if re.fullmatch(r"[0-7]{3}|1[0-7]{3}", value.text) and not value.text.startswith("0"):
                message = f'mode {value.text} is {int(value.text):#o} to Compose; write "0{value.text}"'
                yield value.place, message, (Edit(value.place, f"0{value.text}", safe=False),)


@rule(
    "compose/unused-anchor",
    Severity.INFO,
    bad="""
        x-logging: &logging  # <-
          driver: local
        services:
          web:
            image: nginx:1.29.4
    """,
    good="""
        x-logging: &logging
          driver: local
        services:
          web:
            image: nginx:1.29.4
            logging: *logging
    """,
    source="https://docs.docker.com/reference/compose-file/fragments/",
    preset="strict",
)
def unused_anchor(project: Project) -> Iterator[Report]:
    """An anchor that no alias of its file repeats: it is left over, or an alias was forgotten."""
    for source in project.sources if project.complete else ():
        used = {name for name, _ in source.aliases}
        for name, place in source.anchors:
            if name not in used:
                yield place, f'anchor "{name}" is used nowhere; remove it, or repeat it with "*{name}"'


@rule(
    "compose/redefined-anchor",
    Severity.WARNING,
    bad="""
        x-small: &limits
          mem_limit: 128m
        x-large: &limits  # <-
          mem_limit: 2g
        services:
          web:
            <<: *limits
            image: nginx:1.29.4
    """,
    good="""
        x-small: &small
          mem_limit: 128m
        x-large: &large
          mem_limit: 2g
        services:
          web:
            <<: *small
            image: nginx:1.29.4
          app:
            <<: *large
            image: acme/app:1.2.3
    """,
    source="https://yaml.org/spec/1.2.2/#3222-anchors-and-aliases",
)
def redefined_anchor(project: Project) -> Iterator[Report]:
    """
    Two anchors of one name in one file.

    YAML allows it: an alias repeats whichever stands last before it, so moving a block changes what it means.
    """
    for source in project.sources if project.complete else ():
        lines: dict[str, int] = {}
        for name, place in source.anchors if "\n---" not in source.text else ():
            if name in lines:
                yield place, f'anchor "{name}" is in line {lines[name]} already; give one of them another name'
            lines.setdefault(name, place.line)
