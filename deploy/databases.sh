#!/bin/sh
# Run once by the image of PostgreSQL on an empty volume: a role and a database for Airflow, and for the ledger.
set -eu
for naam in airflow grootboek; do
    psql -v ON_ERROR_STOP=1 -v naam="$naam" -v wachtwoord="$(cat "/run/secrets/postgres_$naam")" <<'SQL'
CREATE ROLE :"naam" LOGIN PASSWORD :'wachtwoord';
CREATE DATABASE :"naam" OWNER :"naam";
REVOKE CONNECT ON DATABASE :"naam" FROM PUBLIC;
SQL
done
