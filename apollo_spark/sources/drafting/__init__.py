"""A data dictionary proposed from the files that it is to describe."""
