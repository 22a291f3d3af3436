using System.Numerics;
using StressFarm.Simulation;

namespace StressFarm.Exploration;

/// <summary>
/// Partial order sampling (Yuan, Yang, Gu: CAV 2018). Every pending access has a random priority and the highest runnable one
/// happens; then the accesses that race with it, on the same word with one of the two writing, get new priorities, and so
/// does the next access of the CPU that stepped. Samples orders of racing accesses much more evenly than a random walk.
/// </summary>
public sealed class Pos : Strategy
{
    private readonly uint[] _priority = new uint[Machine.StepperLimit];
    private Pcg _random;
    private int _last;
    private int _lastWord;
    private bool _lastWrites;

    public override string Id => "pos";
    public override string Summary => "random priority per pending access, renewed when it races with what happened (Yuan et al. 2018)";
    public override bool Fair => false;

    public override void Begin(ulong seed, Machine machine)
    {
        _random = new Pcg(seed, stream: 2);
        for (int i = 0; i < machine.StepperCount; i++) _priority[machine.StepperNumber(i)] = _random.NextUInt();
        _last = -1;
    }

    public override int Next(Machine machine)
    {
        if (_last >= 0) Renew(machine);
        uint runnable = machine.Runnable;
        int best = BitOperations.TrailingZeroCount(runnable);
        for (uint rest = runnable & (runnable - 1); rest != 0; rest &= rest - 1)
        {
            int i = BitOperations.TrailingZeroCount(rest);
            if (_priority[i] > _priority[best]) best = i;
        }
        ref Access access = ref machine.Steppers[best].Pending;
        _last = best;
        _lastWord = access.WordIndex;
        _lastWrites = access.Writes;
        return best;
    }

    private void Renew(Machine machine)
    {
        _priority[_last] = _random.NextUInt();
        if (_lastWord == Machine.NoWord) return;
        for (int n = 0; n < machine.StepperCount; n++)
        {
            int i = machine.StepperNumber(n);
            ref Access pending = ref machine.Steppers[i].Pending;
            if (i == _last || pending.Kind == AccessKind.None) continue;
            if (pending.WordIndex == _lastWord && (_lastWrites || pending.Writes)) _priority[i] = _random.NextUInt();
        }
    }
}
