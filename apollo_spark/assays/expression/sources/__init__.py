"""Expression files: which format, which ids, which samples, which annotation.

`find_files` finds the files, `detect_source` says what they are, `name_samples` and
`read_manifest` say whose they are, `resolve_feature_ids` makes features of the ids in them, and
`read_annotation` reads what is known about these. All of it happens on the driver, before Spark
starts, and values are not read here.
"""
