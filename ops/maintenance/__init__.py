"""A site that is closed to the public for a while: every visitor gets 503 and a page, on a laptop as on a host."""
