"""Plan a load of expression files: formats, ids, samples, tasks."""
