"""Pages for opdrachtgevers and gemeenten: what came in, what was dropped and why, what went out to whom.

Data flows one way: `gegevens` reads the ledger into plain counts, `sommen` checks that they add up, `cellen` has
`onderdrukking` hide every count that could point at a person. `overzicht`, `bladen`, `bronnen`, `ontvangers`,
`kwaliteit` and `herkomst` turn what is left into tables, `grafiek` and `graaf` draw, and `opmaak` and `pagina` write
HTML and CSV. A count that is hidden does not reach a file.
"""
