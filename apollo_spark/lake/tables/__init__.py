"""Tables of rows: commits, contents, checks before rows are shown."""
