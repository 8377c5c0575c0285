"""Take people out of every version of a dataset.

    spark-submit --py-files apollo_spark-VERSION.whl jobs/withdraw.py --config withdraw.yaml

The keys of the file are the options of `apollo withdraw` (see conf/withdraw.yaml).
"""

import sys

from apollo_spark.cli.job import run_job

if __name__ == "__main__":
    sys.exit(run_job("withdraw", sys.argv[1:]))
