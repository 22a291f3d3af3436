using System.Net;
using System.Net.Sockets;
using System.Text;

namespace StressFarm.Cli.Tests;

/// <summary>The metrics of an embedded run, pushed to a collector that is there, is not, or misbehaves.</summary>
public sealed class OtlpTests : IDisposable
{
    private readonly Sandbox _sandbox = new();

    public void Dispose() => _sandbox.Dispose();

    private Result Run(string verb, string otlp, params string[] more) => _sandbox.Run(Args(verb, otlp, more));
    private string[] Args(string verb, string otlp, string[] more) => [verb, .. more, "--out", _sandbox["out"], "--otlp", otlp];

    private static readonly string[] s_small = ["--policy", "no-reinit", "--workload", "device-private-reinit", "--schedules", "600"];

    [Fact]
    public void What_a_run_measures_arrives_under_its_names()
    {
        using var collector = new Collector();
        Result result = Run("run", collector.Address, s_small);
        Assert.Equal(1, result.Code);
        Assert.DoesNotContain("--otlp", result.Error);
        IReadOnlyList<Pushed> pushed = collector.Pushed;
        Assert.All(pushed, p => Assert.Equal(("POST /v1/metrics", "application/x-protobuf"), (p.Line, p.Type)));
        // The zeroes at the start, what stood at the end, and once more for what appeared late.
        Assert.True(pushed.Count >= 3);
        foreach (InstrumentName name in InstrumentNames.All.Except(s_farmOnly)) Assert.True(pushed[^1].Has(name.Name), name.Name);
        foreach (InstrumentName name in s_farmOnly) Assert.False(pushed[^1].Has(name.Name), name.Name);
        Assert.Equal(("stressfarm-run", Environment.MachineName), (pushed[^1].Attribute("service.name"), pushed[^1].Attribute("service.instance.id")));
        foreach (string text in (string[])["no-reinit", "device-private-reinit", "I36", "dotnet.gc.collections"]) Assert.True(pushed[^1].Has(text), text);
    }

    [Fact]
    public void The_user_names_the_instance()
    {
        const string variable = "OTEL_RESOURCE_ATTRIBUTES";
        using var collector = new Collector();
        Environment.SetEnvironmentVariable(variable, "service.instance.id=night-2");
        try
        {
            Run("run", collector.Address, s_small);
        }
        finally
        {
            Environment.SetEnvironmentVariable(variable, null);
        }
        Assert.NotEmpty(collector.Pushed);
        Assert.All(collector.Pushed, p => Assert.Equal(("night-2", "stressfarm-run"), (p.Attribute("service.instance.id"), p.Attribute("service.name"))));
    }

    /// <summary>What only a silo measures.</summary>
    private static readonly InstrumentName[] s_farmOnly =
    [
        InstrumentNames.QueuedLeases, InstrumentNames.UndeliveredResults, InstrumentNames.SilosActive, InstrumentNames.Draining, InstrumentNames.GrainCallDuration,
        InstrumentNames.GrainCallFailures, InstrumentNames.StoreDuration, InstrumentNames.StoreErrors,
    ];

    [Theory]
    [InlineData("compare", "--policies", "control,no-reinit", "--workload", "gup-pin", "--schedules", "64")]
    [InlineData("soak", "--workload", "gup-pin", "--pages", "1024", "--sections", "2", "--epochs", "2", "--schedules-per-epoch", "8")]
    public void The_other_commands_push_too_and_to_the_path_that_is_given(string verb, params string[] args)
    {
        using var collector = new Collector();
        Assert.Equal(0, Run(verb, collector.Address + "/otlp/v1/metrics", args).Code);
        Assert.All(collector.Pushed, p => Assert.Equal("POST /otlp/v1/metrics", p.Line));
        Assert.True(collector.Pushed[^1].Has(verb == "soak" ? "stressfarm_epochs_total" : "stressfarm_schedules_total"));
    }

    [Fact]
    public void A_collector_that_is_not_there_is_said_in_one_line_and_changes_nothing()
    {
        int port;
        using (var gone = new TcpListener(IPAddress.Loopback, 0))
        {
            gone.Start();
            port = ((IPEndPoint)gone.LocalEndpoint).Port;
        }
        Unchanged($"http://127.0.0.1:{port}", "did not take the metrics (");
    }

    [Fact]
    public void So_is_one_that_refuses()
    {
        using var collector = new Collector { Status = 404 };
        Unchanged(collector.Address, "did not take the metrics (it answered 404)");
    }

    [Fact]
    public void So_is_one_that_never_answers()
    {
        using var collector = new Collector { Status = null };
        Unchanged(collector.Address, "did not take the metrics (no answer)", TimeSpan.FromSeconds(1));
    }

