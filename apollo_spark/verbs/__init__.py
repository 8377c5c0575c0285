"""One file or folder for each verb: what it plans, and what it does."""
