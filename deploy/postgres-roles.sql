-- Two roles for the farm's database: the owner of its schemas, whom `stressfarm-silo migrate` logs in as, and one that may only use
-- them, for the silos. As an administrator, in the farm's own database, before the first migration, and in a copy before its dump is
-- restored: what the owner makes later is shared by rights of the database, which a dump of the schemas leaves out. Safe to run twice.
-- deploy/prepare writes the same with the roles' passwords; without it: \password farm_owner and \password farm.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'farm_owner') THEN CREATE ROLE farm_owner LOGIN; END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'farm') THEN
        -- 24 for each silo: ten silos.
        CREATE ROLE farm LOGIN CONNECTION LIMIT 240;
    END IF;
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format('GRANT CONNECT, CREATE ON DATABASE %I TO farm_owner', current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO farm', current_database());
END $$;

-- Whatever the owner makes, the silos may use, and nothing more.
ALTER DEFAULT PRIVILEGES FOR ROLE farm_owner GRANT USAGE ON SCHEMAS TO farm;
ALTER DEFAULT PRIVILEGES FOR ROLE farm_owner GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO farm;
ALTER DEFAULT PRIVILEGES FOR ROLE farm_owner GRANT EXECUTE ON FUNCTIONS TO farm;
