"""Tasks that turn expression files into tiles: standard library, numpy and pyarrow only.

A tile is one feature over one block of samples. The driver reads each file once (`files.rows`) and
cuts it into tasks (`tiles.spec`); a task finds the cells of its bytes (`files.grid`), reads them as
exact decimal numbers (`files.numbers`), stores them as integers where that loses nothing
(`tiles.storage`), hashes (`tiles.content`) and summarises them (`tiles.stats`), and writes one or
more files (`tiles.file`). `write` is the entry point for all kinds of tasks.
"""
