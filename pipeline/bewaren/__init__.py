"""How long data is kept, its destruction, and the proof of that."""
