"""Column lineage from SQL: what a value comes from, and what only chose it."""

from __future__ import annotations

from pathlib import Path

import pytest

from lineage import kolommen
from lineage.kolommen import Kolom, Kolomgraaf, als_json
from lineage.sql import Onherleidbaar, lees_modellen
from lineage.velden import van_veld, vergelijk
from schemas.berichten import Bericht, find_bericht
from schemas.load import doelen

BRON = {"b.t": ("persoon", "bedrag", "soort", "dag"), "b.u": ("persoon", "naam")}
T, U = "read_parquet(['b.t'])", "read_parquet(['b.u'])"


def graaf(**modellen: str) -> Kolomgraaf:
    return lees_modellen(modellen, BRON)


def kanten(gelezen: Kolomgraaf, kolom: str, model: str = "m") -> set[str]:
    return {
        f"{kant.van.tabel}.{kant.van.kolom} {kant.soort} {kant.wijze}" for kant in gelezen.bronnen(Kolom(model, kolom))
    }


@pytest.mark.parametrize(
    ("select", "verwacht"),
    [
        (f"select bedrag as x from {T}", {"b.t.bedrag DIRECT IDENTITY"}),
        (f"select cast(bedrag as varchar) as x from {T}", {"b.t.bedrag DIRECT IDENTITY"}),
        (f"select bedrag + 1 as x from {T}", {"b.t.bedrag DIRECT TRANSFORMATION"}),
        (f"select sum(bedrag) as x from {T}", {"b.t.bedrag DIRECT AGGREGATION"}),
        (
            f"select case when soort = '1' then bedrag end as x from {T}",
            {"b.t.soort INDIRECT CONDITIONAL", "b.t.bedrag DIRECT TRANSFORMATION"},
        ),
        (f"select case soort when '1' then 'a' end as x from {T}", {"b.t.soort INDIRECT CONDITIONAL"}),
        (
            f"select row_number() over (partition by persoon order by dag) as x from {T}",
            {"b.t.persoon INDIRECT WINDOW", "b.t.dag INDIRECT WINDOW"},
        ),
        (
            f"select lag(bedrag) over w as x from {T} window w as (partition by persoon order by dag)",
            {"b.t.bedrag DIRECT TRANSFORMATION", "b.t.persoon INDIRECT WINDOW", "b.t.dag INDIRECT WINDOW"},
        ),
        (
            f"select sum(bedrag) filter (where soort = '1') as x from {T}",
            {"b.t.bedrag DIRECT AGGREGATION", "b.t.soort INDIRECT FILTER"},
        ),
        (f"select bedrag as x from (select * from {T}) as q", {"b.t.bedrag DIRECT IDENTITY"}),
        (f"with q as (select *, bedrag * 2 as y from {T}) select y as x from q", {"b.t.bedrag DIRECT TRANSFORMATION"}),
        (
            f"with q as (select soort as y from {T} union all select naam from {U}) select y as x from q",
            {"b.t.soort DIRECT IDENTITY", "b.u.naam DIRECT IDENTITY"},
        ),
        (
            f"select persoon as p, bedrag as x from {T} union all select bedrag, persoon from {T}",
            {"b.t.bedrag DIRECT IDENTITY", "b.t.persoon DIRECT IDENTITY"},
        ),
        (
            f"select (select naam from {U} as u where u.persoon = t.persoon) as x from {T} as t",
            {"b.u.naam DIRECT TRANSFORMATION", "b.u.persoon INDIRECT FILTER", "b.t.persoon INDIRECT FILTER"},
        ),
        (
            f"select exists (select 1 from {U} as u where u.naam = t.soort) as x from {T} as t",
            {"b.u.naam INDIRECT FILTER", "b.t.soort INDIRECT FILTER"},
        ),
        (f"select count(*) as x from {T} where soort = '1'", {"b.t.soort INDIRECT AGGREGATION"}),
        ("select 'vast' as x", set()),
    ],
)
def test_an_expression_says_what_its_value_comes_from_and_what_chose_it(select: str, verwacht: set[str]) -> None:
    assert kanten(graaf(m=select), "x") == verwacht


