namespace StressFarm.Deploy.Tests;

/// <summary>deploy/prepare, with a program in the silo's place that writes a token file as a silo does.</summary>
[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
public sealed class SecretsTests : IDisposable
{
    private const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private readonly string _folder = Directory.CreateTempSubdirectory("stressfarm-prepare-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Every_secret_that_is_mounted_is_made_once_and_none_is_open()
    {
        string silo = Path.Combine(_folder, "silo"), secrets = Path.Combine(_folder, "secrets");
        File.WriteAllText(silo, """
            #!/usr/bin/env bash
            # token NAME ROLE --set TokenFile=…
            [ "$1" = token ] && [ "$4" = --set ] || exit 64
            echo "$3 $2 hash" >>"${5#TokenFile=}" && echo "sf_$2"
            """);
        File.SetUnixFileMode(silo, Owner | UnixFileMode.UserExecute);
        Prepare(silo, secrets);
        var made = Directory.GetFiles(secrets).ToDictionary(f => Path.GetFileName(f)!, File.ReadAllText);
        foreach (string wanted in (string[])["postgres", "postgres-password", "tokens", "metrics-token", "operator-token", "grafana-password"]) Assert.Contains(wanted, made);
        Assert.Equal(6, made.Count);
        Assert.Equal("read prometheus hash\nadmin operator hash\n", made["tokens"]);
        Assert.Equal("sf_prometheus", made["metrics-token"]);
        Assert.Equal($"Host=db.example;Database=farm;Username=farm;Password={made["postgres-password"]}", made["postgres"]);
        Assert.Matches("^[A-Za-z0-9_-]{43}$", made["postgres-password"]);
        Assert.NotEqual(made["postgres-password"], made["grafana-password"]);
        Assert.Equal(Owner, File.GetUnixFileMode(Path.Combine(secrets, "tokens")));
        Assert.Equal(Owner | UnixFileMode.UserExecute, File.GetUnixFileMode(secrets));

        Prepare(silo, secrets);
        Assert.Equal(made, Directory.GetFiles(secrets).ToDictionary(f => Path.GetFileName(f)!, File.ReadAllText));
    }

    [Fact]
    public void A_silo_that_makes_no_token_is_told_and_leaves_no_empty_one()
    {
        string secrets = Path.Combine(_folder, "secrets");
        Assert.NotEqual(0, Repository.Run(Path.Combine(Repository.Root, "deploy/prepare"), [secrets], new Dictionary<string, string> { ["STRESSFARM_SILO"] = "/bin/false" }).Code);
        Assert.False(File.Exists(Path.Combine(secrets, "metrics-token")));
    }

    private static void Prepare(string silo, string secrets)
    {
        var (code, _, errors) = Repository.Run(Path.Combine(Repository.Root, "deploy/prepare"), [secrets, "db.example"], new Dictionary<string, string> { ["STRESSFARM_SILO"] = silo });
        Assert.True(code == 0, errors);
    }
}
