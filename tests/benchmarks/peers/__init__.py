"""The same work in other ways, run by `keten benchmark` beside ours on the same leveringen.

`gewoon` is product inkomsten from extracts to messages written the usual way: pandas, a keyed hash of every value,
plain Python per person, json and lxml per signal. `onze` says what our own run came to. `kernvraag` asks one question
of the income signals of several engines, on the lake of our run.
"""
