"""Which format a file has: matrix, manifest, quantifier output."""
