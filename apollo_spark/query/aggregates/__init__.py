"""Aggregates for charts: what tiles ask, as few statements, and what the answers say."""
