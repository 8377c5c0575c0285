"""Join an assay to an entity of another dataset.

    spark-submit --py-files apollo_spark-VERSION.whl jobs/merge_assay.py --config merge.yaml

The keys of the file are the options of `apollo merge assay` (see conf/merge_assay.yaml).
No Spark session is started: any Python that has apollo_spark can run it.
"""

import sys

from apollo_spark.cli.job import run_job

if __name__ == "__main__":
    sys.exit(run_job("merge assay", sys.argv[1:]))
