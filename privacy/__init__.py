"""What may enter, and as whom: the door.

`bsn` checks burgerservicenummers by the column, `typen` gives raw text its type, `populatie` holds who belongs to a
doel, `sleutels` and `pseudoniem` turn a burgerservicenummer into a pseudonym per doel and back, and `deur` puts them
together: raw rows in, minimised and pseudonymised Parquet per doel out. Only `deur` and the delivery step ever hold a
key.
"""
