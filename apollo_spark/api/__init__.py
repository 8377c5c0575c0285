"""The Python interface: a lake, its datasets, and what can be asked of them."""
