-- Personen in de populatie die om hun woonplaats geen signaal krijgen, geteld per reden.
{{ uitgesloten_bijstand(ref('int_autobezit__populatie')) }}
