using System.Globalization;

namespace StressFarm.Silo.Stores;

/// <summary>The tables of a silo's own store, by the version that the file's header names.</summary>
internal static class SqliteSchema
{
    /// <summary>"SFS1" in the header's application id: what tells a store from another SQLite file.</summary>
    public const long ApplicationId = 0x53465331;
    public const long Version = 2;

    /// <summary>The same tables and columns as PostgreSQL's (deploy/postgres). Long rows keep their row id: without one they would fill their pages badly.</summary>
    public const string Create = """
        CREATE TABLE campaign(
            id TEXT PRIMARY KEY, name TEXT NOT NULL, request TEXT NOT NULL, canonical TEXT NOT NULL, hash TEXT NOT NULL,
            budget INTEGER, state INTEGER NOT NULL, reason TEXT NOT NULL, created TEXT NOT NULL, finished TEXT, term INTEGER NOT NULL) STRICT;
        CREATE TABLE counts(campaign TEXT PRIMARY KEY, counts TEXT NOT NULL) STRICT;
        CREATE TABLE report(campaign TEXT PRIMARY KEY, json BLOB NOT NULL, page BLOB NOT NULL) STRICT;
        CREATE TABLE lease(
            campaign TEXT NOT NULL, key TEXT NOT NULL, epoch INTEGER NOT NULL, holder TEXT NOT NULL, expires TEXT NOT NULL,
            progress INTEGER NOT NULL, work TEXT NOT NULL, PRIMARY KEY(campaign, key)) STRICT, WITHOUT ROWID;
        CREATE TABLE shard(
            campaign TEXT NOT NULL, idx INTEGER NOT NULL, cell INTEGER NOT NULL, number INTEGER NOT NULL, first_seed TEXT NOT NULL,
            count INTEGER NOT NULL, schedules INTEGER NOT NULL, steps INTEGER NOT NULL, digest TEXT NOT NULL, epoch INTEGER NOT NULL,
            holder TEXT NOT NULL, recorded TEXT NOT NULL, record TEXT NOT NULL, PRIMARY KEY(campaign, idx)) STRICT;
        CREATE TABLE workup(
            campaign TEXT NOT NULL, key TEXT NOT NULL, cell INTEGER NOT NULL, seed TEXT NOT NULL, finding_id TEXT NOT NULL,
            raw TEXT NOT NULL, finding TEXT NOT NULL, PRIMARY KEY(campaign, key)) STRICT;
        CREATE TABLE verification(
            campaign TEXT NOT NULL, key TEXT NOT NULL, idx INTEGER NOT NULL, cell INTEGER NOT NULL, number INTEGER NOT NULL,
            first_seed TEXT NOT NULL, count INTEGER NOT NULL, first TEXT NOT NULL, second TEXT NOT NULL, holder TEXT NOT NULL,
            PRIMARY KEY(campaign, key)) STRICT, WITHOUT ROWID;
        CREATE TABLE section(campaign TEXT NOT NULL, cell INTEGER NOT NULL, fence INTEGER NOT NULL, PRIMARY KEY(campaign, cell)) STRICT, WITHOUT ROWID;
        CREATE TABLE checkpoint(
            campaign TEXT NOT NULL, cell INTEGER NOT NULL, number INTEGER NOT NULL, state_hash TEXT NOT NULL, chain TEXT NOT NULL,
            state BLOB NOT NULL, pinned INTEGER NOT NULL DEFAULT 1, PRIMARY KEY(campaign, cell, number)) STRICT;
        """;

    /// <summary>What makes a file of this version one of the next.</summary>
    public static string From(long version) => version switch
    {
        // What is there was kept on purpose or may have been.
        1 => "ALTER TABLE checkpoint ADD COLUMN pinned INTEGER NOT NULL DEFAULT 1",
        _ => throw new SchemaException(string.Create(CultureInfo.InvariantCulture, $"no store ever had schema {version}")),
    };
}
