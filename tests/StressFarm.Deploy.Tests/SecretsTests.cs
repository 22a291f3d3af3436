using System.Text.RegularExpressions;

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
        Dictionary<string, string> made = Files(secrets);
        foreach (string wanted in Mounted) Assert.True(made.ContainsKey(wanted) || Directory.Exists(Path.Combine(secrets, wanted)), $"nothing makes {wanted}");
        Assert.Equal(8, made.Count);
        Assert.Equal("read prometheus hash\nadmin operator hash\n", made["silo/tokens"]);
        Assert.Equal("sf_prometheus", made["metrics-token"]);
        Match silos = Regex.Match(made["postgres"], "^Host=db.example;SSL Mode=VerifyFull;Database=farm;Username=farm;Password=([A-Za-z0-9_-]{43})$");
        Match owner = Regex.Match(made["postgres-owner"], "^Host=db.example;SSL Mode=VerifyFull;Database=farm;Username=farm_owner;Password=([A-Za-z0-9_-]{43})$");
        Assert.True(silos.Success && owner.Success);
        Assert.Equal($"{Repository.Read("deploy/postgres-roles.sql")}\nALTER ROLE farm PASSWORD '{silos.Groups[1].Value}';\nALTER ROLE farm_owner PASSWORD '{owner.Groups[1].Value}';\n", made["postgres-roles.sql"]);
        Assert.Equal(4, new[] { made["postgres-password"], made["grafana-password"], silos.Groups[1].Value, owner.Groups[1].Value }.Distinct().Count());
        Assert.Equal(Owner, File.GetUnixFileMode(Path.Combine(secrets, "silo/tokens")));
        foreach (string folder in (string[])["", "silo"]) Assert.Equal(Owner | UnixFileMode.UserExecute, File.GetUnixFileMode(Path.Combine(secrets, folder)));

        Prepare(silo, secrets);
        Assert.Equal(made, Files(secrets));
    }

    [Fact]
    public void A_connection_string_that_somebody_has_changed_gives_the_role_its_password()
    {
        string secrets = Directory.CreateDirectory(Path.Combine(_folder, "secrets")).FullName;
        foreach (string made in (string[])["metrics-token", "operator-token", "silo/tokens"])
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(secrets, made))!);
            File.WriteAllText(Path.Combine(secrets, made), "made");
        }
        File.WriteAllText(Path.Combine(secrets, "postgres"), "Host=db;Username=farm;Password=it's mine;Pooling=true");
        Prepare("/bin/false", secrets);
        Assert.Contains("ALTER ROLE farm PASSWORD 'it''s mine';", Files(secrets)["postgres-roles.sql"], StringComparison.Ordinal);
    }

    /// <summary>What compose and the local overlay take from the folder.</summary>
    private static IEnumerable<string> Mounted
    {
        get
        {
            ComposeFile compose = ComposeFile.Parse(Repository.Read("deploy/compose/compose.yaml"), new Dictionary<string, string>());
            var files = compose.Secrets.Values.Concat(compose.Services.SelectMany(s => s.List("volumes")).Where(v => v.StartsWith(ComposeRules.Secrets, StringComparison.Ordinal)).Select(v => v.Split(':')[0]))
                .Select(f => f[ComposeRules.Secrets.Length..]);
            return files.Concat(Kustomization.Read("deploy/kubernetes/overlays/local").SecretGenerator.SelectMany(g => g.Files).Select(f => f.Split("=secrets/")[1])).Distinct();
        }
    }

    private static Dictionary<string, string> Files(string folder) =>
        Directory.GetFiles(folder, "*", SearchOption.AllDirectories).ToDictionary(f => Path.GetRelativePath(folder, f), File.ReadAllText);

    [Fact]
    public void A_silo_that_makes_no_token_is_told_and_leaves_no_empty_one()
    {
        string secrets = Path.Combine(_folder, "secrets");
        Assert.NotEqual(0, Repository.Run(Path.Combine(Repository.Root, "deploy/prepare"), [secrets], new Dictionary<string, string> { ["STRESSFARM_SILO"] = "/bin/false" }).Code);
        Assert.False(File.Exists(Path.Combine(secrets, "metrics-token")));
    }

    private static void Prepare(string silo, string secrets)
    {
        var (code, _, errors) = Repository.Run(Path.Combine(Repository.Root, "deploy/prepare"), [secrets, "db.example;SSL Mode=VerifyFull"], new Dictionary<string, string> { ["STRESSFARM_SILO"] = silo });
        Assert.True(code == 0, errors);
    }
}
