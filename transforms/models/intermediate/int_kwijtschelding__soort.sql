-- De soort van de inkomstenverhoudingen van de huishoudens door de tijd.
{{ ikv_soort(ref('int_kwijtschelding__huishouden')) }}
