"""Rules about the linter's own comments, and about text that no program reads well."""
