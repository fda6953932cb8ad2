-- De inkomstenverhoudingen van de huishoudens zoals ze nu gelden.
{{ ikv(ref('int_kwijtschelding__huishouden')) }}
