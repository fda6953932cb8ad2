{# Deze kolommen wijzen samen een rij aan. #}
{% test uniek_samen(model, kolommen) %}
select {{ kolommen | join(', ') }}
from {{ model }}
group by {{ kolommen | join(', ') }}
having count(*) > 1
{% endtest %}
