"""The exit of a recipient: handing over what is theirs, and destroying it here."""
