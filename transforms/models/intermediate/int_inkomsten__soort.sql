{% set populatie = '(select persoon from ' ~ ref('int_inkomsten__populatie') ~ ' where reden_uitgesloten is null) as populatie' %}
-- De soort van de inkomstenverhoudingen van de populatie door de tijd.
{{ ikv_soort(populatie) }}
