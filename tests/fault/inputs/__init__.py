"""Bad inputs, each with what must become of it.

A case is one bad file of a bron, made here in code. It is delivered together with a good file, and the good one must
get through. To add a case, add a line to one of the tables.
"""

from tests.fault.inputs.archieven import ARCHIEVEN
from tests.fault.inputs.geval import ANDERE, GOED, Geval
from tests.fault.inputs.records import RECORDS
from tests.fault.inputs.tekst import TEKST
from tests.fault.inputs.xml import XML

GEVALLEN = (*TEKST, *XML, *ARCHIEVEN, *RECORDS)

__all__ = ["ANDERE", "GEVALLEN", "GOED", "Geval"]
