"""How a delivery stands in the ledger."""

VOORGENOMEN, GELEVERD, TEGENGEHOUDEN, ONGEWIJZIGD = "voorgenomen", "geleverd", "tegengehouden", "ongewijzigd"
