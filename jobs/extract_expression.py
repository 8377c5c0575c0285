"""Write values of an assay to a file, with the fields of people in h5ad and h5mu.

    spark-submit --py-files apollo_spark-VERSION.whl jobs/extract_expression.py --config F.yaml

The keys of the file are the options of `apollo extract expression`
(see conf/extract_expression.yaml).
"""

import sys

from apollo_spark.cli.job import run_job

if __name__ == "__main__":
    sys.exit(run_job("extract expression", sys.argv[1:]))
