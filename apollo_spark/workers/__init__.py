"""Code that runs inside Spark tasks: standard library, numpy and pyarrow only.

A task gets plain frozen values (`values.spec`), reads its part of one file (`scan`, `source`,
`chunks`, `parse`), checks and types every cell (`values.cells`, `values.dates`), hashes the rows
(`values.hashing`), writes one Parquet file (`files.parquet`) and answers with a small JSON value
(`tasks`).
"""
