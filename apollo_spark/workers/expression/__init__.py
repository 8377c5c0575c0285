"""Tasks that turn expression files into tiles: standard library, numpy and pyarrow only.

A tile is one feature over one block of samples. The driver reads each file once (`rows`) and cuts
it into tasks (`spec`); a task finds the cells of its bytes (`grid`), reads them as exact decimal
numbers (`numbers`), stores them as integers where that loses nothing (`storage`), hashes
(`content`) and summarises them (`stats`), and writes one or more files (`tile_file`). `tiles` is
the entry point for all kinds of tasks.
"""
