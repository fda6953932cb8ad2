"""What a person may ask: what is held about them, and that a record is put right."""
