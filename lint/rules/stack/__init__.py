"""Rules about how the files of a stack meet."""
