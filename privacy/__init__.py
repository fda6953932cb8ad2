"""What may enter, and as whom: the door.

`bsn` checks burgerservicenummers by the column, `typen` gives raw text its type, `populatie` holds who belongs to a
doel and `opzoeklijst` which texts of another table do, `sleutels` and `pseudoniem` turn a burgerservicenummer into a
pseudonym per doel and back (`sleutelmerk` says under which version a file is), and `deur` puts them together: raw rows
in, minimised and pseudonymised Parquet per doel out. `signaalnummer` gives a signal the number it has in messages. Who
may hold a key is in tests/unit/test_kamers.py.
"""
