"""How a delivery stands in the ledger, and of which kind it is."""

VOORGENOMEN, GELEVERD, TEGENGEHOUDEN, ONGEWIJZIGD = "voorgenomen", "geleverd", "tegengehouden", "ongewijzigd"
MUTATIES, VOLLEDIG = "mutaties", "volledig"
