"""The three files of a data dictionary, and their rules."""
