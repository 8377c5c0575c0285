"""Extend a clinical dataset: fields, an entity, rows."""
