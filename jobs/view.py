"""Publish a view of a dataset.

    spark-submit --py-files apollo_spark-VERSION.whl jobs/view.py --config view.yaml

The keys of the file are the options of `apollo view` (see conf/view.yaml).
"""

import sys

from apollo_spark.cli.job import run_job

if __name__ == "__main__":
    sys.exit(run_job("view", sys.argv[1:]))
