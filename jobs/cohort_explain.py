"""Say which part of a cohort's condition decided about a person, and by which row.

    spark-submit --py-files apollo_spark-VERSION.whl jobs/cohort_explain.py --config F.yaml

The keys of the file are the options of `apollo cohort explain` (see conf/cohort_explain.yaml).
"""

import sys

from apollo_spark.cli.job import run_job

if __name__ == "__main__":
    sys.exit(run_job("cohort explain", sys.argv[1:]))
