"""Filters written in Python: `study.patient.age.between(20, 60)` is a condition as a text is."""
