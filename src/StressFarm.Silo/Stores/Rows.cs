using System.Data.Common;
using System.Globalization;
using System.Text;
using System.Text.Json;
using StressFarm.Campaigns;
using StressFarm.Campaigns.Farm;
using StressFarm.Campaigns.Leases;
using StressFarm.Campaigns.Plans;
using StressFarm.Exploration.Evidence;
using StressFarm.Exploration.Records;

namespace StressFarm.Silo.Stores;

/// <summary>
/// How the farm's records lie in rows. Seeds and digests are unsigned and the stores' integers are not: they are sixteen hex
/// digits, which sort as the numbers do. Records, findings and work are JSON text.
/// </summary>
internal static class Rows
{
    public const string CampaignColumns = "id, name, request, canonical, hash, budget, state, reason, created, finished, term";
    public const string LineColumns = "idx, cell, number, first_seed, count, schedules, steps, digest, epoch, holder, recorded";

    public static string Hex(ulong value) => value.ToString("x16", CultureInfo.InvariantCulture);
    public static ulong Unhex(string text) => ulong.Parse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
    public static string Json<T>(T value) => JsonSerializer.Serialize(value);
    public static T Value<T>(string json) => JsonSerializer.Deserialize<T>(json) ?? throw new JsonException("null");

    /// <summary>Universal time in whole microseconds: what both stores keep.</summary>
    public static DateTimeOffset Time(DateTimeOffset time) => new(time.UtcTicks - time.UtcTicks % TimeSpan.TicksPerMicrosecond, TimeSpan.Zero);

    /// <summary>Text that every store takes: neither NUL nor half a surrogate pair.</summary>
    public static string Text(string text)
    {
        string clean = text.Replace('\0', '\ufffd');
        return Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(clean));
    }

    public static CampaignEntry Campaign(DbDataReader row) => new(
        row.GetString(0), row.GetString(1), row.GetString(2), row.GetString(3), row.GetString(4),
        row.IsDBNull(5) ? null : TimeSpan.FromTicks(row.GetInt64(5)), (CampaignState)row.GetInt32(6), row.GetString(7),
        row.GetFieldValue<DateTimeOffset>(8), row.IsDBNull(9) ? null : row.GetFieldValue<DateTimeOffset>(9), row.GetInt64(10));

    public static Lease Lease(DbDataReader row) => new(Value<WorkItem>(row.GetString(0)), row.GetInt64(1), row.GetString(2), row.GetFieldValue<DateTimeOffset>(3))
    {
        Progress = row.GetInt64(4),
    };

    public static LedgerLine Line(DbDataReader row) => new(
        row.GetInt64(0), row.GetInt32(1), row.GetInt64(2), Unhex(row.GetString(3)), row.GetInt32(4), row.GetInt64(5), row.GetInt64(6),
        Unhex(row.GetString(7)), row.GetInt64(8), row.GetString(9), row.GetFieldValue<DateTimeOffset>(10));

    /// <summary>A shard with its place in the order; its digest must be the one it was entered under.</summary>
    public static (long Index, StoredShard Shard) Shard(DbDataReader row)
    {
        ShardRecord record = Value<ShardRecord>(row.GetString(4));
        if (row.GetString(3) != Hex(record.Digest)) throw new JsonException("digest");
        return (row.GetInt64(0), new StoredShard(row.GetInt32(1), row.GetInt64(2), record) { Holder = row.GetString(5), Recorded = row.GetFieldValue<DateTimeOffset>(6) });
    }

    public static StoredWorkup Workup(DbDataReader row) => new(row.GetInt32(0), Value<RawFinding>(row.GetString(1)), Value<Finding>(row.GetString(2)));

    public static StoredVerification Verification(DbDataReader row) => new(
        new Shard(row.GetInt64(0), row.GetInt32(1), row.GetInt64(2), Unhex(row.GetString(3)), row.GetInt32(4)),
        Unhex(row.GetString(5)), Unhex(row.GetString(6)), row.GetString(7));
}
