"""`inv rehearse`: a deploy of this very stack to a throw-away host, under load, with a count of what was lost."""
