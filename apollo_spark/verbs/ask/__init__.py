"""Questions about records, and their rows as files."""
