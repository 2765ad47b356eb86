"""The JSON Schemas of the files that Fairlead reads and writes, and their loader."""
