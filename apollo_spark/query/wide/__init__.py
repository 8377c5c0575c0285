"""Repeated measures as columns: one row for each row of the main entity."""
