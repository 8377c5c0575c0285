"""Load an expression assay as the next version of a dataset.

    spark-submit --py-files apollo_spark-VERSION.whl jobs/load_expression.py --config load.yaml

The keys of the file are the options of `apollo load expression` (see conf/load_expression.yaml).
"""

import sys

from apollo_spark.cli.job import run_job

if __name__ == "__main__":
    sys.exit(run_job("load expression", sys.argv[1:]))
