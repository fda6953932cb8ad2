"""The chain of certificates for demonstrations and tests, in the place where real ones would be."""

from __future__ import annotations

from demo.certificaten import Houder, maak_keten
from demo.certificaten import trek_in as zet_op_lijst
from message_formats.certificaat import lees_certificaten, nu
from pipeline.instellingen import Instellingen
from schemas.fout import KetenFout
from schemas.load import ontvangers


def maak_proefketen(instellingen: Instellingen) -> bool:
    """Makes the chain; whether there was none yet.

    Raises:
        KetenFout: `K-BESTAAT` when there are certificates that are no such chain.
    """
    folder = instellingen.certificaten.map
    if (folder / "afzender.pem").exists():
        _is_proef(instellingen)
        return False
    houders = {code: Houder(ontvanger.naam, ontvanger.oin) for code, ontvanger in ontvangers().items()}
    maak_keten(folder, Houder("Signaalketen (proef)", instellingen.afzender_oin), houders, nu())
    return True


def trek_in(instellingen: Instellingen, ontvanger: str) -> None:
    """Revokes the certificate of a recipient.

    Raises:
        KetenFout: `K-BESTAAT` when the certificates are no chain of ours, `K-CERTIFICAAT` when it has none.
    """
    _is_proef(instellingen)
    folder = instellingen.certificaten.map
    zet_op_lijst(folder, lees_certificaten(folder / "ontvangers" / f"{ontvanger}.pem")[:1], nu())


def _is_proef(instellingen: Instellingen) -> None:
    if not (instellingen.certificaten.map / "demo" / "gezag.key").exists():
        raise KetenFout("K-BESTAAT", str(instellingen.certificaten.map.name))
