"""Publish a dashboard: tiles over a dataset or a cohort.

    spark-submit --py-files apollo_spark-VERSION.whl jobs/dashboard_create.py --config FILE.yaml

The keys of the file are the options of `apollo dashboard create` (see conf/dashboard_create.yaml).
"""

import sys

from apollo_spark.cli.job import run_job

if __name__ == "__main__":
    sys.exit(run_job("dashboard create", sys.argv[1:]))
