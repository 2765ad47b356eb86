"""What gunicorn runs: agentchat.main:app."""

from .application import create_app
from .settings import Settings, load_or_exit

app = create_app(load_or_exit(Settings))
