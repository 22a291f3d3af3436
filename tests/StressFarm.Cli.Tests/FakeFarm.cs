using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace StressFarm.Cli.Tests;

/// <summary>What the fake farm was asked.</summary>
internal sealed record Asked(string Method, string Path, string? Token, string Body);

/// <summary>What it answers; null for none at all: it closes the connection.</summary>
internal sealed record Answer(int Status, byte[] Body, string Type = "application/json", string More = "")
{
    public static Answer Json<T>(T value, JsonTypeInfo<T> type, int status = 200) => new(status, JsonSerializer.SerializeToUtf8Bytes(value, type));
    public static Answer Text(string text, string type) => new(200, Encoding.UTF8.GetBytes(text), type);
    public static Answer No(int status, string why, string more = "") => new(status, JsonSerializer.SerializeToUtf8Bytes(new ApiError(why), FarmJson.Default.ApiError), More: more);
}

/// <summary>
/// A farm of one campaign, done by an embedded run, behind a few lines of HTTP on 127.0.0.1. Speaks just enough of the protocol
/// for one request a connection.
/// </summary>
internal sealed class FakeFarm : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly List<Asked> _asked = [];
    /// <summary>A campaign is run once, however many farms show it.</summary>
    private static readonly ConcurrentDictionary<string, Explored> s_explored = new();

    private sealed record Explored(CampaignReport Report, LedgerLine[] Lines, RecordLine[] Records, (int Cell, Checkpoint Checkpoint)[] Checkpoints);

    public FakeFarm(string spec = "policies: [control, no-reinit]\nworkloads: device-private-reinit\nschedules: 1100\n")
    {
        Order = SpecBuilder.Build(SpecFile.Parse(spec, "spec"), FarmDefaults.Spec);
        (Spec, Id) = (spec, CampaignEntry.IdOf(Order.Spec));
        Explored explored = s_explored.GetOrAdd(spec, _ => Explore(Order));
        (Report, Lines, Records, Checkpoints) = (explored.Report, [.. explored.Lines], [.. explored.Records], [.. explored.Checkpoints]);
        Status = new(Id, "night", "done", "", "done", Report.Schedules, Report.Steps, Report.Cells.Sum(c => c.Violated), 1, null, 0, Report.Findings.Count, Report.Findings.Count,
            new(0, 1, 2, 3, 0, 2), new(Lines.Count, Lines.Count, 0, 0), [.. Report.Canaries.Complaints()], DigestText.Hex(Report.Digest), DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddSeconds(90))
        { Canaries = Report.Canaries.Counts };
        Events = () => $"retry: 2000\n\nevent: status\ndata: {StatusText(Status with { State = "running" })}\n\n: nothing new\n\nevent: end\ndata: {StatusText(Status)}\n\n";
        _listener.Start();
        Address = $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";
        _ = Task.Run(Serve);
    }

    public string Address { get; }
    public string Id { get; }
    public string Spec { get; set; }
    public CampaignOrder Order { get; }
    public CampaignReport Report { get; }
    public CampaignStatus Status { get; set; }
    public List<LedgerLine> Lines { get; }
    public List<RecordLine> Records { get; }
    public List<(int Cell, Checkpoint Checkpoint)> Checkpoints { get; }
    public Func<string> Events { get; set; }
    /// <summary>What is answered instead, or null for the usual.</summary>
    public Func<Asked, Answer?>? Instead { get; set; }
    /// <summary>What it was asked for that closes without an answer: so many connections.</summary>
    public int Hangups { get; set; }

    public IReadOnlyList<Asked> Requests
    {
        get
        {
            lock (_asked) return [.. _asked];
        }
    }

    public static string StatusText(CampaignStatus status) => JsonSerializer.Serialize(status, FarmJson.Default.CampaignStatus);

    public void Dispose() => _listener.Stop();

    private static Explored Explore(CampaignOrder order)
    {
        var plan = new CampaignPlan(order.Spec);
        var lines = new List<LedgerLine>();
        var records = new List<RecordLine>();
        string folder = Directory.CreateTempSubdirectory("stressfarm-fake-").FullName;
        try
        {
            using SqliteLedger ledger = SqliteLedger.Open(folder, plan);
            CampaignReport report = new CampaignRunner(plan, ledger, new LocalEngine(order.Spec.Geometry), TimeProvider.System).Run(1, null, CancellationToken.None).Report!;
            foreach (StoredShard stored in ledger.Shards())
            {
                Shard shard = plan.At(plan.IndexOf(stored.Cell, stored.Number))!.Value;
                lines.Add(new(shard.Index, shard.Cell, shard.Number, shard.FirstSeed, shard.Count, stored.Record.Schedules, stored.Record.Steps, stored.Record.Digest, 1, "silo-1", DateTimeOffset.UnixEpoch));
                records.Add(new(shard.Index, stored with { Holder = "silo-1" }));
            }
            return new(report, [.. lines], [.. records], order.Spec.Soak is null ? [] : [.. ledger.Checkpoints()]);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private async Task Serve()
    {
        while (true)
        {
            TcpClient client;
            try
            {
                client = await _listener.AcceptTcpClientAsync();
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return;
            }
            _ = Task.Run(() => Handle(client));
        }
    }

    private async Task Handle(TcpClient client)
    {
        using (client)
        {
            try
            {
                NetworkStream stream = client.GetStream();
                Asked asked = await Read(stream);
                lock (_asked) _asked.Add(asked);
                if (Hangups > 0)
                {
                    Hangups--;
                    return;
                }
                Answer answer = Instead?.Invoke(asked) ?? Usual(asked);
                string length = answer.Type == "text/event-stream" ? "" : $"Content-Length: {answer.Body.Length}\r\n";
                await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {answer.Status} x\r\nContent-Type: {answer.Type}\r\n{length}{answer.More}Connection: close\r\n\r\n"));
                await stream.WriteAsync(answer.Body);
            }
            catch (IOException)
            {
                // The other side went away.
            }
        }
    }

    private static async Task<Asked> Read(NetworkStream stream)
    {
        var bytes = new List<byte>();
        var one = new byte[1];
        const byte TlsHello = 0x16;
        while (!EndsWithBlankLine(bytes) && await stream.ReadAsync(one) == 1)
        {
            if (bytes.Count == 0 && one[0] == TlsHello) throw new IOException("this farm speaks no TLS");
            bytes.Add(one[0]);
        }
        string[] head = Encoding.ASCII.GetString([.. bytes]).Split("\r\n");
        string[] first = head[0].Split(' ');
        string? Header(string name) => head.FirstOrDefault(h => h.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))?[(name.Length + 1)..].Trim();
        var body = new byte[int.Parse(Header("Content-Length") ?? "0", System.Globalization.CultureInfo.InvariantCulture)];
        await stream.ReadExactlyAsync(body);
        return new(first[0], first.Length > 1 ? first[1] : "", Header("Authorization"), Encoding.UTF8.GetString(body));
    }

    private static bool EndsWithBlankLine(List<byte> bytes) =>
        bytes.Count >= 4 && bytes[^1] == '\n' && bytes[^2] == '\r' && bytes[^3] == '\n' && bytes[^4] == '\r';

    private IReadOnlyList<FindingSummary> Summaries => [.. Report.Findings.Select(f => new FindingSummary(f.Finding.Id, f.Finding.Signature, f.Finding.Invariant,
        f.Finding.Severity, f.Finding.Policy, f.Finding.Workload, f.Finding.Seed, f.Finding.Length, f.Count, ReportWriter.ReplayCommand(f.Finding)))];

    private Answer Usual(Asked asked)
    {
        string own = $"/api/v1/campaigns/{Id}";
        string path = asked.Path.Split('?')[0];
        Finding? Found(string id) => Report.Findings.FirstOrDefault(f => f.Finding.Id == id)?.Finding;
        return (asked.Method, path) switch
        {
            ("POST", "/api/v1/campaigns") => Submit(asked.Body),
            ("GET", "/api/v1/campaigns") => Answer.Json([Status], FarmJson.Default.IReadOnlyListCampaignStatus),
            ("GET", "/api/v1/silos") => Answer.Json([new("silo-1", "up", 2, 1, 1e6, DateTimeOffset.UnixEpoch)], FarmJson.Default.IReadOnlyListSiloReport),
            ("GET", _) when path == own => Answer.Json(Status, FarmJson.Default.CampaignStatus),
            ("POST", _) when path == own + "/pause" => Answer.Json(Status with { State = "paused" }, FarmJson.Default.CampaignStatus),
            ("POST", _) when path == own + "/resume" => Answer.Json(Status with { State = "running" }, FarmJson.Default.CampaignStatus),
            ("POST", _) when path == own + "/cancel" => Answer.Json(Status with { State = "cancelled" }, FarmJson.Default.CampaignStatus),
            ("GET", _) when path == own + "/watch" => Answer.Text(Events(), "text/event-stream"),
            ("GET", _) when path == own + "/spec" => Answer.Text(Spec + "# Understood as …\n", "text/yaml"),
            ("GET", _) when path == own + "/report" => new(200, ReportWriter.Canonical(Report)),
            ("GET", _) when path == own + "/report.md" => new(200, VerdictPage.Markdown(Report), "text/markdown"),
            ("GET", _) when path == own + "/findings" => Answer.Json(Summaries, FarmJson.Default.IReadOnlyListFindingSummary),
            ("GET", "/api/v1/findings") => Answer.Json([.. Summaries.Select(f => new FarmFinding(Id, "night", f))], FarmJson.Default.IReadOnlyListFarmFinding),
            ("GET", _) when path.StartsWith(own + "/findings/", StringComparison.Ordinal) && Found(path.Split('/')[^1]) is { } finding => Answer.Json(finding, FarmJson.Default.Finding),
            ("GET", _) when path == own + "/ledger" => Ledger(asked.Path),
            ("GET", _) when path == own + "/records" => RecordsOf(asked.Path),
            ("GET", _) when path.StartsWith(own + "/checkpoints/", StringComparison.Ordinal) => CheckpointsOf(path[(own + "/checkpoints/").Length..]),
            _ => Answer.No(404, "there is no such campaign"),
        };
    }

    private Answer CheckpointsOf(string path)
    {
        long[] place = [.. path.Split('/').Select(p => long.Parse(p, System.Globalization.CultureInfo.InvariantCulture))];
        if (place.Length == 1) return Answer.Json([.. Checkpoints.Where(c => c.Cell == place[0]).Select(c => c.Checkpoint.Epoch)], FarmJson.Default.IReadOnlyListInt64);
        Checkpoint? found = Checkpoints.Where(c => c.Cell == place[0] && c.Checkpoint.Epoch == place[1]).Select(c => c.Checkpoint).FirstOrDefault();
        return found is null ? Answer.No(404, "keeps no such checkpoint") : Answer.Json(new CheckpointBody(found.State, found.StateHash, found.Chain), FarmJson.Default.CheckpointBody);
    }

    private Answer Submit(string body)
    {
        CampaignSpec spec = SpecBuilder.Build(SpecFile.Parse(body, "campaign"), FarmDefaults.Spec).Spec;
        return Answer.Json(new SubmitReply(CampaignEntry.IdOf(spec), true, "running", spec.Hash), FarmJson.Default.SubmitReply, 201);
    }

    /// <summary>Small pages, so that there are several.</summary>
    private Answer Ledger(string path)
    {
        Dictionary<string, long> query = Query(path);
        List<LedgerLine> page = [.. Lines.Where(l => l.Index >= query["from"]).Take((int)Math.Min(3, query["limit"]))];
        return Answer.Json(new LedgerPage(Status.Ledger, page, page.Count > 0 && page[^1] != Lines[^1] ? page[^1].Index + 1 : null), FarmJson.Default.LedgerPage);
    }

    private Answer RecordsOf(string path)
    {
        Dictionary<string, long> query = Query(path);
        List<RecordLine> page = [.. Records.Where(r => r.Index >= query["from"]).Take((int)Math.Min(5, query["limit"]))];
        return Answer.Json(new RecordPage(page, page.Count > 0 && page[^1] != Records[^1] ? page[^1].Index + 1 : null), FarmJson.Default.RecordPage);
    }

    private static Dictionary<string, long> Query(string path) =>
        path.Split('?')[^1].Split('&').Select(p => p.Split('=')).ToDictionary(p => p[0], p => long.Parse(p[1], System.Globalization.CultureInfo.InvariantCulture));
}
