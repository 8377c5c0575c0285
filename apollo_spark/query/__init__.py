"""Questions as SQL trees, and the one place where names and values are quoted."""
