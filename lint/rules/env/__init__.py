"""Rules about env files; each receives an `EnvFile`."""
