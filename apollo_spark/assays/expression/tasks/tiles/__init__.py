"""Tiles as they are stored: layout, numbers, hashes, statistics, files."""
