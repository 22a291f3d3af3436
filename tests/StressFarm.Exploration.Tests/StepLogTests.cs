using StressFarm.Exploration.Exhaustive;
using Xunit.Abstractions;

namespace StressFarm.Exploration.Tests;

/// <summary>
/// The log is the state: along random schedules the sum that it keeps is the one that all comes to, and back at an earlier moment everything is what it was then.
/// </summary>
public class StepLogTests(ITestOutputHelper output)
{
    private const int Turns = 10, StepsOfATurn = 40;
    /// <summary>Of the designs and known bugs, each workload has one of so many.</summary>
    private const int Every = 6;

    private static readonly MemoryModel[] s_models = [MemoryModel.Sc, MemoryModel.Tso, MemoryModel.Sc, MemoryModel.Weak];
    private static readonly Policy[] s_designs = [.. Presets.All.Select(p => p.Policy)];
    private static readonly Dictionary<string, int> s_small = new() { ["order-9"] = 0 };

    public static TheoryData<string> Workloads => [.. Catalog<Workload>.Ids];

    [Theory, MemberData(nameof(Workloads))]
    public void Sums_are_those_of_what_is_there_and_steps_back_lead_to_what_was(string workload)
    {
        var machine = new Machine(SmallSearches.Geometry);
        var programme = new Programme();
        var counts = new Counts();
        Policy[] policies = [.. s_designs.Concat(Catalog<KnownBug>.All.Where(b => b.Workload == workload).Select(b => b.Plant(Policy.Control)))];
        int first = Array.IndexOf([.. Catalog<Workload>.Ids], workload), tried = 0;
        for (int number = first % Every; number < policies.Length; number += Every, tried++)
        {
            Policy policy = policies[number];
            programme.Compose(Catalog<Workload>.Find(workload)!, SmallSearches.Geometry, (ulong)number, s_small);
            MemoryModel model = policy.MemoryModel != MemoryModel.Sc ? policy.MemoryModel : s_models[tried % s_models.Length];
            var random = new Pcg((ulong)number, stream: 11);
            Walk(new StatePath(new SearchStart(machine, programme, policy with { MemoryModel = model })), ref random, counts);
        }
        output.WriteLine($"{tried} designs, {counts.Steps} steps, {counts.Back} times back, {counts.Ends} ends, {counts.Violations} violations");
        Assert.True(counts.Steps > 500 && counts.Back >= 30, $"{counts.Steps} steps, {counts.Back} times back");
    }

    private sealed class Counts
    {
        public int Steps, Back, Ends, Violations;
    }

    private static void Walk(StatePath path, ref Pcg random, Counts counts)
    {
        if (!path.Begin()) return;
        Machine machine = path.Machine;
        var known = new SortedDictionary<int, MachineSnapshot> { [0] = new MachineSnapshot(machine) };
        StateSum first = machine.SumAll();
        for (int turn = 0; turn < Turns; turn++)
        {
            // Some go far, so that the ends are seen too.
            int steps = 1 + random.Below(turn % 3 == 0 ? StepsOfATurn * 20 : StepsOfATurn), every = 1 + random.Below(steps);
            for (; steps > 0 && path.Runnable != 0; steps--)
            {
                path.Step(SmallSearches.Drawn(path.Runnable, ref random));
                counts.Steps++;
                if (path.Violation is null && path.Depth % every == 0) known[path.Depth] = Checked(machine, first);
            }
            if (path.Violation is not null) counts.Violations++;
            else
            {
                known[path.Depth] = Checked(machine, first);
                if (path.Runnable == 0)
                {
                    counts.Ends++;
                    path.Close();
                    Same(known[path.Depth], machine, "after the end");
                }
            }
            int[] depths = [.. known.Keys.Where(d => d < path.Depth || path.Violation is null)];
            int depth = depths[random.Below(depths.Length)];
            path.Back(depth);
            counts.Back++;
            Same(known[depth], machine, $"back to {depth}");
            foreach (int gone in known.Keys.Where(d => d > depth).ToArray()) known.Remove(gone);
        }
    }

    /// <summary>As it is now: sum by sum, and key by key, where they are taken anew.</summary>
    private static MachineSnapshot Checked(Machine machine, StateSum first)
    {
        (StateSum all, StateSum log) = (machine.SumAll(), machine.SearchLog!.Sum);
        Assert.Equal(unchecked((all.Low - first.Low, all.High - first.High)), (log.Low, log.High));
        UInt128 key = machine.Key;
        MachineSnapshot.ForgetKeys(machine);
        Assert.Equal(key, machine.Key);
        return new MachineSnapshot(machine);
    }

    private static void Same(MachineSnapshot was, Machine machine, string when)
    {
        MachineSnapshot.ForgetKeys(machine);
        string? difference = was.Differs(new MachineSnapshot(machine));
        Assert.True(difference is null, $"{when}: {difference}");
    }
}
