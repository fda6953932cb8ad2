{# gegenereerd uit schemas/ door schemas/generate.py; niet met de hand wijzigen #}
{# De sleutel van een tabel: van rijen met dezelfde sleutel telt die van de laatste levering. #}
{% macro sleutel(bron, tabel) %}
  {{ return({
    'brp.huwelijk': ['persoon', 'partner', 'datum_sluiting'],
    'brp.persoon': ['persoon'],
    'brp.verblijfplaats': ['persoon', 'gemeente_van_inschrijving', 'datum_inschrijving', 'datum_begin'],
    'duo.deelname': ['persoon', 'brin', 'datum_inschrijving', 'datum_begin'],
    'duo.onderwijsovereenkomst': ['persoon', 'brin', 'datum_inschrijving'],
    'duo.persoon': ['persoon'],
    'duo.resultaat': ['persoon', 'code_niveau', 'datum_resultaat'],
    'gemeente.bijstandspopulatie': ['gemeentecode', 'persoon', 'regeling', 'datum_ingang'],
    'gemeente.kwijtscheldingsaanvraag': ['ontvanger', 'aanvraagnummer'],
    'gemeente.uitkeringsverhouding': ['persoon', 'wet', 'datum_begin'],
    'gemeente.volgverzoek': ['gemeentecode', 'persoon', 'product', 'datum_van'],
    'kvk.functionaris': ['persoon', 'kvk_nummer', 'functie', 'datum_aanvang'],
    'kvk.onderneming': ['kvk_nummer'],
    'rdw.voertuig': ['kenteken'],
    'rdw.voertuigbezit': ['persoon', 'kenteken', 'datum_begin'],
    'uwv.inkomstenopgave': ['persoon', 'loonheffingennummer', 'volgnummer_ikv', 'datum_begin_ikv', 'datum_begin'],
    'uwv.inkomstenperiode': ['persoon', 'loonheffingennummer', 'volgnummer_ikv', 'datum_begin_ikv', 'datum_begin'],
    'uwv.inkomstenverhouding': ['persoon', 'loonheffingennummer', 'volgnummer_ikv', 'datum_begin'],
  }[bron ~ '.' ~ tabel]) }}
{% endmacro %}
