"""Publish a cohort of people of a dataset.

    spark-submit --py-files apollo_spark-VERSION.whl jobs/cohort_create.py --config FILE.yaml

The keys of the file are the options of `apollo cohort create` (see conf/cohort_create.yaml).
"""

import sys

from apollo_spark.cli.job import run_job

if __name__ == "__main__":
    sys.exit(run_job("cohort create", sys.argv[1:]))
