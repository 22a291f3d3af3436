-- Two roles for the farm's database: the owner of its schemas, whom `stressfarm-silo migrate` logs in as, and one that may only use
-- them, for the silos. Before the first migration, as an administrator, in the farm's own database:
--   psql -d farm -f deploy/postgres-roles.sql
-- and then \password farm_owner and \password farm. Safe to run twice.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'farm_owner') THEN CREATE ROLE farm_owner LOGIN; END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'farm') THEN CREATE ROLE farm LOGIN CONNECTION LIMIT 240; END IF;
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format('GRANT CONNECT, CREATE ON DATABASE %I TO farm_owner', current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO farm', current_database());
END $$;

-- Whatever the owner makes, the silos may use, and nothing more.
ALTER DEFAULT PRIVILEGES FOR ROLE farm_owner GRANT USAGE ON SCHEMAS TO farm;
ALTER DEFAULT PRIVILEGES FOR ROLE farm_owner GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO farm;
ALTER DEFAULT PRIVILEGES FOR ROLE farm_owner GRANT EXECUTE ON FUNCTIONS TO farm;
