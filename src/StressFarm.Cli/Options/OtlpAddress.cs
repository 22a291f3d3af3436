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
        Uri uri = HttpAddress.Read(given, "a collector", Example, "OTEL_EXPORTER_OTLP_HEADERS");
        return uri.AbsolutePath == "/" ? new Uri(uri, Path) : uri;
    }
}
