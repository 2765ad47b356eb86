"""The application, put together."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from fastapi import FastAPI

from . import problems, status
from .api import accounts, conversations, messages
from .middleware import Frontdoor
from .resources import Resources, open_resources
from .settings import Settings

OpenResources = Callable[[Settings], Awaitable[Resources]]


def create_app(settings: Settings, connect: OpenResources = open_resources) -> FastAPI:
    """The application; *connect* is called in each worker when it starts."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.resources = await connect(settings)
        yield
        await app.state.resources.close()

    app = FastAPI(
        title="AgentChat",
        version="1",
        lifespan=lifespan,
        # nginx passes on /api/ alone: without API_DOCS the description is read from inside the stack only.
        openapi_url="/api/openapi.json" if settings.api_docs else "/openapi.json",
        docs_url="/api/docs" if settings.api_docs else None,
        redoc_url=None,
    )
    app.add_middleware(Frontdoor, settings=settings)
    problems.register(app)
    for routes in (status.routes, accounts.routes, conversations.routes, messages.routes):
        app.include_router(routes)
    return app
