"""Add samples and units to an assay, and put small blocks together."""
