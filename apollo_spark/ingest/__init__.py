"""Files of rows on their way to tables: planned, written, checked, refused."""
