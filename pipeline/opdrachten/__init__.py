"""Groups of `keten` commands, one module a group; `pipeline/cli.py` adds them together."""
