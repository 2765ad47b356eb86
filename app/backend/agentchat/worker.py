"""gunicorn's worker class."""

from typing import Any, ClassVar

from uvicorn_worker import UvicornWorker

# Less than gunicorn's graceful timeout: what is still open then is cut off and stored before gunicorn kills.
OPEN_STREAMS_GET_S = 25


class Worker(UvicornWorker):  # type: ignore[misc]  # the package has no types
    """
    uvicorn without what the application does itself.

    Its proxy headers are off since client.py decides whom to believe, its access log since middleware.py writes one.
    """

    CONFIG_KWARGS: ClassVar[dict[str, Any]] = {
        "loop": "uvloop",
        "http": "httptools",
        "ws": "none",
        "lifespan": "on",
        "proxy_headers": False,
        "access_log": False,
        "server_header": False,
        "timeout_graceful_shutdown": OPEN_STREAMS_GET_S,
    }
