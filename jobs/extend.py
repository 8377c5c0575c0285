"""Add to a dataset, as its next version.

    spark-submit --py-files apollo_spark-VERSION.whl jobs/extend.py --config extend.yaml

The keys of the file are the options of `apollo extend` (see conf/extend.yaml).
"""

import sys

from apollo_spark.cli.job import run_job

if __name__ == "__main__":
    sys.exit(run_job("extend", sys.argv[1:]))
