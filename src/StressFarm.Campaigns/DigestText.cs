using System.Globalization;

namespace StressFarm.Campaigns;

/// <summary>How a digest is written wherever one is shown or stored.</summary>
public static class DigestText
{
    public static string Hex(ulong digest) => digest.ToString("x16", CultureInfo.InvariantCulture);
}
