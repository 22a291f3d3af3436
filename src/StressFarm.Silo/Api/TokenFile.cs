using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using StressFarm.Campaigns;
using StressFarm.Campaigns.Specs;

namespace StressFarm.Silo.Api;

/// <summary>A token that is let in.</summary>
/// <param name="Hash">SHA-256 of the token: whoever reads the file has no token</param>
public sealed record TokenEntry(ApiRole Role, string Name, byte[] Hash);

/// <summary>
/// The file of tokens: a line <c>role name sha256-in-hex</c> for each, role being read, submit or admin. Blank lines and
/// lines that begin with '#' are skipped.
/// </summary>
public static class TokenFile
{
    public const int MaxBytes = 1 << 20;
    public const int MaxEntries = 1000;
    public const int MaxNameLength = 64;
    /// <summary>Random bytes of a token: nobody guesses 256 bits, so a fast hash will do.</summary>
    private const int TokenBytes = 32;
    /// <summary>Lets scanners for leaked secrets recognise a token.</summary>
    private const string Prefix = "sf_";

    /// <summary>Reads the file.</summary>
    /// <exception cref="SpecException">it cannot be read, others may read it, or a line is wrong</exception>
    public static IReadOnlyList<TokenEntry> Load(string path)
    {
        string text;
        try
        {
            var file = new FileInfo(path);
            if (!file.Exists) throw new SpecException($"there is no token file '{path}'");
            if (file.ResolveLinkTarget(returnFinalTarget: true) is FileInfo target) file = target;
            RefuseOpenMode(path);
            if (file.Length > MaxBytes) throw new SpecException($"the token file '{path}' is too large");
            text = File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new SpecException($"cannot read the token file '{path}': {e.Message.ReplaceLineEndings(" ")}");
        }
        List<TokenEntry> entries = Parse(text, path);
        return entries.Count > 0 ? entries : throw new SpecException($"the token file '{path}' holds no token: 'stressfarm-silo token NAME ROLE' adds one");
    }

    /// <summary>Makes a token, appends its hash to the file, and returns the token: it is written nowhere.</summary>
    /// <exception cref="SpecException">name or role are wrong, or the file is</exception>
    public static string Add(string path, string name, string role)
    {
        if (!IsName(name)) throw new SpecException($"a token's name has 1 to {MaxNameLength} of the characters a-z, A-Z, 0-9, '.', '_' and '-'");
        ApiRole given = RoleOf(role) ?? throw new SpecException($"unknown role {new UserValue(role, "").Shown}; there are read, submit, admin");
        string token = Prefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(TokenBytes));
        string line = $"{NameOf(given)} {name} {Convert.ToHexStringLower(HashOf(token))}\n";
        try
        {
            if (File.Exists(path))
            {
                RefuseOpenMode(path);
                string text = File.ReadAllText(path);
                if (Parse(text, path).Exists(e => e.Name == name)) throw new SpecException($"the token file '{path}' has a token named '{name}' already");
                if (text.Length > 0 && !text.EndsWith('\n')) line = "\n" + line;
            }
            var options = new FileStreamOptions { Mode = FileMode.Append, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            using var stream = new FileStream(path, options);
            stream.Write(Encoding.UTF8.GetBytes(line));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new SpecException($"cannot write the token file '{path}': {e.Message.ReplaceLineEndings(" ")}");
        }
        return token;
    }

    internal static byte[] HashOf(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));

    private static List<TokenEntry> Parse(string text, string path)
    {
        var entries = new List<TokenEntry>();
        int number = 0;
        foreach (string line in text.Split('\n'))
        {
            number++;
            if (line.Trim() is "" || line.TrimStart().StartsWith('#')) continue;
            string[] words = line.Split((char[])[' ', '\t', '\r'], StringSplitOptions.RemoveEmptyEntries);
            // The line itself is not shown: somebody may have put a token there.
            SpecException Wrong(string why) => new(string.Create(CultureInfo.InvariantCulture, $"{path}:{number}: {why}"));
            if (words.Length != 3) throw Wrong("a line is 'role name sha256'");
            ApiRole role = RoleOf(words[0]) ?? throw Wrong("the role is read, submit or admin");
            if (!IsName(words[1])) throw Wrong("the name has other characters than a-z, A-Z, 0-9, '.', '_' and '-', or too many");
            if (words[2].Length != 2 * SHA256.HashSizeInBytes || !words[2].All(char.IsAsciiHexDigit)) throw Wrong("the third word is a token's SHA-256 in 64 hex digits");
            if (entries.Exists(e => e.Name == words[1])) throw Wrong("the name is there twice");
            if (entries.Count == MaxEntries) throw Wrong($"more than {MaxEntries} tokens");
            entries.Add(new(role, words[1], Convert.FromHexString(words[2])));
        }
        return entries;
    }

    /// <summary>Hashes are no secrets, but who may write the file decides who is let in, and nobody else needs to read it.</summary>
    private static void RefuseOpenMode(string path)
    {
        if (OperatingSystem.IsWindows()) return;
        const UnixFileMode Refused = UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.GroupWrite;
        if ((File.GetUnixFileMode(path) & Refused) != 0)
            throw new SpecException($"the token file '{path}' is open to others: chmod 600 '{path}'");
    }

    private static bool IsName(string name) =>
        name.Length is > 0 and <= MaxNameLength && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-');

    private static ApiRole? RoleOf(string word) => word switch
    {
        "read" => ApiRole.Read,
        "submit" => ApiRole.Submit,
        "admin" => ApiRole.Admin,
        _ => null,
    };

    internal static string NameOf(ApiRole role) => role switch
    {
        ApiRole.Read => "read",
        ApiRole.Submit => "submit",
        _ => "admin",
    };
}
