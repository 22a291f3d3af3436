using StressFarm.Campaigns;
using StressFarm.Cli.Hosting;
using StressFarm.Exploration;
using StressFarm.Exploration.Evidence;

namespace StressFarm.Cli.Output;

/// <summary>What <c>explain --programme</c> prints: a file that <c>run --programme</c> takes.</summary>
internal static class ProgrammeOutput
{
    public static int Write(CliHost host, string token, string id)
    {
        FoundProgramme found = FoundProgramme.TryFind(token, id.ToLowerInvariant(), out string error) ?? throw new SpecException(error);
        host.Out.WriteLine($"# {found.Signature.Invariant} {found.Signature.Field} under {PolicyName.Of(found.Policy)}: save this as {found.Written.Id}.yaml, and");
        string[] design = PolicyName.Of(found.Policy).Split('+');
        string bugs = string.Concat(design.Skip(1).Where(b => Catalog<KnownBug>.Find(b) is not null).Select(b => $" --bug {b}"));
        host.Out.WriteLine($"#   stressfarm run --programme {found.Written.Id}.yaml --policy {design[0]}{bugs}");
        if (!found.Recurs) host.Out.WriteLine("# The finding's own schedule does not show it in these calls; others may.");
        host.Out.Write(found.Written.Canonical);
        return ExitCode.Done;
    }
}
