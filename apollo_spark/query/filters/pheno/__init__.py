"""Filters as the original's JSON has them (`pheno_filters`): read, written, narrowed by ids."""
