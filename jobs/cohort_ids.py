"""Print the ids of the people of a cohort.

    spark-submit --py-files apollo_spark-VERSION.whl jobs/cohort_ids.py --config F.yaml

The keys of the file are the options of `apollo cohort ids` (see conf/cohort_ids.yaml).
"""

import sys

from apollo_spark.cli.job import run_job

if __name__ == "__main__":
    sys.exit(run_job("cohort ids", sys.argv[1:]))
