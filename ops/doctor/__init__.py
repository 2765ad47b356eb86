"""`inv doctor`: the troubleshooting chart of a stack as a program, from the engine up to a chat that works."""
