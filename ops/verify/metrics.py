"""A run in the text format of Prometheus, for the node exporter's textfile collector."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path

from ..host import LocalHost
from .outcome import is_required
from .record import Record
from .verdict import WORDS
from .watching import Watched

READABLE = 0o644
DAY_S = 86_400
Sample = tuple[Mapping[str, str], float]


def text_of(watched: Watched, record: Record | None, now: datetime) -> str:
    """
    The metrics, each with what it is.

    Args:
        record: None where nothing could be looked at, so that there is a verdict and nothing more.
        now: When the run ended, aware.
    """
    site = {"site": watched.site, "host": watched.host}
    found: list[tuple[str, str, Iterable[Sample]]] = [
        ("verify_last_run_timestamp_seconds", "When inv verify ran last.", [(site, now.timestamp())]),
        (
            "verify_exit_code",
            "What it ended with: 0 every required promise is kept, 1 one is broken, 5 not reached, 7 incomplete.",
            [(site, watched.exit_code)],
        ),
    ]
    if record is not None:
        found += [*_of_record(record, site, now)]
    return "".join(_family(f"fairlead_{name}", what, samples) for name, what, samples in found)


def write(path: Path, text: str) -> None:
    """
    Replaces the file in one step, readable for everybody: the exporter is another user.

    Raises:
        OSError: it cannot be written.
    """
    LocalHost().put(str(path), text, READABLE)


def _of_record(record: Record, site: Mapping[str, str], now: datetime) -> Iterator[tuple[str, str, Iterable[Sample]]]:
    words = [({**site, "word": word.lower()}, float(record.counts[word])) for word in WORDS]
    yield "verify_findings", "How many findings of the last run have each word.", words
    failed = [each for each in record.findings if each.verdict.word == "FAIL" and is_required(each, record.fail_on)]
    yield "verify_failed_checks", "How many required checks failed.", [(site, len({each.check.id for each in failed}))]
    yield "verify_seconds", "How long the last run took.", [(site, record.seconds)]
    expires = (record.facts.get("certificate") or {}).get("not_after")
    if expires:
        left_s = (datetime.fromisoformat(expires) - now).total_seconds()
        yield "certificate_days_left", "Days until the served certificate expires.", [(site, left_s / DAY_S)]


def _family(name: str, what: str, samples: Iterable[Sample]) -> str:
    lines = [f"# HELP {name} {what}", f"# TYPE {name} gauge"]
    for labels, value in samples:
        shown = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items())
        lines.append(f"{name}{{{shown}}} {value:.3f}".removesuffix(".000"))
    return "\n".join(lines) + "\n"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
