"""The tools of those who work on Fairlead itself; no part of the library that is installed."""
