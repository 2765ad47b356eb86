"""How gunicorn serves agentchat.main:app; a bad setting ends the start here, with one line and no restarts."""

import tempfile
from pathlib import Path

from agentchat.logs import log_config
from agentchat.settings import Settings, load_or_exit

settings = load_or_exit(Settings)
shared_memory = Path("/dev/shm")  # noqa: S108 - heartbeat files, on a root that may be read-only

bind = "0.0.0.0:7860"
worker_class = "agentchat.worker.Worker"
workers = settings.web_concurrency
# Forked after the code is loaded: starts faster and shares memory. Connections are opened in each worker.
preload_app = True

# Nests: open streams 25 s < graceful 30 s < the container's stop grace period.
graceful_timeout = 30
timeout = 60
# Above nginx's upstream keepalive_timeout of 60 s, so that nginx is the one to close an idle connection.
keepalive = 75

worker_tmp_dir = str(shared_memory) if shared_memory.is_dir() else tempfile.gettempdir()
control_socket_disable = True
logconfig_dict = log_config(settings.log_level)
