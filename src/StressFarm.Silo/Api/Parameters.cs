using System.Globalization;
using System.Text;

namespace StressFarm.Silo.Api;

/// <summary>Reads what a request says, with a clear line for what is wrong. Refused values are not repeated: they may hold anything.</summary>
internal static class Parameters
{
    public const int MaxNameLength = 80;
    private const int MaxLabelLength = 64;
    private const int IdDigits = 12, MostFindingDigits = 64;
    public static IReadOnlyList<string> BodyTypes { get; } = ["application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml", "application/json", "text/plain"];
    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Refuses query parameters that the endpoint does not know: a misspelt one would be silently ignored.</summary>
    public static void Allow(HttpContext http, params ReadOnlySpan<string> known)
    {
        foreach (var (name, values) in http.Request.Query)
        {
            if (known.IndexOf(name) < 0)
                throw ApiFault.BadRequest(known.Length == 0 ? "this address takes no query parameters" : $"unknown query parameter; this address takes {string.Join(", ", known.ToArray())}");
            if (values.Count > 1) throw ApiFault.BadRequest($"{name} is given twice");
        }
    }

    /// <summary>A campaign's id: there is none of any other form.</summary>
    public static string CampaignId(string id) =>
        IsHex(id, "C-", IdDigits, IdDigits) ? id : throw ApiFault.NotFound("there is no such campaign: an id is C- and twelve hex digits");

    public static string FindingId(string id) =>
        IsHex(id, "F-", 1, MostFindingDigits) ? id : throw ApiFault.NotFound("there is no such finding: an id is F- and hex digits");

    /// <summary>A whole number of the query, or its default.</summary>
    public static long Number(string? text, string name, long low, long high, long otherwise)
    {
        if (text is null) return otherwise;
        if (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long value) || value < low || value > high)
            throw ApiFault.BadRequest(string.Create(CultureInfo.InvariantCulture, $"{name} takes {low} to {high}"));
        return value;
    }

    /// <summary>A label as metrics have it; null where none is given.</summary>
    public static string? Label(string? text, string name) =>
        text is null || text.Length is > 0 and <= MaxLabelLength && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_') ? text
            : throw ApiFault.BadRequest($"{name} takes letters, digits, - and _");

    /// <summary>A campaign's name: for people, part of nothing.</summary>
    public static string Name(string? text)
    {
        string name = text?.Trim() ?? "";
        if (name.Length > MaxNameLength) throw ApiFault.BadRequest($"name has at most {MaxNameLength} characters");
        if (name.Any(c => char.IsControl(c) || char.IsSurrogate(c) || char.GetUnicodeCategory(c) is UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator))
            throw ApiFault.BadRequest("name has characters that cannot be shown");
        return name;
    }

    /// <summary>The body as text: of a type that may be a campaign file, not too long, UTF-8.</summary>
    public static async Task<string> Body(HttpContext http, int most)
    {
        RefuseOtherTypes(http.Request);
        if (http.Request.ContentLength > most) throw TooLarge(most);
        using var text = new MemoryStream();
        var buffer = new byte[8192];
        int read;
        while ((read = await Read(http, buffer)) > 0)
        {
            if (text.Length + read > most) throw TooLarge(most);
            text.Write(buffer, 0, read);
        }
        if (text.Length == 0) throw ApiFault.BadRequest("the body is empty; it takes a campaign file");
        try
        {
            string decoded = s_strict.GetString(text.GetBuffer(), 0, (int)text.Length);
            return decoded[0] == '\uFEFF' ? decoded[1..] : decoded;
        }
        catch (DecoderFallbackException)
        {
            throw ApiFault.BadRequest("the body is not UTF-8 text");
        }
    }

    /// <summary>Chunks of an impossible size come as a plain failure of input, not as a malformed request.</summary>
    private static async ValueTask<int> Read(HttpContext http, byte[] buffer)
    {
        try
        {
            return await http.Request.Body.ReadAsync(buffer, http.RequestAborted);
        }
        catch (IOException e) when (e is not BadHttpRequestException)
        {
            throw ApiFault.BadRequest("the body cannot be read: it is malformed, or ends before its end");
        }
    }

    private static void RefuseOtherTypes(HttpRequest request)
    {
        if (request.Headers.ContentEncoding.Count > 0) throw ApiFault.MediaType("a compressed body is not taken");
        if (!Microsoft.Net.Http.Headers.MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
            || !BodyTypes.Contains(type.MediaType.Value, StringComparer.OrdinalIgnoreCase))
            throw ApiFault.MediaType($"send the campaign file with one of the content types {string.Join(", ", BodyTypes)}");
        if (type.Charset.HasValue && !type.Charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase) && !type.Charset.Equals("\"utf-8\"", StringComparison.OrdinalIgnoreCase))
            throw ApiFault.MediaType("the body is read as UTF-8; no other charset is taken");
    }

    private static ApiFault TooLarge(int most) =>
        new(StatusCodes.Status413PayloadTooLarge, string.Create(CultureInfo.InvariantCulture, $"the body is too large: at most {most} bytes"));

    private static bool IsHex(string id, string prefix, int least, int most) =>
        id.StartsWith(prefix, StringComparison.Ordinal) && id.Length - prefix.Length >= least && id.Length - prefix.Length <= most
        && id.AsSpan(prefix.Length).IndexOfAnyExcept("0123456789abcdef") < 0;
}
