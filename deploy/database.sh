#!/bin/sh
# The image of PostgreSQL runs this once, as its administrator, when its folder is empty: the three logins and the database.
set -eu
psql -v ON_ERROR_STOP=1 --username postgres --dbname postgres <<END
CREATE ROLE carecollective LOGIN PASSWORD '$OWNER_PASSWORD' NOSUPERUSER NOBYPASSRLS CREATEDB CREATEROLE;
CREATE ROLE carecollective_web LOGIN PASSWORD '$WEB_PASSWORD' NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOINHERIT;
CREATE ROLE care_backup LOGIN PASSWORD '$BACKUP_PASSWORD' NOSUPERUSER BYPASSRLS;
GRANT pg_read_all_data TO care_backup;
CREATE DATABASE carecollective OWNER carecollective ENCODING 'UTF8' TEMPLATE template0;
END
