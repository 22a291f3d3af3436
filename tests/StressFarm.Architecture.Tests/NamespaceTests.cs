using System.Text.RegularExpressions;

namespace StressFarm.Architecture.Tests;

/// <summary>A namespace is a folder, so that a <c>using</c> names a room.</summary>
public partial class NamespaceTests
{
    /// <summary>Folders whose subfolders share their namespace: mm/ is one room too, however many files it has.</summary>
    private static readonly string[] s_shared = ["StressFarm.Kernel.Protocols"];

    [Fact]
    public void A_namespace_is_a_folder()
    {
        string root = RepositoryRoot.Folder;
        int seen = 0;
        var wrong = new List<string>();
        foreach (string top in new[] { "src", "grains" })
            foreach (string file in Directory.EnumerateFiles(Path.Combine(root, top), "*.cs", SearchOption.AllDirectories))
            {
                string[] folders = Path.GetRelativePath(Path.Combine(root, top), file).Split(Path.DirectorySeparatorChar)[..^1];
                if (folders.Length > 1 && folders[1] is "obj" or "bin") continue;
                Match declared = Declared().Match(File.ReadAllText(file));
                if (!declared.Success) continue; // the programme itself
                seen++;
                if (declared.Groups[1].Value != Expected(folders)) wrong.Add($"{Path.GetFileName(file)}: {declared.Groups[1].Value}, not {Expected(folders)}");
            }
        Assert.True(wrong.Count == 0, string.Join("; ", wrong.Take(20)));
        Assert.True(seen > 400, $"{seen} files seen");
    }

    [Fact]
    public void What_is_expected_of_a_folder()
    {
        Assert.Equal("StressFarm.Engine", Expected(["StressFarm.Engine"]));
        Assert.Equal("StressFarm.Cli.Commands.Farm", Expected(["StressFarm.Cli", "Commands", "Farm"]));
        Assert.Equal("StressFarm.Kernel.Protocols", Expected(["StressFarm.Kernel", "Protocols", "Gup"]));
    }

    private static string Expected(string[] folders)
    {
        string name = string.Join('.', folders);
        if (name == "StressFarm.Grains.Abstractions") return "StressFarm.Grains"; // what silos of other versions know grains and messages by
        return s_shared.FirstOrDefault(s => name.StartsWith(s + '.', StringComparison.Ordinal)) ?? name;
    }

    [GeneratedRegex(@"^namespace ([\w.]+)", RegexOptions.Multiline)]
    private static partial Regex Declared();
}
