"""Count what the values of fields are like.

    spark-submit --py-files apollo_spark-VERSION.whl jobs/profile_fields.py --config profile.yaml

The keys of the file are the options of `apollo profile` (see conf/profile.yaml). A job that
was called as the verb alone would hide a module of Python from every other one.
"""

import sys

from apollo_spark.cli.job import run_job

if __name__ == "__main__":
    sys.exit(run_job("profile", sys.argv[1:]))
