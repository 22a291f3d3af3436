using System.Text.RegularExpressions;

namespace StressFarm.Architecture.Tests;

/// <summary>
/// Which room a type lives in, by where it is declared. A room is a folder of a project; the subsystems of Protocols are one room,
/// since mm/ calls itself both ways too.
/// </summary>
internal sealed partial class SourceTree
{
    private readonly Dictionary<(string Project, string Type), string> _rooms = [];

    /// <param name="root">of the checkout</param>
    /// <param name="projects">folders of projects, from the root</param>
    public SourceTree(string root, params string[] projects)
    {
        Root = root;
        foreach (string project in projects)
            foreach (string file in Directory.EnumerateFiles(Path.Combine(root, project), "*.cs", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
            {
                string[] parts = Path.GetRelativePath(Path.Combine(root, project), file).Split(Path.DirectorySeparatorChar);
                if (parts[0] is "obj" or "bin") continue;
                string name = Path.GetFileName(project), room = RoomOf(name, parts[..^1]);
                foreach (Match declared in Declaration().Matches(File.ReadAllText(file)))
                    if (!_rooms.TryAdd((name, declared.Groups[1].Value), room) && _rooms[(name, declared.Groups[1].Value)] != room)
                        throw new InvalidOperationException($"{declared.Groups[1].Value} of {name} is declared in two rooms: {_rooms[(name, declared.Groups[1].Value)]} and {room}");
            }
    }

    public string Root { get; }
    public IEnumerable<string> Rooms => _rooms.Values.Distinct().Order(StringComparer.Ordinal);

    /// <param name="type">outermost, without its arity</param>
    /// <returns>null for what the compiler made</returns>
    public string? RoomOf(string project, string type) => _rooms.GetValueOrDefault((project, type));

    private static string RoomOf(string project, string[] folders)
    {
        string shortly = project["StressFarm.".Length..];
        int depth = folders is ["Protocols", ..] ? 1 : folders.Length;
        return string.Join('/', folders.Take(depth).Prepend(shortly));
    }

    // Of the first column: types inside of types live with them.
    [GeneratedRegex(@"^(?:(?:public|internal|file|abstract|sealed|static|readonly|partial|unsafe|ref) )*(?:class|struct|enum|record struct|record class|record|interface|delegate \S+) (\w+)", RegexOptions.Multiline)]
    private static partial Regex Declaration();
}
