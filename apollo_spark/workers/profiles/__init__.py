"""What the values of fields are like, counted exactly, one column at a time."""
