"""Answers of tiles as charts: rows of data, Vega-Lite, tables, and one page of them all."""
