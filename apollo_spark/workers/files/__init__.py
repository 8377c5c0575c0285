"""Files as tasks read and write them: Parquet, checksums, lines."""
