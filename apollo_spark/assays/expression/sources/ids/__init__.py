"""Ids of features and samples: what kind they are, and what they look like."""
