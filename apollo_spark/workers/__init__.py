"""Code that runs inside Spark tasks: standard library, numpy and pyarrow only.

A task gets plain frozen values (`spec`), reads its part of one file (`scan`, `source`, `chunks`,
`parse`), checks and types every cell (`cells`, `dates`), hashes the rows (`hashing`), writes one
Parquet file (`parquet`) and answers with a small JSON value (`tasks`).
"""
