"""Prove that what is published can be read as it was published."""
