"""Move views and merges to newer data."""
