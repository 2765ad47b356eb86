"""Rules about Dockerfiles; each receives a `Dockerfile`."""
