"""A second, slow reading of the signal rules, to hold the SQL against."""
