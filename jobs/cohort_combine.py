"""Publish cohorts as one.

    spark-submit --py-files apollo_spark-VERSION.whl jobs/cohort_combine.py --config FILE.yaml

The keys of the file are the options of `apollo cohort combine` (see conf/cohort_combine.yaml).
"""

import sys

from apollo_spark.cli.job import run_job

if __name__ == "__main__":
    sys.exit(run_job("cohort combine", sys.argv[1:]))
