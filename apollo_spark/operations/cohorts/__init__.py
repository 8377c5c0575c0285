"""Cohorts as what is read: what they mean, and who is in them now."""
