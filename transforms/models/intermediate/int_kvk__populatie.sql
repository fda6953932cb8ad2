-- De records van bijstand en volgverzoeken die in de periode lopen, met of de persoon daar op de peildatum woont.
{{ bijstandspopulatie('kvk') }}
