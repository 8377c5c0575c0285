"""Checked tables: how the entities of a dictionary become typed columns and named checks."""
