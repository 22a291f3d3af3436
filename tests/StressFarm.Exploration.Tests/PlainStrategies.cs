using System.Numerics;

namespace StressFarm.Exploration.Tests;

// The strategies as their papers say them: everything is looked for anew at each step. The product's ones remember, and must choose
// the same.

internal abstract class PlainStrategy(string id, bool fair) : Strategy
{
    public override string Id => id;
    public override string Summary => $"{id}, plainly";
    public override bool Fair => fair;

    protected static int Highest<T>(StepMachine machine, T[] priority) where T : IComparable<T>
    {
        int best = -1;
        for (int i = 0; i < Machine.StepperLimit; i++)
            if ((machine.Runnable >> i & 1) != 0 && (best < 0 || priority[i].CompareTo(priority[best]) > 0)) best = i;
        return best;
    }
}

internal sealed class PlainRandomWalk() : PlainStrategy("random", fair: true)
{
    private Pcg _random;

    public override void Begin(ulong seed, StepMachine machine) => _random = new Pcg(seed, stream: 2);

    public override int Next(StepMachine machine)
    {
        uint set = machine.Runnable;
        for (int skip = _random.Below(BitOperations.PopCount(set)); skip > 0; skip--) set &= set - 1;
        return BitOperations.TrailingZeroCount(set);
    }
}

internal sealed class PlainPct(int steps) : PlainStrategy("pct", fair: false)
{
    private const int Depth = Pct.DefaultDepth;
    private readonly int[] _priority = new int[Machine.StepperLimit];
    private readonly List<(int At, int Value)> _changes = [];
    private int _next, _lowest;

    public override void Begin(ulong seed, StepMachine machine)
    {
        var random = new Pcg(seed, stream: 2);
        for (int i = 0; i < machine.StepperCount; i++)
        {
            int j = random.Below(i + 1);
            _priority[machine.StepperNumber(i)] = _priority[machine.StepperNumber(j)];
            _priority[machine.StepperNumber(j)] = Depth + i;
        }
        _changes.Clear();
        for (int i = 0; i < Depth - 1; i++) _changes.Add((random.Below(steps), i + 1));
        _changes.Sort((a, b) => a.At.CompareTo(b.At) is var c and not 0 ? c : a.Value.CompareTo(b.Value));
        _next = _lowest = 0;
    }

    public override int Next(StepMachine machine)
    {
        int chosen = Highest(machine, _priority);
        bool fell = false;
        for (; _changes.Count > 0 && _changes[0].At == _next; _changes.RemoveAt(0))
        {
            _priority[chosen] = _changes[0].Value;
            chosen = Highest(machine, _priority);
            fell = true;
        }
        if (!fell && machine.Steppers[chosen].Pending.Kind == AccessKind.Yield)
        {
            _priority[chosen] = --_lowest;
            chosen = Highest(machine, _priority);
        }
        _next++;
        return chosen;
    }
}

internal sealed class PlainPos() : PlainStrategy("pos", fair: false)
{
    private readonly uint[] _priority = new uint[Machine.StepperLimit];
    private Pcg _random;
    private Access _taken;
    private int _last;

    public override void Begin(ulong seed, StepMachine machine)
    {
        _random = new Pcg(seed, stream: 2);
        for (int i = 0; i < machine.StepperCount; i++) _priority[machine.StepperNumber(i)] = _random.NextUInt();
        _last = -1;
    }

    public override int Next(StepMachine machine)
    {
        if (_last >= 0)
        {
            _priority[_last] = _random.NextUInt();
            for (int n = 0; n < machine.StepperCount && _taken.WordIndex != Machine.NoWord; n++)
            {
                int i = machine.StepperNumber(n);
                Access pending = machine.Steppers[i].Pending;
                if (i != _last && pending.Kind != AccessKind.None && pending.WordIndex == _taken.WordIndex && (_taken.Writes || pending.Writes))
                    _priority[i] = _random.NextUInt();
            }
        }
        _last = Highest(machine, _priority);
        _taken = machine.Steppers[_last].Pending;
        return _last;
    }
}
