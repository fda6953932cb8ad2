"""The world outside: readers for extracts and channels for deliveries.

`bestand` opens files and archive members, `herken` says which format and tables a file holds, one reader per format
yields raw Arrow batches (`rijen`), and `kanaal` puts deliveries where a recipient fetches them.
"""
