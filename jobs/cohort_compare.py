"""Compare two cohorts: sizes, overlap, and what fields say about each.

    spark-submit --py-files apollo_spark-VERSION.whl jobs/cohort_compare.py --config F.yaml

The keys of the file are the options of `apollo cohort compare` (see conf/cohort_compare.yaml).
"""

import sys

from apollo_spark.cli.job import run_job

if __name__ == "__main__":
    sys.exit(run_job("cohort compare", sys.argv[1:]))
