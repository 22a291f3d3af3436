namespace StressFarm.Exploration.Tests;

/// <summary>K-9: both encodings of compound_info give the same verdicts; only evidence about stale tails may differ.</summary>
public class EncodingTests
{
    public static TheoryData<string> Designs
    {
        get
        {
            var ids = new TheoryData<string>();
            foreach (Preset preset in Presets.All.Where(p => p.Policy.Enc == Enc.Mask)) ids.Add(preset.Id);
            return ids;
        }
    }

    private static string[] Hugetlb { get; } = ["hugetlb", "hwpoison", "hwpoison-split"];

    [Theory]
    [MemberData(nameof(Designs))]
    public void A_pointer_and_a_mask_give_the_same_verdicts(string design)
    {
        Policy mask = Presets.Find(design)!.Policy;
        var executor = new ShardExecutor(new Geometry());
        foreach (Workload workload in Catalog<Workload>.All)
        {
            ShardRecord Run(Policy policy) =>
                executor.Run(new Cell(policy, workload, "portfolio", new Geometry(), new Dictionary<string, int>()), 1, 400);
            ShardRecord withMask = Run(mask), withPointer = Run(mask with { Enc = Enc.Ptr });
            Assert.Equal(withMask.Findings.Count > 0, withPointer.Findings.Count > 0);
            // Which schedules violate is the same too, but for those that act on the order inside a stale mask.
            // HVO needs the mask, so that hugetlb takes other steps.
            if (mask.Dpm == Policy.Control.Dpm && mask.Walker == Walker.Nt && !Hugetlb.Contains(workload.Id))
                Assert.Equal(withMask.Arms.Select(a => a.Violated), withPointer.Arms.Select(a => a.Violated));
        }
    }
}
