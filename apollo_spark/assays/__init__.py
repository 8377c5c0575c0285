"""Assay types: a folder each."""
