"""Take in a week's files, and move all that was made of them along.

    spark-submit --py-files apollo_spark-VERSION.whl jobs/grow.py --config grow.yaml

The keys of the file are the options of `apollo grow` (see conf/grow.yaml).
"""

import sys

from apollo_spark.cli.job import run_job

if __name__ == "__main__":
    sys.exit(run_job("grow", sys.argv[1:]))
