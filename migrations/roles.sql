-- Roles and the rights that go with them. Idempotent; run it as an administrator, connected to the product's database:
--   restartix_owner     owns database and tables, runs migrations
--   restartix_app       what web and worker log in as; owns nothing and cannot bypass row-level security
--   restartix_platform  the operator's view across clinics   } no login; restartix_app steps into them for one
--   restartix_dispatch  the outbox dispatcher across clinics } transaction (SET LOCAL ROLE) and inherits nothing
--   restartix_resolver  owns the few definer functions that answer before a scope is known; nobody steps into it
--   restartix_archivist owns the one definer function that takes archived months out of a log; nobody steps into it
-- Passwords are set outside this file.

DO $$
DECLARE
    wanted text;
BEGIN
    -- Two starts at once must not race for the same role.
    PERFORM pg_advisory_xact_lock(7263154801);
    FOREACH wanted IN ARRAY ARRAY['restartix_owner', 'restartix_app', 'restartix_platform', 'restartix_dispatch',
        'restartix_resolver', 'restartix_archivist'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
            EXECUTE format('CREATE ROLE %I', wanted);
        END IF;
    END LOOP;
END
$$;

ALTER ROLE restartix_owner LOGIN NOCREATEDB NOCREATEROLE;
ALTER ROLE restartix_app LOGIN NOINHERIT NOCREATEDB NOCREATEROLE;
ALTER ROLE restartix_platform NOLOGIN NOINHERIT NOCREATEDB NOCREATEROLE;
ALTER ROLE restartix_dispatch NOLOGIN NOINHERIT NOCREATEDB NOCREATEROLE;
ALTER ROLE restartix_resolver NOLOGIN NOINHERIT NOCREATEDB NOCREATEROLE;
ALTER ROLE restartix_archivist NOLOGIN NOINHERIT NOCREATEDB NOCREATEROLE;

DO $$
DECLARE
    -- Only a superuser may touch these two attributes; a new role has neither, so there is nothing to take away.
    offender text;
    membership text := '';
BEGIN
    SELECT rolname INTO offender FROM pg_roles
    WHERE rolname IN ('restartix_owner', 'restartix_app', 'restartix_platform', 'restartix_dispatch', 'restartix_resolver',
                      'restartix_archivist')
      AND (rolsuper OR rolbypassrls) LIMIT 1;
    IF offender IS NOT NULL THEN
        RAISE EXCEPTION 'role % must be neither superuser nor BYPASSRLS', offender;
    END IF;
    -- From version 16 on the grant itself says what is inherited; before, NOINHERIT of the member does.
    IF current_setting('server_version_num')::int >= 160000 THEN
        membership := ' WITH INHERIT FALSE, SET TRUE';
    END IF;
    EXECUTE 'GRANT restartix_platform, restartix_dispatch TO restartix_app' || membership;
    -- Migrations hand the definer functions to these two, which takes membership and the right to own in the schema.
    EXECUTE 'GRANT restartix_resolver, restartix_archivist TO restartix_owner' || membership;
    -- An administrator who is no superuser has to be a member of the role to which he hands the database.
    IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
        EXECUTE 'GRANT restartix_owner TO ' || quote_ident(current_user);
    END IF;
    EXECUTE format('ALTER DATABASE %I OWNER TO restartix_owner', current_database());
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO restartix_app', current_database());
END
$$;

-- The database's owner creates in schema public; the application and everybody else only use it.
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO restartix_app, restartix_platform, restartix_dispatch;
GRANT USAGE, CREATE ON SCHEMA public TO restartix_resolver, restartix_archivist;

-- What the owner makes gives nothing to anybody until a migration grants it by name.
ALTER DEFAULT PRIVILEGES FOR ROLE restartix_owner REVOKE ALL ON TABLES FROM PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE restartix_owner REVOKE ALL ON SEQUENCES FROM PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE restartix_owner REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
