"""Cohorts as SQL."""
