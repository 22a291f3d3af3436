using System.Numerics;
using System.Runtime.Intrinsics.X86;
using StressFarm.Simulation;

namespace StressFarm.Exploration;

/// <summary>Uniform among the runnable CPUs at every step: the control arm that bounded methods must beat (SCTBench).</summary>
public sealed class RandomWalk : Strategy
{
    private Pcg _random;

    public override string Id => "random";
    public override string Summary => "uniform among the runnable CPUs at every step";
    public override bool Fair => true;

    public override void Begin(ulong seed, Machine machine) => _random = new Pcg(seed, stream: 2);

    public override int Next(Machine machine)
    {
        uint set = machine.Runnable;
        int skip = _random.Below(BitOperations.PopCount(set));
        // The number of the (skip + 1)th bit, in one instruction where there is one: a loop of random length is mispredicted.
        if (Bmi2.IsSupported) return BitOperations.TrailingZeroCount(Bmi2.ParallelBitDeposit(1u << skip, set));
        for (; skip > 0; skip--) set &= set - 1;
        return BitOperations.TrailingZeroCount(set);
    }
}
