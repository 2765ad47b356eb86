"""What serves on a host, read from there: so that what looks at a laptop's stack looks at a release, too."""
