using System.Reflection;
using System.Text;

namespace StressFarm.Grains.Tests;

/// <summary>
/// What travels between silos of two builds: names and places of every message and call. A change of the text below is a change
/// of the wire; add members with new ids, and new versions under new aliases.
/// </summary>
public class MessageTests
{
    private static readonly Assembly s_abstractions = typeof(ICampaignGrain).Assembly;

    private const string Wire = """
        stressfarm.brief.v1: 0 Id, 1 Request, 2 Hash, 3 Running
        stressfarm.epoch.v1: 0 Epoch, 1 Before, 2 After, 3 Shown
        stressfarm.exchange.v1: 0 Holder, 1 Wanted, 2 Results, 3 Progress, 4 Returned, 5 WorkUps
        stressfarm.exchangereply.v1: 0 Leases, 1 Fates, 2 Lost, 3 Over
        stressfarm.heartbeat.v1: 0 Holder, 1 Name, 2 Workers, 3 Busy, 4 StepsPerSecond, 5 Draining
        stressfarm.lease.v1: 0 Key, 1 Epoch, 2 Kind, 3 Index, 4 Cell, 5 Number, 6 FirstSeed, 7 Count, 8 Raw, 9 Input
        stressfarm.memory.v1: 0 State, 1 StateHash, 2 Chain
        stressfarm.payload.v1: 0 Json
        stressfarm.progress.v1: 0 Key, 1 Epoch, 2 Done
        stressfarm.result.v1: 0 Key, 1 Epoch, 2 Record, 3 Fault
        stressfarm.steering.v1: Wake, Pause, Resume, Cancel
        stressfarm.campaign.v1: candidates, describe, exchange, input, status, steer
        stressfarm.farm.v1: changed, hello, silos
        stressfarm.findings.v1: get, list, matching
        stressfarm.section.v1: after, commit

        """;

    [Fact]
    public void Messages_and_calls_keep_their_names_and_places()
    {
        var text = new StringBuilder();
        foreach (Type message in s_abstractions.GetExportedTypes().Where(t => t.IsDefined(typeof(GenerateSerializerAttribute))).OrderBy(AliasOf, StringComparer.Ordinal))
            text.Append(AliasOf(message)).Append(": ").Append(message.IsEnum ? string.Join(", ", Enum.GetNames(message)) : string.Join(", ",
                message.GetProperties().Where(p => p.IsDefined(typeof(IdAttribute))).OrderBy(p => p.GetCustomAttribute<IdAttribute>()!.Id)
                    .Select(p => $"{p.GetCustomAttribute<IdAttribute>()!.Id} {p.Name}"))).Append('\n');
        foreach (Type grain in GrainTypes().OrderBy(AliasOf, StringComparer.Ordinal))
            text.Append(AliasOf(grain)).Append(": ").Append(string.Join(", ", Calls(grain).Select(AliasOf).Order(StringComparer.Ordinal))).Append('\n');
        Assert.Equal(Wire, text.ToString());
    }

    [Fact]
    public void Every_call_can_be_cancelled()
    {
        Assert.All(GrainTypes().SelectMany(Calls), call => Assert.Equal(typeof(CancellationToken), call.GetParameters()[^1].ParameterType));
        Assert.True(GrainTypes().SelectMany(Calls).Count() > 10);
    }

    private static IEnumerable<Type> GrainTypes() => s_abstractions.GetExportedTypes().Where(t => t.IsInterface && typeof(IGrain).IsAssignableFrom(t));
    private static IEnumerable<MethodInfo> Calls(Type grain) => grain.GetMethods().Where(m => !m.IsStatic);
    private static string AliasOf(MemberInfo member) => member.GetCustomAttribute<AliasAttribute>()?.Alias ?? throw new InvalidOperationException($"{member.Name} has no alias");
}
