"""Types of columns that no dictionary describes."""
