"""Dataset records: built and compared as values, never written here."""
