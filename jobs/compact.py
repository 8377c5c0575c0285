"""Put small blocks and files of a dataset, or of all, together.

    spark-submit --py-files apollo_spark-VERSION.whl jobs/compact.py --config compact.yaml --apply

The keys of the file are the options of `apollo compact` (see conf/compact.yaml). Without
--apply it is planned only.
"""

import sys

from apollo_spark.cli.job import run_job

if __name__ == "__main__":
    sys.exit(run_job("compact", sys.argv[1:]))
