"""Rows of an entity that come, change and go."""
