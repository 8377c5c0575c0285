"""Dashboards: what a tile asks for, what answers it, and the record of several tiles."""
