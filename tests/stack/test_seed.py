"""The deployment that the seed describes, with the faults that its files had."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairlead.lint.engine import Setup, lint
from fairlead.lint.files import Files
from fairlead.lint.recognition import by_family, found_below
from fairlead.lint.selection import Selection

SEED = Path(__file__).parent / "seed"
COMPOSE, FRONT, NGINX = "docker-compose.prod.yml", "Dockerfile.frontend.prod", "nginx.conf"


@pytest.fixture(scope="module")
def found() -> set[tuple[str, str, str]]:
    """File, rule and the text of the line of each finding."""
    files = Files()
    paths = by_family(found_below(str(SEED)), files)
    outcome = lint(paths, files, Setup(selection=Selection("strict")))

    assert outcome.failures == []
    return {
        (Path(it.place.path).name, it.rule, outcome.texts[it.place.path].splitlines()[it.place.line - 1].strip())
        for it in outcome.findings
    }


@pytest.mark.parametrize(
    ("file", "rule", "line"),
    [
        (NGINX, "nginx/security-headers-dropped", 'add_header Cache-Control "public, immutable";'),
        (NGINX, "nginx/security-headers-dropped", 'add_header Cache-Control "no-cache, no-store, must-revalidate";'),
        (COMPOSE, "stack/api-base-without-location", "- VITE_API_BASE_URL=/api"),
        (FRONT, "dockerfile/build-without-dev-dependencies", "RUN npm ci --only=production"),
        (
            COMPOSE,
            "stack/healthcheck-tool-missing",
            'test: ["CMD", "curl", "-f", "http://localhost:7860/health"]',
        ),
        (COMPOSE, "stack/healthcheck-tool-missing", 'test: ["CMD", "curl", "-f", "http://localhost:8090"]'),
        (COMPOSE, "compose/server-option-removed", "--query-cache-size=256M"),
        (
            COMPOSE,
            "stack/cache-password-not-asked",
            "command: redis-server --appendonly yes --maxmemory 512mb --maxmemory-policy allkeys-lru",
        ),
    ],
)
def test_a_fault_of_the_seed_is_found(found: set[tuple[str, str, str]], file: str, rule: str, line: str) -> None:
    assert (file, rule, line) in found
