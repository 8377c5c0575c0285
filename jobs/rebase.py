"""Move views and merges to newer versions of what they are made of.

    spark-submit --py-files apollo_spark-VERSION.whl jobs/rebase.py --config rebase.yaml

The keys of the file are the options of `apollo rebase` (see conf/rebase.yaml).
"""

import sys

from apollo_spark.cli.job import run_job

if __name__ == "__main__":
    sys.exit(run_job("rebase", sys.argv[1:]))
