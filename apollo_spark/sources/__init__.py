"""Raw files: what is in them, and whether it is what it was said to be. Nothing is loaded."""
