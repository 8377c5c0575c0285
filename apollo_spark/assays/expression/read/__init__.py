"""Answer questions about an assay: rows, matrices, statistics, sealed copies."""
