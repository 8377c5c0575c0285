"""Cohorts: made, combined, counted, compared and explained."""
