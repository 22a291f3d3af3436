using System.Reflection;

namespace StressFarm.Campaigns.Tests;

public class SpecFileWriterTests
{
    private const string Characters = "aZ09-_.=,: \t#'\"\\&*!|>%@`{}[]?~\u0001\u0085\u2028\uFEFFüß日\U0001F600\n";

    /// <summary>Every part of a request, whichever there are.</summary>
    private static IEnumerable<PropertyInfo> Parts => typeof(CampaignRequest).GetProperties(BindingFlags.Public | BindingFlags.Instance);

    [Fact]
    public void What_is_written_is_read_back_as_the_same_request()
    {
        var random = new Pcg(11, 0);
        for (int i = 0; i < 2000; i++)
        {
            CampaignRequest request = Any(ref random);
            AssertSame(request, SpecFile.Parse(SpecFileWriter.Write(request) + "# the end\n", "f"));
        }
    }

    [Fact]
    public void Every_part_of_a_request_is_written()
    {
        foreach (PropertyInfo part in Parts)
        {
            var request = new CampaignRequest { Seed = new UserValue("7", "") };
            Give(request, part, "mixed");
            Assert.True(SpecFileWriter.Write(request).Split('\n').Length > 2 || part.Name == nameof(CampaignRequest.Seed), $"{part.Name} is not written");
            AssertSame(request, SpecFile.Parse(SpecFileWriter.Write(request), "f"));
        }
    }

    private static CampaignRequest Any(ref Pcg random)
    {
        var request = new CampaignRequest { Seed = new UserValue("1", "") };
        foreach (PropertyInfo part in Parts)
        {
            int times = part.PropertyType == typeof(List<UserValue>) ? random.Below(4) : random.Below(2);
            for (int k = 0; k < times; k++) Give(request, part, Text(ref random));
        }
        return request;
    }

    private static void Give(CampaignRequest request, PropertyInfo part, string text)
    {
        if (part.Name == nameof(CampaignRequest.Set)) text = text.Replace("=", "", StringComparison.Ordinal) + "=" + text;
        if (part.PropertyType == typeof(UserValue)) part.SetValue(request, new UserValue(text, ""));
        else if (part.PropertyType == typeof(bool)) part.SetValue(request, true);
        else ((List<UserValue>)part.GetValue(request)!).Add(new UserValue(text, ""));
    }

    private static string Text(ref Pcg random)
    {
        System.Text.Rune[] all = [.. Characters.EnumerateRunes()];
        var text = new System.Text.StringBuilder();
        for (int left = random.Between(1, 12); left > 0; left--) text.Append(all[random.Below(all.Length)]);
        return text.ToString();
    }

    private static void AssertSame(CampaignRequest a, CampaignRequest b)
    {
        foreach (PropertyInfo part in Parts)
            Assert.Equal(Texts(part.GetValue(a)), Texts(part.GetValue(b)));
    }

    private static IEnumerable<string> Texts(object? value) => value switch
    {
        null => [],
        UserValue given => [given.Text],
        List<UserValue> many => many.Select(g => g.Text),
        _ => [value.ToString()!],
    };
}
