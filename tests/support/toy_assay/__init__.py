"""A type of assay that the product does not know: calls of variants, a row each."""
