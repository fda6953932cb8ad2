"""What happened: the ledger of leveringen, door passages, product runs and deliveries, with exact counts."""
