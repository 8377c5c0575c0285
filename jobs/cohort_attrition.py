"""Count who is left after each part of a cohort's condition, and by each part alone.

    spark-submit --py-files apollo_spark-VERSION.whl jobs/cohort_attrition.py --config F.yaml

The keys of the file are the options of `apollo cohort attrition` (see conf/cohort_attrition.yaml).
"""

import sys

from apollo_spark.cli.job import run_job

if __name__ == "__main__":
    sys.exit(run_job("cohort attrition", sys.argv[1:]))
