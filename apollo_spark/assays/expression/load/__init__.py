"""Load expression files: tiles, tables, record."""
