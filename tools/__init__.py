"""Tools for who builds, checks and releases the project; nothing of a running installation needs them."""
