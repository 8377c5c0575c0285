"""What of a guarded record is given, and what is refused."""