    private void Unchanged(string otlp, string said, TimeSpan? patience = null)
    {
        Result result = Sandbox.Run(null, Args("run", otlp, s_small), collector: patience), plain = _sandbox.Run(["run", .. s_small, "--out", _sandbox["plain"]]);
        Assert.Equal((1, 1), (result.Code, plain.Code));
        string line = Assert.Single(result.ErrorLines, l => l.Contains("--otlp", StringComparison.Ordinal));
        Assert.Contains(said, line);
        Assert.Equal(File.ReadAllBytes(_sandbox["plain/report.json"]), File.ReadAllBytes(_sandbox["out/report.json"]));
    }

    [Theory]
    [InlineData("127.0.0.1:4318")]
    [InlineData("nonsense")]
    [InlineData("ftp://127.0.0.1")]
    [InlineData("http://")]
    [InlineData("http://me:secret@127.0.0.1:4318")]
    [InlineData("http://127.0.0.1:4318/?token=x")]
    public void An_address_that_is_none_is_refused(string otlp)
    {
        foreach (string verb in (string[])["run", "compare", "soak"])
        {
            Result result = Run(verb, otlp, "--workload", "gup-pin");
            Assert.Equal(ExitCode.Usage, result.Code);
            Assert.StartsWith("stressfarm: --otlp: ", Assert.Single(result.ErrorLines));
            Assert.DoesNotContain("secret", result.Error);
        }
        Assert.Equal(ExitCode.Usage, _sandbox.Run("farm", "submit", "--otlp", "http://127.0.0.1:4318").Code);
    }

    private sealed record Pushed(string Line, string? Type, byte[] Body)
    {
        public bool Has(string text) => Body.AsSpan().IndexOf(Encoding.UTF8.GetBytes(text)) >= 0;

        /// <summary>The value of the one attribute of that name: in protobuf the field 2 of a KeyValue, an AnyValue with a text in its field 1.</summary>
        public string Attribute(string key)
        {
            byte[] name = [0x0A, (byte)key.Length, .. Encoding.UTF8.GetBytes(key), 0x12];
            int at = Body.AsSpan().IndexOf(name);
            Assert.True(at >= 0 && at == Body.AsSpan().LastIndexOf(name), $"{key} once");
            ReadOnlySpan<byte> value = Body.AsSpan(at + name.Length + 1);
            Assert.Equal(0x0A, value[0]);
            return Encoding.UTF8.GetString(value.Slice(2, value[1]));
        }
    }

    /// <summary>Takes what is pushed. Answers with a status, or never.</summary>
    private sealed class Collector : IDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly List<Pushed> _pushed = [];
        /// <summary>Held here, so that what waits for it keeps its connection.</summary>
        private readonly TaskCompletionSource _over = new();

        public Collector()
        {
            _listener.Start();
            Address = $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";
            _ = Task.Run(Serve);
        }

        public string Address { get; }
        public int? Status { get; init; } = 200;

        public IReadOnlyList<Pushed> Pushed
        {
            get
            {
                lock (_pushed) return [.. _pushed];
            }
        }

        public void Dispose()
        {
            _over.TrySetResult();
            _listener.Dispose();
        }

        private async Task Serve()
        {
            try
            {
                while (true) _ = Answer(await _listener.AcceptTcpClientAsync());
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // The test is over.
            }
        }

        private async Task Answer(TcpClient client)
        {
            using (client)
            {
                try
                {
                    NetworkStream stream = client.GetStream();
                    while (await Read(stream) is { } pushed)
                    {
                        if (Status is not { } status)
                        {
                            await _over.Task;
                            return;
                        }
                        lock (_pushed) _pushed.Add(pushed);
                        await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {status} So\r\nContent-Length: 0\r\n\r\n"));
                    }
                }
                catch (IOException)
                {
                    // The run hung up.
                }
            }
        }

        private static async Task<Pushed?> Read(NetworkStream stream)
        {
            var head = new List<byte>();
            var one = new byte[1];
            while (!Encoding.ASCII.GetString([.. head.TakeLast(4)]).Equals("\r\n\r\n", StringComparison.Ordinal))
            {
                if (await stream.ReadAsync(one) == 0) return null;
                head.Add(one[0]);
            }
            string[] lines = Encoding.ASCII.GetString([.. head]).Split("\r\n");
            string? Header(string name) => lines.FirstOrDefault(l => l.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))?[(name.Length + 1)..].Trim();
            var body = new byte[int.Parse(Header("Content-Length") ?? "0", System.Globalization.CultureInfo.InvariantCulture)];
            await stream.ReadExactlyAsync(body);
            return new(lines[0].Replace(" HTTP/1.1", "", StringComparison.Ordinal), Header("Content-Type"), body);
        }
    }
}
