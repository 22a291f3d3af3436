using System.CommandLine;
using StressFarm.Campaigns;
using StressFarm.Campaigns.Farm;
using StressFarm.Campaigns.Runs;
using StressFarm.Campaigns.Specs;
using StressFarm.Cli.Farm;
using StressFarm.Cli.Hosting;
using StressFarm.Cli.Options;
using StressFarm.Cli.Output;

namespace StressFarm.Cli.Commands.Farm;

/// <summary>Hands a campaign to a farm: the options of <c>run</c> or of <c>soak</c>, looked at here before anything is sent.</summary>
internal static class SubmitCommand
{
    public static Command Create(CliHost host)
    {
        var command = new Command("submit", "enter a campaign: the options of 'run', or of 'soak'; prints its id. The same spec is the same campaign");
        var options = new CampaignOptions(either: true);
        options.AddTo(command);
        var address = new FarmAddress();
        address.AddTo(command);
        Option<string?> name = CampaignOptions.One("--name", "what people call it");
        var watch = new Option<bool>("--watch") { Description = "follow it to its end, and end as 'run' does; --out takes its report" };
        command.Add(name);
        command.Add(watch);
        command.SetAction(parsed =>
        {
            bool json = options.Json(parsed);
            CampaignRequest request = options.Request(parsed);
            CampaignOrder order = SpecBuilder.Build(request, FarmDefaults.Spec);
            // What is not said here is said by this command and not by the farm's own defaults.
            if (request is { Schedules: null, Steps: null, For: null, Soak: false, Exhaust: false })
                request.Schedules = new UserValue(FarmDefaults.Schedules.ToString(System.Globalization.CultureInfo.InvariantCulture), "--schedules");
            bool follow = parsed.GetValue(watch);
            string? folder = options.GivenOut(parsed);
            if (folder is not null && !follow) throw new SpecException("--out: a submission writes nothing; give --watch too, or use 'stressfarm farm report'");
            if (folder is not null) OutputFolder.Prepare(folder);
            return FarmCommand.Run(host, () => address.Client(parsed, host), async client =>
            {
                TextWriter head = json ? host.Error : host.Out;
                head.WriteLine(FirstLine.Of("farm submit", order));
                head.Flush();
                SubmitReply reply = await client.Submit(SpecFileWriter.Write(request), parsed.GetValue(name)?.Trim() ?? "", host.Interrupt);
                if (json && !follow) JsonOutput.Write(host.Out, reply, FarmJson.Default.SubmitReply);
                else head.WriteLine($"campaign {reply.Id}: {(reply.Created ? "entered" : $"was there already, {reply.State.ToLowerInvariant()}")}");
                head.Flush();
                if (reply.SpecHash != order.Spec.Hash)
                    throw new CampaignFault($"the farm understands this spec as {reply.SpecHash[..Math.Min(12, reply.SpecHash.Length)]}, this build as {order.Spec.Hash[..12]}: they run different model versions");
                return follow ? await FarmFollower.Follow(host, client, reply.Id, json, folder) : ExitCode.Done;
            });
        });
        return command;
    }
}
