"""The lines and columns at the top of expression files, read on the driver."""
