"""Write fields of a dataset or cohort to a file.

    spark-submit --py-files apollo_spark-VERSION.whl jobs/extract_fields.py --config FILE.yaml

The keys of the file are the options of `apollo extract fields` (see conf/extract_fields.yaml).
"""

import sys

from apollo_spark.cli.job import run_job

if __name__ == "__main__":
    sys.exit(run_job("extract fields", sys.argv[1:]))
