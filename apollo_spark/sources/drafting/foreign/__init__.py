"""Dictionaries that people have in the formats of other systems."""
