"""The stored effects: the registry of records, leases, parts, tables, and the Spark session."""
