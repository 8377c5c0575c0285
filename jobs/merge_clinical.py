"""Merge the entities of two datasets.

    spark-submit --py-files apollo_spark-VERSION.whl jobs/merge_clinical.py --config merge.yaml

The keys of the file are the options of `apollo merge clinical` (see conf/merge_clinical.yaml).
No Spark session is started: any Python that has apollo_spark can run it.
"""

import sys

from apollo_spark.cli.job import run_job

if __name__ == "__main__":
    sys.exit(run_job("merge clinical", sys.argv[1:]))
