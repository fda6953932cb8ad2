"""Watching: by when products are due, what waits for a person, and telling the beheerder of it."""
