"""Changes that make a content of other contents: merge, view, rebase, carry over."""
