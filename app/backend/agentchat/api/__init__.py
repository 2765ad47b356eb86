"""The routes below /api."""
