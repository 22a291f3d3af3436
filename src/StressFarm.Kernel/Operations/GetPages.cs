namespace StressFarm.Kernel.Operations;

/// <summary>
/// What the entry points of GUP share: the walk, the fallback to the slow path, as the kernel does for what the fast one did not
/// get, and the handle. With FOLL_WRITE or without it, and now and then in several rounds over the same pages.
/// </summary>
public abstract class GetPages : Operation
{
    private static readonly Parameter s_mm = new(Domain.Mm), s_slot = new(Domain.Slot, meaning: "the first of them"), s_count = new(Domain.Slots, "count", "how many", usual: 1),
        s_handle = new(Domain.Handle, meaning: "takes what is got, if it is empty", fills: true),
        s_flags = new(new FlagSetDomain<GupFlags>("flags", GupFlags.Write), meaning: "FOLL_WRITE or nothing", usual: (int)GupFlags.Write),
        s_rounds = new(Domain.Number(0, MostRounds), "rounds", "further ones over the same pages");

    /// <summary>More than overflow a refcount that almost does.</summary>
    public const int MostRounds = 80;

    public sealed override IReadOnlyList<Parameter> Parameters { get; } = Takes(s_mm, s_slot, s_count, s_handle, s_flags, s_rounds);

    public static OpCall Call<T>(int mm, int slot, int count = 1, int handle = 0, GupFlags flags = GupFlags.Write, int rounds = 0) where T : GetPages, new() =>
        Call(Operation<T>.Instance, mm, slot, count, handle, flags, rounds);

    /// <summary>Where it is drawn which of them it is.</summary>
    public static OpCall Call(GetPages operation, int mm, int slot, int count = 1, int handle = 0, GupFlags flags = GupFlags.Write, int rounds = 0) =>
        new(operation, mm, slot, count, handle, (int)flags, rounds);

    /// <summary>The handle of a call: what gives it back has to know.</summary>
    public static int HandleOf(OpCall call) => call[s_handle];

    /// <summary>Pins or references.</summary>
    protected abstract GupFlags What { get; }
    /// <summary>Without locks at first.</summary>
    protected abstract bool Fast { get; }

    public sealed override async Op Run(Cpu cpu, OpCall call)
    {
        int handle = call[s_handle], mm = call[s_mm], slot = call[s_slot], count = CutToMm(cpu, slot, call[s_count]);
        if (cpu.Handles[handle].Kind != HandleKind.None) return;
        GupFlags flags = What | (GupFlags)call[s_flags];
        PageRange got = default;
        for (int round = call[s_rounds]; round >= 0; round--)
        {
            int n = got.Count == 0 ? count : got.Count;
            PageRange walked = Fast ? await GupFast.Range(cpu, mm, slot, n, flags) : default;
            if (walked.Count == 0) walked = await GupSlow.Range(cpu, mm, slot, n, flags);
            if (got.Count == 0)
            {
                if (walked.Count == 0) return;
                got = walked;
                HandleKind kind = (flags & GupFlags.Pin) != 0 ? HandleKind.Pin : HandleKind.PageRefs;
                cpu.Handles[handle] = new Handle { Kind = kind, Pfn = got.Pfn, Life = cpu.Ghost.LifeOf(got.Pfn), Count = got.Count };
            }
            else if (walked == got)
            {
                cpu.Handles[handle].Repeat++;
            }
            else
            {
                // Mapped anew, or refused: the round is given back and the rest left out.
                if (walked.Count == 0) return;
                var back = new Handle { Pfn = walked.Pfn, Count = walked.Count };
                await ((flags & GupFlags.Pin) != 0 ? GupPut.UnpinUserPages(cpu, back) : GupPut.PutPages(cpu, back));
                return;
            }
        }
    }
}
