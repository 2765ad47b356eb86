"""Rules about Compose files; each receives a `Project`."""
