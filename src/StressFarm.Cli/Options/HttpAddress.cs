using StressFarm.Campaigns;
using StressFarm.Campaigns.Specs;

namespace StressFarm.Cli.Options;

/// <summary>Reads the address of a server that the command talks to.</summary>
internal static class HttpAddress
{
    /// <param name="of">what has such an address: "a farm"</param>
    /// <param name="example">an address that can be used</param>
    /// <param name="tokens">where a token is given instead</param>
    /// <exception cref="SpecException">one line</exception>
    public static Uri Read(UserValue given, string of, string example, string tokens)
    {
        if (!Uri.TryCreate(given.Text.Trim(), UriKind.Absolute, out Uri? uri) || uri.Scheme is not ("http" or "https") || uri.Host.Length == 0)
            throw given.Wrong($"{given.Shown} is not the address of {of}: write {example}");
        // Whatever is in an address ends in logs.
        if (uri.UserInfo.Length > 0 || uri.Query.Length > 0 || uri.Fragment.Length > 0)
            throw given.Wrong($"an address takes no user, query or fragment; a token goes into {tokens}");
        return uri;
    }
}
