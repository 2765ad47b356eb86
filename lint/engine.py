"""Files to findings: loads models, applies the chosen rules, sorts out what is hidden."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from . import family as families
from .discovery import Catalogue
from .family import Model, Options
from .files import Files, ReadError
from .finding import Finding, Severity
from .place import Place
from .policy import Policy
from .record import dataclass, field, replace
from .report.masking import told
from .rule import Rule
from .selection import Selection, unknown_rule
from .suppression import Audit, Suppression, applied, suppressions

_PARSED = ("nginx", "compose", "dockerfile", "env")


@dataclass(frozen=True)
class Setup:
    """What stays the same while files change: the rules, what they are given, and how files are read."""

    catalogue: Catalogue = field(default_factory=Catalogue)
    selection: Selection = field(default_factory=Selection)
    options: Options = field(default_factory=Options)
    policy: Policy = field(default_factory=Policy)
    _rules: dict[str, tuple[Rule, ...]] = field(default_factory=dict, repr=False)
    _chosen: dict[str, tuple[Rule, ...]] = field(default_factory=dict, repr=False)

    def rules(self, family: str) -> tuple[Rule, ...]:
        """All rules of *family*; looked for once, since one process may lint many stacks."""
        if family not in self._rules:
            self._rules[family] = self.catalogue.family(family)
        return self._rules[family]

    def chosen(self, family: str) -> tuple[Rule, ...]:
        """The rules of *family* that are applied."""
        if family not in self._chosen:
            self._chosen[family] = self.selection.chosen(self.rules(family))
        return self._chosen[family]


@dataclass
class Outcome:
    """
    What one run found.

    Attributes:
        findings: In the order of files and lines; suppressed ones are gone.
        texts: Every file that was read, by the path that findings name.
        inclusions: For each nginx configuration its files, the one that includes the others first;
            for each file of a project what its services mount, where a rule has read it.
        failures: One line for each file that could not be read and each rule that broke.
        secret_places: Where secrets stand, by every rule that finds such: also the suppressed and those not chosen.
    """

    findings: list[Finding] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)
    inclusions: list[tuple[str, ...]] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    secret_places: set[Place] = field(default_factory=set)


def lint(paths: Mapping[str, Sequence[str]], files: Files, setup: Setup) -> Outcome:
    """
    What the chosen rules find.

    Args:
        paths: For each family the files to read.
    """
    outcome = Outcome()
    models: dict[str, list[Model]] = {}
    for name in _PARSED:
        named = paths.get(name, ())
        wanted = named if name != "dockerfile" else _with_built(named, models["compose"], files, outcome)
        models[name] = list(_loaded(name, wanted, files, setup, outcome))
    models["stack"] = list(_stacks(models, files, setup, outcome))
    found, ran = _found(models, setup, outcome)
    outcome.secret_places.update(_secret_places(models, setup, outcome, found))
    kept, audit = applied(found, _suppressions(models), ran)
    _complete(audit, setup.catalogue, files, outcome.texts)
    kept.extend(_checked("lint", audit, setup, outcome))
    outcome.findings = sorted(
        dict.fromkeys(_told(kept, outcome.texts)), key=lambda finding: (finding.place, finding.rule, finding.message)
    )
    return outcome


def _told(findings: Iterable[Finding], texts: Mapping[str, str]) -> Iterator[Finding]:
    """The *findings*, with messages that show no secret."""
    lines: dict[str, list[str]] = {}
    for finding in findings:
        place = finding.place
        if place.path not in lines:
            lines[place.path] = texts.get(place.path, "").split("\n")
        message = told(finding.message, lines[place.path][place.line - 1 : place.end_line])
        yield finding if message == finding.message else replace(finding, message=message)


def _loaded(name: str, paths: Sequence[str], files: Files, setup: Setup, outcome: Outcome) -> Iterator[Model]:
    readable = [path for path in paths if _is_readable(path, files, outcome)]
    if not readable:
        return
    try:
        models = families.load(name, readable, files, _relevant(setup.options, readable))
    except Exception as error:
        outcome.failures.append(_broken(f"reading {', '.join(paths)} as {name}", error))
        return
    for model in models:
        outcome.texts.update(model.files)
        if name == "nginx" and model.files:
            outcome.inclusions.append(tuple(model.files))
        yield model


def _with_built(paths: Sequence[str], projects: Sequence[Model], files: Files, outcome: Outcome) -> Sequence[str]:
    """The *paths* and the Dockerfiles that services are built from, wherever they lie and whatever they are called."""
    if not projects:
        return paths
    from .stack.building import built_paths  # noqa: PLC0415 - only stacks have any

    known = {os.path.normpath(path) for path in paths}
    try:
        return (*paths, *(path for path in built_paths(projects, files) if path not in known))
    except Exception as error:
        outcome.failures.append(_broken("looking for the Dockerfiles of the services", error))
        return paths


def _relevant(options: Options, paths: Sequence[str]) -> Options:
    """The *options* without files that this run does not read."""
    return replace(options, compose_files=tuple(path for path in options.compose_files if path in paths))


def _is_readable(path: str, files: Files, outcome: Outcome) -> bool:
    try:
        files.read(path)
    except ReadError as error:
        outcome.failures.append(str(error))
        return False
    return True


def _stacks(models: Mapping[str, Sequence[Model]], files: Files, setup: Setup, outcome: Outcome) -> Sequence[Any]:
    if not models["compose"] or not setup.chosen("stack"):
        return ()
    try:
        return families.stacks(models, files, setup.options)
    except Exception as error:
        outcome.failures.append(_broken("joining the files of the stack", error))
        return ()


def _found(
    models: Mapping[str, Sequence[Model]], setup: Setup, outcome: Outcome
) -> tuple[list[Finding], frozenset[str]]:
    found: list[Finding] = []
    ran = {rule.id for rule in setup.chosen("lint")}
    for name, family_models in models.items():
        if not family_models:
            continue
        rules = setup.rules(name)
        ran.update(rule.id for rule in setup.chosen(name))
        for model in family_models:
            found.extend(_checked(name, model, setup, outcome))
            if name != "stack":
                found.extend(_unnamed_problems(model, rules, setup.selection))
            if name in ("compose", "stack"):
                _add_read_by_rules(model, outcome)
    return found, frozenset(ran)


def _add_read_by_rules(model: Any, outcome: Outcome) -> None:
    """The files that only rules about a project read, such as a mounted my.cnf, belong to each file of the project."""
    paths, texts = (model.paths, model.mounted) if hasattr(model, "mounted") else (model.project.paths, model.files)
    outcome.texts.update(texts)
    if texts:
        outcome.inclusions.extend((path, *texts) for path in paths)


def _checked(name: str, model: Any, setup: Setup, outcome: Outcome) -> Iterator[Finding]:
    yield from _by(setup.chosen(name), model, setup, outcome)


def _secret_places(
    models: Mapping[str, Sequence[Model]], setup: Setup, outcome: Outcome, found: Sequence[Finding]
) -> Iterator[Place]:
    """Nothing where nothing was found, since no line is shown then."""
    for name, family_models in models.items() if found else ():
        rules = [rule for rule in setup.rules(name) if rule.conceals] if family_models else []
        names, chosen = {rule.id for rule in rules}, setup.selection.chosen(rules)
        yield from (finding.place for finding in found if finding.rule in names)
        for model in family_models:
            others = (rule for rule in rules if rule not in chosen)
            yield from (finding.place for finding in _by(others, model, setup, outcome))


def _by(rules: Iterable[Rule], model: Any, setup: Setup, outcome: Outcome) -> Iterator[Finding]:
    for rule in rules:
        try:
            yield from list(rule.findings(model, setup.policy))
        except Exception as error:
            first = next(iter(getattr(model, "files", ())), "the run")
            outcome.failures.append(_broken(f"rule {rule.id} on {first}", error))


def _unnamed_problems(model: Model, rules: Iterable[Rule], selection: Selection) -> Iterator[Finding]:
    named = {rule.id for rule in rules}
    for name, place, message in model.problems:
        if name not in named and not selection.ignores(name):
            yield Finding(name, Severity.ERROR, place, message)


def _suppressions(models: Mapping[str, Sequence[Model]]) -> list[Suppression]:
    found = [found for family_models in models.values() for model in family_models for found in suppressions(model)]
    return list(dict.fromkeys(found))


def _complete(audit: Audit, catalogue: Catalogue, files: Files, texts: Mapping[str, str]) -> None:
    for suppression in audit.suppressions:
        for name, place in suppression.ids:
            if catalogue.find(name) is None:
                ids = [rule.id for rule in catalogue.family(name.partition("/")[0])]
                audit.unknown.append((name, place, unknown_rule(name, ids or [rule.id for rule in catalogue.all()])))
    for path, text in texts.items():
        audit.odd_texts.extend(_odd_characters(path, text, path in files.undecodable))


def _odd_characters(path: str, text: str, is_undecodable: bool) -> Iterator[tuple[str, Place]]:
    if "\0" in text:
        yield "a NUL character; remove it", _place_at(path, text, text.index("\0"))
    if is_undecodable and "\ufffd" in text:
        yield "a byte that is not UTF-8; save the file as UTF-8", _place_at(path, text, text.index("\ufffd"))


def _place_at(path: str, text: str, offset: int) -> Place:
    line = text.count("\n", 0, offset) + 1
    column = offset - (text.rfind("\n", 0, offset) + 1) + 1
    return Place(path, line, column, line, column + 1)


def _broken(what: str, error: Exception) -> str:
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    where = f"{frame.tb_frame.f_code.co_filename.rpartition('/')[2]}:{frame.tb_lineno}" if frame else "start"
    return f"{what}: fairlead is at fault ({type(error).__name__} at {where}); report it with this line and the file"
