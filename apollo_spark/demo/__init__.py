"""A small invented lung study, and a tour of the product on it: `python -m apollo_spark.demo`."""
