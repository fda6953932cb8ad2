"""Where a column, a signal or a record comes from, and what became of it."""
