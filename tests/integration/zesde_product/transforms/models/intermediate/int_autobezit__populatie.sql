-- De records van bijstand die in de periode lopen, met of de persoon daar op de peildatum woont.
{{ bijstandspopulatie('autobezit') }}
