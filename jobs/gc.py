"""Delete the files that no record that stands reads.

    spark-submit --py-files apollo_spark-VERSION.whl jobs/gc.py --config gc.yaml

The keys of the file are the options of `apollo gc` (see conf/gc.yaml).
"""

import sys

from apollo_spark.cli.job import run_job

if __name__ == "__main__":
    sys.exit(run_job("gc", sys.argv[1:]))
