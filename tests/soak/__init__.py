"""Soak: the whole house for months on end, with the clock moved along."""
