"""Guard a name: give no numbers of few people of it.

    spark-submit --py-files apollo_spark-VERSION.whl jobs/guard.py --config guard.yaml

The keys of the file are the options of `apollo guard` (see conf/guard.yaml).
"""

import sys

from apollo_spark.cli.job import run_job

if __name__ == "__main__":
    sys.exit(run_job("guard", sys.argv[1:]))