def test_lineage_is_followed_through_models_in_whatever_order_they_are_given() -> None:
    gelezen = graaf(
        signaal='select totaal as waarde, persoon from "memory"."main"."tussen" where persoon is not null',
        tussen=f"select persoon, sum(bedrag) as totaal from {T} where soort = '1' group by persoon",
    )
    assert kanten(gelezen, "waarde", "signaal") == {"b.t.bedrag DIRECT AGGREGATION"}
    rows = {f"{kant.van.tabel}.{kant.van.kolom} {kant.wijze}" for kant in gelezen.rijen("signaal")}
    assert rows == {"b.t.persoon FILTER", "b.t.soort FILTER", "b.t.persoon GROUP_BY"}
    assert gelezen.modellen["signaal"].leest == {"tussen"}


def test_a_join_decides_the_rows() -> None:
    gelezen = graaf(m=f"select t.bedrag from {T} as t inner join {U} as u on u.persoon = t.persoon")
    assert {f"{kant.van.tabel}.{kant.van.kolom} {kant.wijze}" for kant in gelezen.rijen("m")} == {
        "b.t.persoon JOIN",
        "b.u.persoon JOIN",
    }


def test_a_column_that_is_in_nothing_the_model_reads_is_an_error_and_not_a_gap() -> None:
    with pytest.raises(Onherleidbaar, match="m: "):
        graaf(m=f"select t.bedrag, q.naam from {T} as t")


def test_the_text_of_a_graph_reads_back_as_the_same_graph(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    gelezen = graaf(m=f"select case when soort = '1' then bedrag end as x, persoon from {T} where dag > 1")
    monkeypatch.setattr(kolommen, "BESTAND", tmp_path / "kolommen.json")
    kolommen.BESTAND.write_text(als_json(gelezen), encoding="utf-8")
    assert dict(kolommen.kolomgraaf.__wrapped__().modellen) == dict(gelezen.modellen)


def test_a_message_field_is_explained_from_the_field_of_a_bron_and_what_chose_it() -> None:
    prioriteit = van_veld(kolommen.kolomgraaf(), find_bericht("vsvbericht", "1.0"), "prioriteit")
    assert prioriteit.kolom == Kolom("signal_vsv", "prioriteit")
    assert "uwv.inkomstenopgave.bedrag_loon_sv" in {f"{kant.van.tabel}.{kant.van.kolom}" for kant in prioriteit.keuze}
    nummer = van_veld(kolommen.kolomgraaf(), find_bericht("vsvbericht", "1.0"), "burgerservicenummer")
    assert {kant.van for kant in nummer.waarde} == {Kolom("duo.persoon", "persoon")}
    assert van_veld(kolommen.kolomgraaf(), find_bericht("vsvbericht", "1.0"), "toelichting").kolom is None


def test_an_edge_that_is_declared_or_made_on_one_side_only_is_named() -> None:
    bericht = find_bericht("inkomstenbericht", "1.0")
    veld = bericht.signaal["naam_werkgever"]
    assert vergelijk(kolommen.kolomgraaf(), [bericht]) == []

    def met(*herkomst: str) -> list[str]:
        velden = {**bericht.signaal, "naam_werkgever": veld.model_copy(update={"herkomst": herkomst})}
        return vergelijk(kolommen.kolomgraaf(), [bericht.model_copy(update={"signaal": velden})])

    naam = "uwv.inkomstenverhouding.naam_werkgever"
    zonder_aandeel = _veld_zonder_aandeel("inkomsten", bericht)
    assert met(naam, zonder_aandeel) == [f"inkomstenbericht 1.0 naam_werkgever: {zonder_aandeel} ontbreekt in de SQL"]
    assert met("uwv.inkomstenverhouding.volgnummer_ikv") == [
        f"inkomstenbericht 1.0 naam_werkgever: {naam} is onverklaard, want herkomst noemt het niet"
    ]


def _veld_zonder_aandeel(doel: str, bericht: Bericht) -> str:
    """A field of the profile that has no part in the name of an employer."""
    herkomst = van_veld(kolommen.kolomgraaf(), bericht, "naam_werkgever")
    part = {f"{kant.van.tabel}.{kant.van.kolom}" for kant in (*herkomst.waarde, *herkomst.keuze)}
    profiel = {f"{rij.tabel}.{veld}" for rij in doelen()[doel].bronnen for veld in rij.velden}
    return min(profiel - part)
