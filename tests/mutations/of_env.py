"""A fault for every rule about env files: in the example file, or in a good one beside it."""

from __future__ import annotations

from fairlead.tests.mutations.mutation import Mutation

EXAMPLE, OWN = ".env.example", ".env"

_GOOD = """\
LOG_LEVEL=info
APP_MEMORY=1g
DB_PASSWORD=kw8Zr2Vb91QmXc47TyLd
MYSQL_ROOT_PASSWORD=Lp4Wq7Rn30BsYv62HjKe
REDIS_PASSWORD=Mt5Gu9Xd18CfZa73NkPb
JWT_SECRET_KEY=Nh6Jo0Ec27DgAq84RmSw5TxV
"""
_TOKEN = "ghp_" + "aB3dE5fG7hJ9kL2mN4pQ6rS8tV0wX1yZ3bC5"


def _instead(old: str, new: str, at: str = "", **more: object) -> Mutation:
    return Mutation(((EXAMPLE, old, new),), at, **more)  # type: ignore[arg-type]


def _own(old: str, new: str, at: str, **more: object) -> Mutation:
    """The fault in a file of the operator."""
    assert old in _GOOD
    return Mutation((), at, OWN, files={OWN: _GOOD.replace(old, new, 1)}, **more)  # type: ignore[arg-type]


MUTATIONS: dict[str, Mutation] = {
    "blanks-around-equals": _instead("LOG_LEVEL=info", "LOG_LEVEL = info"),
    "byte-order-mark": _instead("# What", "\ufeff# What"),
    "comment-becomes-value": _instead("LOG_LEVEL=info", "LOG_LEVEL= # info"),
    "development-value": _own("LOG_LEVEL=info", "LOG_LEVEL=debug", "debug"),
    "dollar-in-secret": _own("kw8Zr2Vb91", "kw8Zr2$Vb91", "$"),
    "duplicate-name": _instead("APP_MEMORY=1g\n", "APP_MEMORY=1g\nLOG_LEVEL=warn\n", "LOG_LEVEL=info"),
    "invalid-line": _instead("APP_MEMORY=1g", "APP MEMORY=1g"),
    "invalid-variable": _instead("LOG_LEVEL=info", "LOG_LEVEL=${MODE"),
    "odd-name": _instead(
        "APP_MEMORY=1g",
        "APP_MEMORY=1g\nAPP.MODE=fast",
        also={"compose/documented-variable-unused": "nothing can use such a name"},
    ),
    "open-database": _own("LOG_LEVEL=info", "LOG_LEVEL=info\nMYSQL_ALLOW_EMPTY_PASSWORD=yes", "MYSQL_ALLOW"),
    "placeholder-in-example": _instead("JWT_SECRET_KEY=", "JWT_SECRET_KEY=changeme"),
    "placeholder-secret": _own("kw8Zr2Vb91QmXc47TyLd", "changeme", "changeme"),
    "reused-secret": _own("Lp4Wq7Rn30BsYv62HjKe", "kw8Zr2Vb91QmXc47TyLd", "kw8"),
    "secret-in-front-end": _instead(
        "APP_MEMORY",
        "VITE_OPENAI_API_KEY=\nAPP_MEMORY",
        also={"compose/documented-variable-unused": "a build that used it would be at fault itself"},
    ),
    "secrets-not-ignored": Mutation((), "DB_PASSWORD", OWN, files={OWN: _GOOD, ".gitignore": "node_modules/\n*.log\n"}),
    "secrets-open-to-all": Mutation(
        (), "DB_PASSWORD", OWN, files={OWN: f"# mode 0644\n{_GOOD}", ".gitignore": ".env\n"}
    ),
    "text-after-quote": _instead(
        "LOG_LEVEL=info",
        'LOG_LEVEL="info" debug',
        also={"compose/documented-variable-unused": "Compose takes it for another variable"},
    ),
    "token-in-example": _instead("JWT_SECRET_KEY=", f"JWT_SECRET_KEY={_TOKEN}"),
    "unterminated-quote": _instead("JWT_SECRET_KEY=", 'JWT_SECRET_KEY="'),
    "value-without-name": _instead("APP_MEMORY=1g", "APP_MEMORY=1g\n=info"),
    "weak-secret": _own("kw8Zr2Vb91QmXc47TyLd", "kw8Zr2", "kw8"),
    "windows-line-ends": _instead("LOG_LEVEL=info\n", "LOG_LEVEL=info\r\n"),
    "yaml-style": _instead("LOG_LEVEL=info", "LOG_LEVEL: info"),
}

EXCUSED: dict[str, str] = {}
"""Rules that no edit of the good stack can break, each with the reason."""
