-- The database on a PostgreSQL of your own, once, as its superuser:  psql -f deploy/database.sql
-- Give the passwords afterwards (\password idr_owner, \password idr_app); the addresses with them are DATABASE_OWNER_URL
-- and DATABASE_URL. Run again it changes nothing. The owner makes tables (migrations); the application only uses them.
\set ON_ERROR_STOP on
SELECT 'CREATE ROLE ' || name || ' LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE'
FROM (VALUES ('idr_owner'), ('idr_app')) AS roles (name)
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) \gexec
-- Sorted by code point, as the embedded one is; people's order is made by the program.
SELECT 'CREATE DATABASE idr OWNER idr_owner TEMPLATE template0 ENCODING ''UTF8'' LOCALE ''C.UTF-8'''
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'idr') \gexec
\connect idr
REVOKE ALL ON DATABASE idr FROM PUBLIC;
GRANT CONNECT, TEMPORARY ON DATABASE idr TO idr_app;
GRANT USAGE ON SCHEMA public TO idr_app;
ALTER DEFAULT PRIVILEGES FOR ROLE idr_owner GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO idr_app;
ALTER DEFAULT PRIVILEGES FOR ROLE idr_owner GRANT USAGE, SELECT ON SEQUENCES TO idr_app;
ALTER DEFAULT PRIVILEGES FOR ROLE idr_owner GRANT EXECUTE ON FUNCTIONS TO idr_app;
-- Statements, their parameters and details may hold personal identity codes; they stay out of the server's log, though
-- another who looks for what is slow has it written for the whole server. What a module writes (auto_explain, pgaudit) is
-- turned off where that is set.
ALTER DATABASE idr SET log_min_error_statement = 'panic';
ALTER DATABASE idr SET log_error_verbosity = 'terse';
ALTER DATABASE idr SET log_statement = 'none';
ALTER DATABASE idr SET log_min_duration_statement = -1;
ALTER DATABASE idr SET log_min_duration_sample = -1;
ALTER DATABASE idr SET log_transaction_sample_rate = 0;
ALTER DATABASE idr SET log_parameter_max_length = 0;
ALTER DATABASE idr SET log_parameter_max_length_on_error = 0;
