-- What Orleans' ADO.NET providers (clustering, reminders, grain storage) ask of a PostgreSQL database: they read the text of
-- their statements from the table OrleansQuery, found by the connection's search path, and look at the names of parameters
-- and result columns only. Tables and statements are the farm's own.

CREATE SCHEMA orleans;

CREATE TABLE orleans.orleansquery(
    querykey  text PRIMARY KEY,
    querytext text NOT NULL
);

-- Clustering. A cluster's version grows with each change of its members; a change names the version that it was decided on.
CREATE TABLE orleans.cluster(
    name    text COLLATE "C" PRIMARY KEY,
    version integer NOT NULL
);

CREATE TABLE orleans.member(
    cluster    text COLLATE "C" NOT NULL REFERENCES orleans.cluster ON DELETE CASCADE,
    address    text COLLATE "C" NOT NULL,
    port       integer NOT NULL,
    generation integer NOT NULL,
    silo       text NOT NULL,
    host       text NOT NULL,
    status     integer NOT NULL,
    gateway    integer NOT NULL,
    suspicions text,
    started    timestamptz NOT NULL,
    alive      timestamptz NOT NULL,
    PRIMARY KEY(cluster, address, port, generation)
) WITH (fillfactor = 70);

-- One row for each member, and one without a member when there is none.
CREATE VIEW orleans.membership AS
SELECT c.name AS cluster, c.version AS "Version", m.address AS "Address", m.port AS "Port", m.generation AS "Generation",
       m.silo AS "SiloName", m.host AS "HostName", m.status AS "Status", m.gateway AS "ProxyPort",
       m.suspicions AS "SuspectTimes", m.started AS "StartTime", m.alive AS "IAmAliveTime"
FROM orleans.cluster c LEFT JOIN orleans.member m ON m.cluster = c.name;

INSERT INTO orleans.orleansquery(querykey, querytext) VALUES
('InsertMembershipVersionKey', $q$
    WITH made AS (INSERT INTO orleans.cluster(name, version) VALUES(@DeploymentId, 0) ON CONFLICT DO NOTHING RETURNING 1)
    SELECT EXISTS(SELECT FROM made)
$q$),
('MembershipReadAllKey', $q$
    SELECT * FROM orleans.membership WHERE cluster = @DeploymentId
$q$),
('MembershipReadRowKey', $q$
    SELECT c.version AS "Version", m.* FROM orleans.cluster c LEFT JOIN LATERAL (
        SELECT "Address", "Port", "Generation", "SiloName", "HostName", "Status", "ProxyPort", "SuspectTimes", "StartTime", "IAmAliveTime"
        FROM orleans.membership
        WHERE cluster = c.name AND "Address" = @Address AND "Port" = @Port AND "Generation" = @Generation) m ON true
    WHERE c.name = @DeploymentId
$q$),
('InsertMembershipKey', $q$
    WITH turn AS (
        UPDATE orleans.cluster SET version = version + 1
        WHERE name = @DeploymentId AND version = @Version AND NOT EXISTS(
            SELECT FROM orleans.member WHERE cluster = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation)
        RETURNING name),
    entered AS (
        INSERT INTO orleans.member(cluster, address, port, generation, silo, host, status, gateway, started, alive)
        SELECT name, @Address, @Port, @Generation, @SiloName, @HostName, @Status, @ProxyPort, @StartTime, @IAmAliveTime FROM turn
        RETURNING 1)
    SELECT EXISTS(SELECT FROM entered)
$q$),
('UpdateMembershipKey', $q$
    WITH turn AS (
        UPDATE orleans.cluster SET version = version + 1
        WHERE name = @DeploymentId AND version = @Version AND EXISTS(
            SELECT FROM orleans.member WHERE cluster = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation)
        RETURNING name),
    changed AS (
        UPDATE orleans.member SET status = @Status, suspicions = @SuspectTimes, alive = @IAmAliveTime FROM turn
        WHERE cluster = turn.name AND address = @Address AND port = @Port AND generation = @Generation
        RETURNING 1)
    SELECT EXISTS(SELECT FROM changed)
$q$),
('UpdateIAmAlivetimeKey', $q$
    UPDATE orleans.member SET alive = @IAmAliveTime
    WHERE cluster = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation
$q$),
('GatewaysQueryKey', $q$
    SELECT address AS "Address", gateway AS "ProxyPort", generation AS "Generation" FROM orleans.member
    WHERE cluster = @DeploymentId AND status = @Status AND gateway > 0
$q$),
('CleanupDefunctSiloEntriesKey', $q$
    DELETE FROM orleans.member WHERE cluster = @DeploymentId AND status = 6 AND alive < @IAmAliveTime
$q$),
('DeleteMembershipTableEntriesKey', $q$
    DELETE FROM orleans.cluster WHERE name = @DeploymentId
$q$);

