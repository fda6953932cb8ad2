"""The one exception for errors that have a code: it names what happened and where, never a value."""

from __future__ import annotations

from schemas.load import meldingen


class KetenFout(Exception):
    """A coded error: `code` stands in `codes/melding.csv`; `wijzer` says where (a column, a file), never a value."""

    def __init__(self, code: str, wijzer: str = "") -> None:
        self.code = code
        self.wijzer = wijzer
        melding = meldingen()[code]
        where = f" ({wijzer})" if wijzer else ""
        super().__init__(f"{code}{where}: {melding.betekenis} {melding.wat_te_doen}")
