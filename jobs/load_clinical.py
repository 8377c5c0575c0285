"""Load clinical files as the next version of a dataset.

    spark-submit --py-files apollo_spark-VERSION.whl jobs/load_clinical.py --config load.yaml

The keys of the file are the options of `apollo load clinical` (see conf/load_clinical.yaml).
"""

import sys

from apollo_spark.cli.job import run_job

if __name__ == "__main__":
    sys.exit(run_job("load clinical", sys.argv[1:]))
