"""Taking in leveringen: the inbox, what a levering says of itself, what is thought of it, and what its sender hears."""
