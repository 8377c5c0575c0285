"""Who answers questions and runs tasks: Spark, or this process with DuckDB and threads."""
