"""The command `apollo`: words in, one workflow, text and exit codes out."""
