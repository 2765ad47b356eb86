"""The stack from inside: what its containers, databases and logs show."""
