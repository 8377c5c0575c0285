"""Count the people of a cohort, or those of a dataset for whom a filter holds.

    spark-submit --py-files apollo_spark-VERSION.whl jobs/cohort_count.py --config F.yaml

The keys of the file are the options of `apollo cohort count` (see conf/cohort_count.yaml).
"""

import sys

from apollo_spark.cli.job import run_job

if __name__ == "__main__":
    sys.exit(run_job("cohort count", sys.argv[1:]))
