"""When it runs: thin DAGs over the steps in `pipeline/`, one family a file."""
