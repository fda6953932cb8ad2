"""Repeats a past run from its pins, and holds what comes out against the digests of then (ADR 0024)."""
