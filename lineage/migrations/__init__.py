"""How a database comes to have the tables of the ledger (Alembic)."""
