using System.Text;

namespace StressFarm.Silo.Tests.Api;

/// <summary>Requests that nobody should send, the same ones every time.</summary>
internal static class HostileInput
{
    private static readonly string[] s_good =
    [
        ApiHost.Spec,
        "policies: [control, rfc-v1]\nworkloads: all\nsteps: 1000000\nset:\n  ops: 3\n",
        "{\"policies\": [\"control\"], \"seed\": \"0x10\", \"schedules\": 5, \"cpus\": 2, \"pages\": 1024}",
        "bug: Z41\nseed: 18446744073709551615\nfor: 30s\nworkers: 2\nstrategy: pct\n",
    ];
    private static readonly string[] s_pieces =
    [
        "99999999999999999999999999", "-1", "1e308", "NaN", "0x", "'", "\"", "\\", "[[[[[[[[[[", "{{{{{{{{", "]", "}", "&a", "*a", "!!binary x", "<<: *a", "---\n", "...\n", "\t",
        "\0", "\u0001", "\u0085", "\u2028", "\uFEFF", "\uFFFD", "😀", "٣", "%", "@", "`", "? ", "- ", ": ", "#", "|", ">", "\r", "\r\n", "  ", "../../etc/passwd", "schedules: 1\n", "seed:\n", "policies: []\n",
        "for: -5s\n", "pages: 7\n", "cpus: 900\n", "set: {ops: 1000000000000}\n", "null", "~", "true", "C:\\", "{}", "${jndi:ldap://x}", "'; drop table campaigns; --", "<script>",
    ];

    /// <summary>Bodies that are nearly campaign files, or nothing like them.</summary>
    public static IEnumerable<byte[]> Bodies(int count)
    {
        var random = new Pcg(2026, 1);
        for (int i = 0; i < count; i++) yield return Body(ref random, i);
    }

