"""The cells of expression files as exact numbers."""
