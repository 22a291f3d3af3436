namespace StressFarm.Deploy.Tests;

public sealed class SystemdTests : IDisposable
{
    private const string Folder = "deploy/systemd";
    private readonly string _copy = Directory.CreateTempSubdirectory("stressfarm-units-").FullName;
    private static readonly Dictionary<string, string> s_settings = Manifests.Settings(Repository.Read($"{Folder}/silo.env.example")).ToDictionary();

    /// <summary>With what the example shows in comments.</summary>
    private static readonly string[] s_shown = [.. Manifests.Settings(Repository.Read($"{Folder}/silo.env.example").Replace("\n#STRESS", "\nSTRESS", StringComparison.Ordinal)).Select(s => s.Key)];

    public static TheoryData<string> Units => new("stressfarm-silo.service", "stressfarm-migrate.service");

    public void Dispose() => Directory.Delete(_copy, recursive: true);

    private static IReadOnlyList<string> FaultsOf(string unit, string text) =>
        UnitRules.Faults(unit, UnitFile.Parse(text), unit.Contains("silo", StringComparison.Ordinal) ? s_settings : new Dictionary<string, string>());

    [Theory]
    [MemberData(nameof(Units))]
    public void A_unit_holds_what_it_promises(string unit) => Assert.Equal([], FaultsOf(unit, Repository.Read($"{Folder}/{unit}")));

    [Fact]
    public void The_example_shows_settings_there_are()
    {
        Assert.Contains("STRESSFARM_SILO_KESTREL__ENDPOINTS__FARM__CERTIFICATE__KEYPATH", s_shown);
        Assert.Equal([], Repository.SettingFaults("silo.env", s_shown));
        Assert.NotEmpty(Repository.SettingFaults("silo.env", s_shown.Select(s => s.Replace("KESTREL", "KERSTEL", StringComparison.Ordinal))));
    }

    /// <summary>An address that nobody has put in would keep silos of several machines apart, each alone in its cluster.</summary>
    [Fact]
    public void The_example_makes_nobody_advertise_loopback() => Assert.False(System.Net.IPAddress.TryParse(s_settings[Repository.Prefix + "ADVERTISE"], out _));

    [NeedsFact("systemd-analyze")]
    public void Systemd_understands_the_units()
    {
        foreach (string unit in Units) Assert.Equal("", Verify(unit, ""));
        Assert.Contains("Unknown key", Verify("stressfarm-silo.service", "[Service]\nNoNewPriviliges=yes\n"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("User=stressfarm", "User=root", "runs as root")]
    [InlineData("NoNewPrivileges=yes", "NoNewPrivileges=no", "NoNewPrivileges is not yes")]
    [InlineData("CapabilityBoundingSet=\n", "CapabilityBoundingSet=CAP_NET_ADMIN\n", "CapabilityBoundingSet is not")]
    [InlineData("ProtectSystem=strict", "ProtectSystem=full", "ProtectSystem is not strict")]
    [InlineData("SystemCallFilter=~@privileged", "SystemCallFilter=@mount", "other system calls")]
    [InlineData("AF_INET AF_INET6 AF_UNIX", "AF_INET AF_INET6 AF_UNIX AF_PACKET", "other sockets")]
    [InlineData("STRESSFARM_SILO_TOKENFILE", "STRESSFARM_SILO_TOKENS", "no silo takes the setting")]
    [InlineData("STRESSFARM_SILO_POSTGRESFILE=%d/postgres", "STRESSFARM_SILO_POSTGRES=Host=db", "holds a secret")]
    [InlineData("LoadCredential=postgres:", "LoadCredential=database:", "the connection string is no credential")]
    [InlineData("Restart=always", "Restart=on-failure", "is not started again")]
    [InlineData("RestartPreventExitStatus=64", "", "bad settings are tried for ever")]
    [InlineData("TimeoutStopSec=60", "TimeoutStopSec=30", "while it may drain")]
    [InlineData("MemoryMax=4G", "", "no limits")]
    [InlineData("StartLimitIntervalSec=0", "", "given up after some starts")]
    [InlineData("StateDirectory=stressfarm\n", "StateDirectory=farm\n", "nowhere to write")]
    [InlineData("EnvironmentFile=/etc/stressfarm/silo.env", "", "no settings")]
    [InlineData("WantedBy=multi-user.target", "", "does not start with the machine")]
    public void A_planted_fault_is_told(string what, string instead, string told)
    {
        string text = Repository.Read($"{Folder}/stressfarm-silo.service"), planted = text.Replace(what, instead, StringComparison.Ordinal);
        Assert.NotEqual(text, planted);
        Assert.Contains(FaultsOf("stressfarm-silo.service", planted), f => f.Contains(told, StringComparison.Ordinal));
    }

    [Fact]
    public void The_user_of_the_units_is_made_and_may_read_what_they_read()
    {
        string user = UnitFile.Parse(Repository.Read($"{Folder}/stressfarm-silo.service"))["User"]!;
        Assert.Contains($"\nu {user} ", Repository.Read($"{Folder}/stressfarm.sysusers.conf"), StringComparison.Ordinal);
        string modes = Repository.Read($"{Folder}/stressfarm.tmpfiles.conf");
        Assert.Contains($"z /etc/stressfarm/tokens 0640 root {user} -", modes, StringComparison.Ordinal);
        Assert.Contains($"z /etc/stressfarm/tls.key 0640 root {user} -", modes, StringComparison.Ordinal);
        Assert.Contains("z /etc/stressfarm/postgres 0600 root root -", modes, StringComparison.Ordinal);
        Assert.Contains("z /etc/stressfarm/postgres-owner 0600 root root -", modes, StringComparison.Ordinal);
    }

    /// <summary>What systemd-analyze has to say; its exit code says nothing of unknown keys.</summary>
    private string Verify(string unit, string more)
    {
        // The programs that the units start are not installed here.
        string file = Path.Combine(_copy, unit);
        File.WriteAllText(file, string.Join('\n', Repository.Read($"{Folder}/{unit}").Split('\n').Select(l => l.StartsWith("ExecStart=", StringComparison.Ordinal) ? "ExecStart=/bin/true" : l)) + more);
        var (code, output, errors) = Repository.Run("systemd-analyze", ["verify", file]);
        return code == 0 ? output + errors : $"{code}: {errors}";
    }
}
