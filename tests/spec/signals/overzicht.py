"""Writes README.md: every case of every product with the sentence that says why. `--controleer` only compares."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from schemas.load import producten
from tests.spec.signals.casus import read_case

HERE = Path(__file__).parent
README = HERE / "README.md"

HEAD = """# De regels als gevallen

<!-- gegenereerd door `python -m tests.spec.signals.overzicht`; niet met de hand wijzigen -->

Elke map hieronder is een geval: wat de bronnen leverden (kleine CSV's, personen met leesbare namen, datums als
jjjjmmdd, bedragen in centen), welke signalen daaruit komen (`verwacht.csv`), soms wat er in het bewijs moet staan
(`bewijs.csv`) of wie ervan hoort (`ontvangers.csv`), en een zin die zegt waarom. `test_spec.py` draait elk geval en
houdt ook het bewijs van elk signaal tegen wat zijn regel gebruikt (`<product>/bewijs.yml`).
"""


def overzicht() -> str:
    """The page, from the cases as they are."""
    return HEAD + "".join(_product(naam) for naam in producten())


def _product(product: str) -> str:
    cases = list(_cases(product))
    rows = "".join(
        f"| [{naam}]({product}/{naam}) | {periode} | {codes} | {why} |\n" for naam, periode, codes, why in cases
    )
    title = f"\n## {producten()[product].naam}: {len(cases)} gevallen\n\n"
    return f"{title}| geval | periode | signalen | waarom |\n|---|---|---|---|\n{rows}"


def _cases(product: str) -> Iterator[tuple[str, str, str, str]]:
    for folder in sorted(path.parent for path in HERE.glob(f"{product}/*/case.yml")):
        casus = read_case(folder)
        codes = sorted({row["signaal_code"] for row in casus.verwacht if row.get("signaal_code")})
        yield folder.name, casus.periode, ", ".join(codes) or "geen", casus.waarom.strip().replace("|", "/")


if __name__ == "__main__":
    if "--controleer" not in sys.argv:
        README.write_text(overzicht(), encoding="utf-8")
    elif not README.exists() or README.read_text(encoding="utf-8") != overzicht():
        sys.exit(f"{README.name} loopt achter op de gevallen")
