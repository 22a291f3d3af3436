using System.Net;
using System.Text.Json;
using StressFarm.Campaigns;
using StressFarm.Campaigns.Farm;

namespace StressFarm.Cli.Farm;

/// <summary>
/// Follows a campaign by its event stream, and comes again when the stream breaks: a silo that went away is no reason to stop
/// watching a week's campaign.
/// </summary>
public sealed class FarmWatcher(FarmClient client, string id)
{
    private const int MostEventLength = 1 << 20;
    private volatile CampaignStatus? _latest;

    /// <summary>What the farm said last; null before the first word.</summary>
    public CampaignStatus? Latest => _latest;

    /// <summary>Returns the status at the end.</summary>
    /// <exception cref="FarmRefusal">the campaign is not there, or the token is not let in</exception>
    /// <exception cref="FarmUnreachable">the farm did not come back in time</exception>
    public async Task<CampaignStatus> ToEnd(CancellationToken cancellation)
    {
        _latest = await client.Status(id, cancellation);
        long heard = client.Clock.GetTimestamp();
        while (true)
        {
            Exception? failure = null;
            TimeSpan pause = client.Patience.Pauses.Count > 0 ? client.Patience.Pauses[^1] : TimeSpan.Zero;
            CampaignStatus? before = _latest;
            try
            {
                if (await Stream(cancellation) is { } last) return last;
            }
            catch (FarmRefusal e) when (e.Passing)
            {
                (failure, pause) = (e, e.RetryAfter ?? pause);
                // As many watch as the farm takes: asking now and then will do.
                if (e.Status == HttpStatusCode.TooManyRequests && await Poll(cancellation) is { } last) return last;
            }
            catch (FarmUnreachable e)
            {
                failure = e;
            }
            if (!ReferenceEquals(before, _latest)) heard = client.Clock.GetTimestamp();
            else if (client.Clock.GetElapsedTime(heard) > client.Patience.Lost) throw failure ?? client.Unreachable(new IOException("its streams break off"));
            await Task.Delay(pause, client.Clock, cancellation);
        }
    }

    private async Task<CampaignStatus?> Poll(CancellationToken cancellation)
    {
        try
        {
            _latest = await client.Status(id, cancellation);
        }
        catch (FarmRefusal e) when (e.Passing)
        {
            return null;
        }
        return IsOver(_latest) ? _latest : null;
    }

    /// <summary>One stream until it breaks; the last status when it ended because the campaign did.</summary>
    private async Task<CampaignStatus?> Stream(CancellationToken cancellation)
    {
        using HttpResponseMessage response = await client.Open(id, cancellation);
        try
        {
            using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(cancellation));
            string name = "", data = "";
            while (await Line(reader, cancellation) is { } line)
            {
                if (line.Length == 0)
                {
                    if (data.Length > 0 && Take(name, data) is { } last) return last;
                    (name, data) = ("", "");
                }
                else if (line.StartsWith("event: ", StringComparison.Ordinal)) name = line["event: ".Length..];
                else if (line.StartsWith("data: ", StringComparison.Ordinal)) data += line["data: ".Length..];
                if (data.Length > MostEventLength) break;
            }
        }
        catch (Exception e) when (e is IOException or HttpRequestException || (e is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            throw client.Unreachable(e);
        }
        return null;
    }

    private async Task<string?> Line(StreamReader reader, CancellationToken cancellation)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(client.Patience.Silence);
        return await reader.ReadLineAsync(deadline.Token);
    }

    private CampaignStatus? Take(string name, string data)
    {
        try
        {
            if (name is "status" or "end") _latest = JsonSerializer.Deserialize(data, FarmJson.Default.CampaignStatus) ?? _latest;
        }
        catch (JsonException e)
        {
            throw new CampaignFault("the farm sends events that are none: is the address right?", e);
        }
        return name == "end" && _latest is { } last && IsOver(last) ? last : null;
    }

    internal static bool IsOver(CampaignStatus status) => StateOf(status) is CampaignState.Done or CampaignState.Cancelled or CampaignState.Failed;

    internal static CampaignState? StateOf(CampaignStatus status) => Enum.TryParse(status.State, ignoreCase: true, out CampaignState state) ? state : null;
}
