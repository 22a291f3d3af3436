using System.Text.RegularExpressions;
using k8s.Models;

namespace StressFarm.Deploy.Tests;

/// <summary>What docs/operations.md tells somebody to type, held against the files that it is typed at.</summary>
public sealed class PageTests
{
    private const string ComposeFile = "deploy/compose/compose.yaml";
    private static readonly string s_page = Repository.Read("docs/operations.md");
    private static readonly string[] s_silos = [.. Tests.ComposeFile.Parse(Repository.Read(ComposeFile), new Dictionary<string, string>()).Services.Where(s => s.IsSilo).Select(s => s.Name)];
    private static readonly string[] s_made = [.. Regex.Matches(Repository.Read("deploy/prepare"), @"(?m)^keep (\S+)|mv ""\$folder/\S+"" ""\$folder/(\S+)""|TokenFile=""\$folder/(\S+)""").Select(m => string.Concat(m.Groups.Values.Skip(1).Select(g => g.Value)))];

    private static IEnumerable<string> Faults(string page)
    {
        foreach (Match command in Regex.Matches(page, @"docker compose(?! -f deploy/compose/compose\.yaml ).*")) yield return $"no file: {command.Value}";
        foreach (string path in Regex.Matches(page, @"(?<![\w/.$-])(?:deploy|dashboards)/[\w./*-]*[\w*]").Select(m => m.Value).Where(p => !p.Contains("/secrets", StringComparison.Ordinal) && !p.EndsWith("/.env", StringComparison.Ordinal)))
            if (Directory.GetFileSystemEntries(Path.Combine(Repository.Root, Path.GetDirectoryName(path)!), Path.GetFileName(path)).Length == 0) yield return $"there is no {path}";
        foreach (string file in Regex.Matches(page, @"(?:secrets|\$s)/([\w./-]*\w)").Select(m => m.Groups[1].Value))
            if (!s_made.Contains(file)) yield return $"deploy/prepare makes no {file}";
        foreach (string silos in Regex.Matches(page, "for silo in (.*?);").Select(m => m.Groups[1].Value))
            if (!s_silos.SequenceEqual(silos.Split(' '))) yield return $"{silos} are not the silos of compose";
        if (!page.Contains($"the silos' role may have {FarmRules.RoleLimit()},", StringComparison.Ordinal)) yield return "the silos' role has another limit";
        Manifests wanted = Manifests.Parse($"{Repository.Read($"{Manifests.Base}/secrets.example.yaml")}\n---\n{Repository.Read("deploy/kubernetes/overlays/production/ingress.yaml")}");
        string[] commands = [.. wanted.All<V1Secret>().SelectMany(s => s.StringData.Keys.Select(k => $"create secret generic {s.Name()} --from-file={k}=")), .. wanted.All<V1Ingress>().SelectMany(i => i.Spec.Tls).Select(t => $"create secret tls {t.SecretName} ")];
        foreach (string command in commands)
            if (!page.Contains(command, StringComparison.Ordinal)) yield return $"nobody is told to {command.Trim()}";
        foreach (string order in Misplaced(page, "kubectl apply -f deploy/kubernetes/base/namespace.yaml", "kubectl -n stressfarm create secret")
            .Concat(Misplaced(page, "createdb -U postgres farm2", "psql -U postgres -d farm2 < deploy/compose/secrets/postgres-roles.sql"))
            .Concat(Misplaced(page, "psql -U postgres -d farm2 < deploy/compose/secrets/postgres-roles.sql", "pg_restore ")))
            yield return order;
    }

    private static IEnumerable<string> Misplaced(string page, string first, string then)
    {
        if (page.IndexOf(first, StringComparison.Ordinal) is var at && (at < 0 || page.IndexOf(then, StringComparison.Ordinal) < at)) yield return $"'{first}' does not come before '{then}'";
    }

    [Fact]
    public void It_fits_the_files() => Assert.Equal([], Faults(s_page));

    [Theory]
    [InlineData("docker compose -f deploy/compose/compose.yaml run", "docker compose run", "no file: docker compose run")]
    [InlineData("deploy/compose/.env.example", "deploy/compose/env.example", "there is no deploy/compose/env.example")]
    [InlineData("deploy/systemd/*.service", "deploy/systemd/*.unit", "there is no deploy/systemd/*.unit")]
    [InlineData("secrets/silo/tokens", "secrets/tokens", "deploy/prepare makes no tokens")]
    [InlineData("$s/metrics-token", "$s/prometheus-token", "deploy/prepare makes no prometheus-token")]
    [InlineData("silo-1 silo-2 silo-3;", "silo-1 silo-2;", "silo-1 silo-2 are not the silos")]
    [InlineData("role may have 240", "role may have 400", "another limit")]
    [InlineData("stressfarm-tokens --from-file=tokens=", "stressfarm-tokens --from-file=token=", "told to create secret generic stressfarm-tokens --from-file=tokens=")]
    [InlineData("create secret tls stressfarm-tls ", "create secret tls stressfarm ", "told to create secret tls stressfarm-tls")]
    [InlineData("kubectl apply -f deploy/kubernetes/base/namespace.yaml", "", "does not come before 'kubectl -n stressfarm create secret'")]
    [InlineData("    $pg psql -U postgres -d farm2 < deploy/compose/secrets/postgres-roles.sql\n", "", "does not come before 'pg_restore '")]
    public void A_planted_fault_is_told(string what, string instead, string told)
    {
        string planted = s_page.Replace(what, instead, StringComparison.Ordinal);
        Assert.NotEqual(s_page, planted);
        Assert.Contains(Faults(planted), f => f.Contains(told, StringComparison.Ordinal));
    }
}
