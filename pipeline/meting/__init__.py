"""`keten benchmark`: the main job at any size, measured stage by stage beside the rawest operation over the same bytes.

`voorraad` makes or reuses a country with its earlier months, `maand` runs the stages of a month on a copy of it, each
stage (`stap`) and each limit (`grens`) in a process of its own (`proces`); `uitslag` says what came of it.
"""
