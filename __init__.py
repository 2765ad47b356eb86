"""Fairlead lints, deploys and proves a production stack of nginx and Docker Compose."""

__version__ = "0.1.0"
