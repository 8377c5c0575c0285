"""Prove that every pin can be read as published.

    spark-submit --py-files apollo_spark-VERSION.whl jobs/verify.py --config verify.yaml

The keys of the file are the options of `apollo verify` (see conf/verify.yaml).
"""

import sys

from apollo_spark.cli.job import run_job

if __name__ == "__main__":
    sys.exit(run_job("verify", sys.argv[1:]))
