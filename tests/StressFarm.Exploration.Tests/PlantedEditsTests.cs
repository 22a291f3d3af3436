namespace StressFarm.Exploration.Tests;

/// <summary>No edit is dead: each changes what some schedule does.</summary>
public class PlantedEditsTests
{
    private const int MostSeeds = 4000;

    public static TheoryData<Deviation> Bits => [.. PlantedEdits.ByBit.Keys];

    [Theory]
    [MemberData(nameof(Bits))]
    public void Each_edit_of_a_deviation_meets_its_access(Deviation bit)
    {
        string[] workloads = [Catalog<KnownBug>.All.FirstOrDefault(b => (b.Plant(Policy.Control).Deviations & bit) != 0)?.Workload ?? "gup-pin", "folio-split", "migration"];
        Policy[] policies = [Policy.Control, Policy.TryParse("hwpoison=as-read", out _)!];
        var runner = new ScheduleRunner(new Machine(new Geometry()));
        var programme = new Programme();
        Edit[] edits = PlantedEdits.ByBit[bit];
        var met = new bool[edits.Length];
        for (ulong seed = 0; seed < MostSeeds && met.Contains(false); seed++)
            foreach (Policy policy in policies)
            {
                Workload workload = Catalog<Workload>.Find(workloads[seed % (ulong)workloads.Length])!;
                ulong all = Digest(workload, policy, edits, seed);
                for (int i = 0; i < edits.Length; i++) met[i] = met[i] || Digest(workload, policy, [.. edits.Where(e => e != edits[i])], seed) != all;
            }
        Assert.All(edits.Index(), e => Assert.True(met[e.Index], $"{bit}: nothing comes of {e.Item}"));

        ulong Digest(Workload workload, Policy policy, Edit[] planted, ulong seed)
        {
            programme.Compose(workload, runner.Machine.Geometry, seed, new Dictionary<string, int>());
            runner.Machine.Planted = new EditPlan(planted);
            return runner.Run(programme, policy, new RandomWalk(), seed).Digest;
        }
    }
}
