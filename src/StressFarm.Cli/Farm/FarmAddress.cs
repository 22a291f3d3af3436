using System.CommandLine;
using System.Net;
using StressFarm.Campaigns;
using StressFarm.Campaigns.Specs;
using StressFarm.Cli.Hosting;
using StressFarm.Cli.Options;

namespace StressFarm.Cli.Farm;

/// <summary>Which farm, and as whom: <c>--farm</c> and <c>--token-file</c>, or the environment.</summary>
internal sealed class FarmAddress
{
    public const string Default = "http://127.0.0.1:8650";
    public const string FarmVariable = "STRESSFARM_FARM", TokenVariable = "STRESSFARM_TOKEN";
    private const int MostTokenBytes = 4096;
    private readonly Option<string?> _farm = CampaignOptions.One("--farm", $"the farm's address; {FarmVariable}, or {Default}");
    private readonly Option<string?> _tokenFile = CampaignOptions.One("--token-file", $"a file that holds the token; {TokenVariable} otherwise");

    public void AddTo(Command command)
    {
        command.Add(_farm);
        command.Add(_tokenFile);
    }

    /// <summary>A client for the farm that is meant.</summary>
    public FarmClient Client(ParseResult parsed, CliHost host)
    {
        UserValue address = parsed.GetValue(_farm) is { } given ? new UserValue(given, "--farm")
            : host.Variable(FarmVariable) is { Length: > 0 } variable ? new UserValue(variable, FarmVariable) : new UserValue(Default, "--farm");
        Uri farm = Read(address);
        string? token = Token(parsed, host);
        if (token is not null && farm.Scheme == Uri.UriSchemeHttp && !IsLoopback(farm))
            host.Complain("the token goes over the network unencrypted: use an https address");
        return new FarmClient(farm, token, host.Patience, host.Clock);
    }

    public static bool IsLoopback(Uri farm) => farm.IsLoopback || (IPAddress.TryParse(farm.Host.Trim('[', ']'), out IPAddress? ip) && IPAddress.IsLoopback(ip));

    private static Uri Read(UserValue given)
    {
        Uri uri = HttpAddress.Read(given, "a farm", Default, $"{TokenVariable} or --token-file");
        return uri.AbsolutePath.EndsWith('/') ? uri : new Uri(uri + "/");
    }

    private string? Token(ParseResult parsed, CliHost host)
    {
        if (parsed.GetValue(_tokenFile) is not { } path)
            return host.Variable(TokenVariable) is { } variable && variable.Trim().Length > 0 ? Checked(variable.Trim(), TokenVariable) : null;
        try
        {
            var file = new FileInfo(path);
            if (!file.Exists) throw new SpecException("--token-file: there is no such file");
            if (file.Length > MostTokenBytes) throw new SpecException("--token-file: that file is too large to hold a token");
            return Checked(File.ReadAllText(path).Trim(), "--token-file");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new SpecException($"--token-file: the file cannot be read: {e.Message.ReplaceLineEndings(" ")}");
        }
    }

    private static string Checked(string token, string origin) =>
        token.Length > 0 && token.All(c => c is > ' ' and < (char)127) ? token : throw new SpecException($"{origin}: what is there is not a token");
}
