using StressFarm.Campaigns;
using StressFarm.Campaigns.Specs;

namespace StressFarm.Cli.Options;

/// <summary>Where an embedded run pushes its metrics: <c>--otlp</c>.</summary>
internal static class OtlpAddress
{
    public const string Option = "--otlp";
    private const string Path = "v1/metrics", Example = "http://127.0.0.1:4318";

    /// <summary>The address of a collector; one without a path is that of its metrics.</summary>
    /// <exception cref="SpecException">one line</exception>
    public static Uri Read(UserValue given)
    {
        if (!Uri.TryCreate(given.Text, UriKind.Absolute, out Uri? uri) || uri.Scheme is not ("http" or "https") || uri.Host.Length == 0)
            throw given.Wrong($"{given.Shown} is not the address of a collector: write {Example}");
        // Whatever is in an address ends in logs.
        if (uri.UserInfo.Length > 0 || uri.Query.Length > 0 || uri.Fragment.Length > 0)
            throw given.Wrong("an address takes no user, query or fragment; a token goes into OTEL_EXPORTER_OTLP_HEADERS");
        return uri.AbsolutePath == "/" ? new Uri(uri, Path) : uri;
    }
}
