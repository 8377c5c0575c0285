"""Dashboards: made, shown, answered and exported; and the answers to tiles."""