    private static byte[] Body(ref Pcg random, int i)
    {
        string good = s_good[random.Below(s_good.Length)];
        switch (i % 12)
        {
            case 0: return Encoding.Unicode.GetBytes(good);
            case 1: return [0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes(good), .. Encoding.UTF8.GetBytes("nonsense: 1")];
            case 2: return Bytes(ref random, random.Between(1, 2000));
            case 3: return Encoding.UTF8.GetBytes($"policies: {new string('[', random.Between(1, 30_000))}");
            case 4: return Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("{a: ", random.Between(1, 15_000))));
            case 5: return Encoding.UTF8.GetBytes($"policies: {new string('x', random.Between(200, 60_000))}\n");
            case 6: return Encoding.UTF8.GetBytes($"workloads: [{string.Join(',', Enumerable.Repeat("mixed", random.Between(2, 5000)))}]");
            case 7: return Encoding.UTF8.GetBytes($"set: {{{string.Join(',', Enumerable.Range(0, random.Between(1, 3000)).Select(n => $"p{n}: {n}"))}}}");
            case 8: return Encoding.UTF8.GetBytes($"schedules: {new string('9', random.Between(14, 50_000))}");
            case 9: return Encoding.UTF8.GetBytes($"a: &a [x]\nb: &b [{string.Join(',', Enumerable.Repeat("*a", random.Between(1, 900)))}]\n");
            default: return Mutated(ref random, good);
        }
    }

    /// <summary>A file with pieces put in, left out and turned around until it is wrong.</summary>
    private static byte[] Mutated(ref Pcg random, string good)
    {
        var text = new StringBuilder(good);
        for (int changes = random.Between(1, 6); changes > 0; changes--)
        {
            int at = random.Below(text.Length + 1);
            if (random.OneIn(3) && text.Length > 4) text.Remove(Math.Min(at, text.Length - 3), random.Between(1, 3));
            else text.Insert(at, s_pieces[random.Below(s_pieces.Length)]);
        }
        byte[] bytes = Encoding.UTF8.GetBytes(text.ToString());
        if (random.OneIn(4) && bytes.Length > 0) bytes[random.Below(bytes.Length)] = (byte)random.Below(256);
        return bytes;
    }

    /// <summary>Addresses after the host: ids that are none, numbers that are none, ways out of the folder.</summary>
    public static IEnumerable<string> Addresses(int count)
    {
        var random = new Pcg(2026, 2);
        string[] ids = ["C-000000000000", "C-", "c-000000000000", "C-00000000000G", "..", "%2e%2e%2f", "..%5c..%5c", "%00", "%0d%0aX:%20y", "C-0000000000000000000000", "%F0%9F%98%80", "'%20or%201=1--", "*", "%25", new string('a', 3000)];
        string[] tails = ["", "/watch", "/spec", "/findings", "/findings/F-0", "/findings/..%2f..%2fx", "/findings/F-" + new string('f', 900), "/report", "/report.md", "/report.exe", "/ledger", "/records", "/checkpoints", "/checkpoints/0", "/checkpoints/-1", "/checkpoints/0/99999999999999999999", "/checkpoints/0/..%2f", "/pause", "/nothing", "//", "/ledger/../.."];
        string[] queries = ["", "?from=-1", "?from=1e9", "?limit=0", "?limit=99999999999999999999", "?from=0x10&limit=%00", "?from=1&from=2", "?limit=", "?x=y", "?" + new string('q', 2000), "?from=%F0%28%8C%28", "?limit=٣", "?token=abc", "?limit[]=1", "?&&&===", "?policy=", "?policy=a%00", "?invariant=I1%27--", "?workload=" + new string('w', 300), "?campaigns=201"];
        for (int i = 0; i < count; i++)
        {
            string head = random.OneIn(8) ? "/api/v1/campaigns" : random.OneIn(16) ? "/api/v1/findings" : $"/api/v1/campaigns/{ids[random.Below(ids.Length)]}{tails[random.Below(tails.Length)]}";
            yield return head + queries[random.Below(queries.Length)];
        }
    }

    /// <summary>What is sent over a bare connection; after that the sender is gone.</summary>
    public static IEnumerable<byte[]> Connections(int count)
    {
        var random = new Pcg(2026, 3);
        const string Post = "POST /api/v1/campaigns HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/yaml\r\n";
        for (int i = 0; i < count; i++)
            yield return (i % 14) switch
            {
                0 => Bytes(ref random, random.Between(1, 3000)),
                1 => Ascii($"{Post}Content-Length: 5000\r\n\r\nseed: 1"),
                2 => Ascii($"{Post}Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\nx"),
                3 => Ascii($"{Post}Transfer-Encoding: chunked\r\n\r\n{string.Concat(Enumerable.Repeat($"1000\r\n{new string('a', 4096)}\r\n", 20))}0\r\n\r\n"),
                4 => Ascii($"{Post}Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\nzz\r\n"),
                5 => Ascii($"{Post}Content-Length: -5\r\n\r\n"),
                6 => Ascii($"{Post}Content-Length: 99999999999999999999\r\n\r\n"),
                7 => Ascii($"GET / HTTP/9.9\r\nHost: x\r\n\r\n{Post}"),
                8 => Ascii($"GET /{new string('x', random.Between(4000, 20_000))} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"),
                9 => Ascii($"GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\n{string.Concat(Enumerable.Range(0, random.Between(65, 200)).Select(n => $"X-{n}: y\r\n"))}\r\n"),
                10 => Ascii($"GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\nX: {new string('y', random.Between(17_000, 40_000))}\r\n\r\n"),
                11 => [.. Ascii("GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\nGARBAGE\r\n\r\n"), .. Bytes(ref random, 200)],
                12 => Ascii("GET /health/live HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\nGET /api/v1/campaigns HTTP/1.1\r\n\r\n"),
                _ => Ascii("GET /api/v1/campaigns HTTP/1.1\r\nHost: 127.0.0.1\r\nBad\0Header : x\r\n folded\r\n\r\n"),
            };
    }

    private static byte[] Ascii(string text) => Encoding.Latin1.GetBytes(text);

    private static byte[] Bytes(ref Pcg random, int count)
    {
        var bytes = new byte[count];
        for (int i = 0; i < count; i++) bytes[i] = (byte)random.Below(256);
        return bytes;
    }
}
