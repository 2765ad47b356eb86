"""Makes a machine into a host: an engine that keeps containers through its restarts, folders, firewall, clock."""
