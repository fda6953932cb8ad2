"""A synthetic country: consistent persons over all bronnen, of any size, in the formats of the real extracts.

`persoon`, `bijstand`, `onderwijs`, `werk`, `voertuig` and `bedrijf` make the world as it truly is, with a begin and an
end date for everything. `gemeente`, `duo`, `brp`, `uwv`, `rdw` and `kvk` write what a bron would tell at the end of a
month, mistakes included. `wereld` is all of that for a block of persons (`blok`), `land` puts the country together.
Nobody in it exists.
"""
