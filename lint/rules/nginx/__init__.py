"""Rules over nginx configurations."""
