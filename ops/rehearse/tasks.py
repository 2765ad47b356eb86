"""The task `rehearse`; tasks.py takes it into its namespace."""

from __future__ import annotations

from invoke import Context

from ..task import task


@task(
    iterable=["path"],
    help={
        "changes": "How many deploys follow the first one.",
        "clients": "How many clients ask without a pause, over connections that they keep.",
        "path": "What they ask, such as /api/me; may be given several times. Without it, the paths of deploy.smoke.",
        "faults": "In so many further deploys the agent is killed, and the deploy gone on with.",
        "allow_local_bases": "Rehearse on base images of inv bases too.",
        "json": "Print what was measured as JSON.",
    },
)
def rehearse(  # noqa: PLR0917 - each is a flag
    c: Context,
    changes: int = 3,
    clients: int = 20,
    path: list[str] | None = None,
    faults: int = 0,
    allow_local_bases: bool = False,
    json: bool = False,
) -> None:
    """Deploy a copy of this stack to a throw-away host under load, and say how many requests were lost."""
    from .cli import rehearse as run

    run(
        changes=changes,
        clients=clients,
        paths=path or (),
        faults=faults,
        local_bases=allow_local_bases,
        as_data=json,
        dry=c.config.run.dry,
    )
