"""End a version of a record.

    spark-submit --py-files apollo_spark-VERSION.whl jobs/retire.py --config retire.yaml

The keys of the file are the options of `apollo retire` (see conf/retire.yaml).
"""

import sys

from apollo_spark.cli.job import run_job

if __name__ == "__main__":
    sys.exit(run_job("retire", sys.argv[1:]))
