"""What no record reaches, and how it is deleted."""
