"""Dashboard files."""
