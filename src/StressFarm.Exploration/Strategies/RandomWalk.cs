using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using StressFarm.Exploration.Schedules;

namespace StressFarm.Exploration.Strategies;

/// <summary>Uniform among the runnable CPUs at every step: the control arm that bounded methods must beat (SCTBench).</summary>
public sealed class RandomWalk : Strategy
{
    private Pcg _random;
    private uint _drawn, _seen;
    private int _ahead;

    public override string Id => "random";
    public override string Summary => "uniform among the runnable CPUs at every step";
    public override bool Fair => true;

    public override void Begin(ulong seed, StepMachine machine)
    {
        _random = new Pcg(seed, stream: 2);
        _seen = 0;
        _drawn = _random.NextUInt();
    }

    public override int Next(StepMachine machine, StepCpu stepped) => IsOver(machine, stepped) ? -1 : Runner.Note(Next(machine));

    // The next choice is made ahead, for as long as the same CPUs are runnable: whoever is to go on is then known before the
    // step's own work is done, and a processor that guessed wrong learns it sooner.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public override int Next(StepMachine machine)
    {
        uint runnable = machine.Runnable;
        int chosen = runnable == _seen ? _ahead : Of(runnable, _drawn);
        _seen = runnable;
        _drawn = _random.NextUInt();
        _ahead = Of(runnable, _drawn);
        return chosen;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Of(uint set, uint drawn)
    {
        int skip = (int)(((ulong)drawn * (uint)BitOperations.PopCount(set)) >> 32);
        // The number of the (skip + 1)th bit, in one instruction where there is one: a loop of random length is mispredicted.
        if (Bmi2.IsSupported) return BitOperations.TrailingZeroCount(Bmi2.ParallelBitDeposit(1u << skip, set));
        for (; skip > 0; skip--) set &= set - 1;
        return BitOperations.TrailingZeroCount(set);
    }
}
