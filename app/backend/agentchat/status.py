"""Alive, ready, and which release: for the engine, the deployment and the doctor."""

import asyncio
import logging
import os
from collections.abc import Awaitable
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from redis.exceptions import TimeoutError as RedisTimeoutError

from .api.current import resources
from .resources import Resources

MYSQL_TIMEOUT_S = 3.0
REDIS_TIMEOUT_S = 2.0

routes = APIRouter(tags=["status"])
log = logging.getLogger(__name__)


@routes.get("/health")
async def health() -> dict[str, str]:
    """This worker answers; nothing else is asked."""
    return {"status": "ok"}


@routes.get("/ready")
async def ready(held: Annotated[Resources, Depends(resources)], response: Response) -> dict[str, object]:
    """MySQL and Redis answer, each within its own time; 503 names the one that does not."""
    mysql, redis = await asyncio.gather(
        fault(held.database.ping(), MYSQL_TIMEOUT_S), fault(held.redis.ping(), REDIS_TIMEOUT_S)
    )
    checks = {"mysql": mysql or "ok", "redis": redis or "ok"}
    failed = [name for name, said in checks.items() if said != "ok"]
    if not failed:
        return {"status": "ready", "checks": checks}
    response.status_code = 503
    return {"status": "not ready", "detail": f"not ready: {', '.join(failed)}", "failed": failed, "checks": checks}


@routes.get("/version")
async def version() -> dict[str, str]:
    return {"release": os.environ.get("RELEASE") or "dev", "revision": os.environ.get("GIT_REVISION") or "unknown"}


async def fault(check: Awaitable[object], timeout_s: float) -> str | None:
    """What to tell the outside about a failed check; its details go to the log, since they can name hosts and users."""
    try:
        async with asyncio.timeout(timeout_s):
            await check
    except (TimeoutError, RedisTimeoutError):
        return "no answer in time"
    except Exception as error:
        log.warning("not ready: %s: %s", type(error).__name__, error)
        return "cannot be used; see the log"
    return None