-- Reminders. Silos share them out by ranges of the grain's hash, which is signed here; a range may go round the end.
CREATE TABLE orleans.reminder(
    service text COLLATE "C" NOT NULL,
    grain   text COLLATE "C" NOT NULL,
    name    text COLLATE "C" NOT NULL,
    hash    integer NOT NULL,
    started timestamptz NOT NULL,
    period  bigint NOT NULL,       -- milliseconds
    version integer NOT NULL,
    PRIMARY KEY(service, grain, name)
);
CREATE INDEX reminder_hash ON orleans.reminder(service, hash);

CREATE VIEW orleans.reminders AS
SELECT service, hash, grain AS "GrainId", name AS "ReminderName", started AS "StartTime", period AS "Period", version AS "Version"
FROM orleans.reminder;

INSERT INTO orleans.orleansquery(querykey, querytext) VALUES
('UpsertReminderRowKey', $q$
    INSERT INTO orleans.reminder AS r(service, grain, name, hash, started, period, version)
    VALUES(@ServiceId, @GrainId, @ReminderName, @GrainHash, @StartTime, @Period, 0)
    ON CONFLICT(service, grain, name) DO UPDATE
    SET hash = excluded.hash, started = excluded.started, period = excluded.period, version = r.version + 1
    RETURNING version AS "Version"
$q$),
('ReadReminderRowsKey', $q$
    SELECT * FROM orleans.reminders WHERE service = @ServiceId AND "GrainId" = @GrainId
$q$),
('ReadReminderRowKey', $q$
    SELECT * FROM orleans.reminders WHERE service = @ServiceId AND "GrainId" = @GrainId AND "ReminderName" = @ReminderName
$q$),
('ReadRangeRows1Key', $q$
    SELECT * FROM orleans.reminders WHERE service = @ServiceId AND hash > @BeginHash AND hash <= @EndHash
$q$),
('ReadRangeRows2Key', $q$
    SELECT * FROM orleans.reminders WHERE service = @ServiceId AND (hash > @BeginHash OR hash <= @EndHash)
$q$),
('DeleteReminderRowKey', $q$
    WITH gone AS (
        DELETE FROM orleans.reminder WHERE service = @ServiceId AND grain = @GrainId AND name = @ReminderName AND version = @Version RETURNING 1)
    SELECT EXISTS(SELECT FROM gone)
$q$),
('DeleteReminderRowsKey', $q$
    DELETE FROM orleans.reminder WHERE service = @ServiceId
$q$);

-- Grain state. A write names the version that it replaces, or none when it makes the row; no row in answer is a conflict.
CREATE TABLE orleans.grain_state(
    service   text COLLATE "C" NOT NULL,
    type      text COLLATE "C" NOT NULL,
    n0        bigint NOT NULL,
    n1        bigint NOT NULL,
    extension text COLLATE "C" NOT NULL,
    version   integer NOT NULL,
    payload   bytea,
    PRIMARY KEY(service, type, n0, n1, extension)
) WITH (fillfactor = 70);

INSERT INTO orleans.orleansquery(querykey, querytext) VALUES
('ReadFromStorageKey', $q$
    SELECT payload AS "PayloadBinary", version AS "Version" FROM orleans.grain_state
    WHERE service = @ServiceId AND type = @GrainTypeString AND n0 = @GrainIdN0 AND n1 = @GrainIdN1 AND extension = coalesce(@GrainIdExtensionString, '')
$q$),
('WriteToStorageKey', $q$
    WITH changed AS (
        UPDATE orleans.grain_state SET payload = @PayloadBinary, version = version + 1
        WHERE service = @ServiceId AND type = @GrainTypeString AND n0 = @GrainIdN0 AND n1 = @GrainIdN1
          AND extension = coalesce(@GrainIdExtensionString, '') AND version = @GrainStateVersion
        RETURNING version),
    made AS (
        INSERT INTO orleans.grain_state(service, type, n0, n1, extension, version, payload)
        SELECT @ServiceId, @GrainTypeString, @GrainIdN0, @GrainIdN1, coalesce(@GrainIdExtensionString, ''), 1, @PayloadBinary
        WHERE @GrainStateVersion IS NULL
        ON CONFLICT DO NOTHING
        RETURNING version)
    SELECT version AS "NewGrainStateVersion" FROM changed UNION ALL SELECT version FROM made
$q$),
('ClearStorageKey', $q$
    UPDATE orleans.grain_state SET payload = NULL, version = version + 1
    WHERE service = @ServiceId AND type = @GrainTypeString AND n0 = @GrainIdN0 AND n1 = @GrainIdN1
      AND extension = coalesce(@GrainIdExtensionString, '') AND version = @GrainStateVersion
    RETURNING version AS "NewGrainStateVersion"
$q$),
('DeleteStorageKey', $q$
    DELETE FROM orleans.grain_state
    WHERE service = @ServiceId AND type = @GrainTypeString AND n0 = @GrainIdN0 AND n1 = @GrainIdN1
      AND extension = coalesce(@GrainIdExtensionString, '') AND version = @GrainStateVersion
    RETURNING version + 1 AS "NewGrainStateVersion"
$q$);
