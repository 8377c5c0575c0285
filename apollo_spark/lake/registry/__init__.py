"""The table of published records."""
