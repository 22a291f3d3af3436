using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using StressFarm.Exploration.Schedules;

namespace StressFarm.Exploration.Strategies;

/// <summary>
/// Partial order sampling (Yuan, Yang, Gu: CAV 2018). Every pending access has a random priority and the highest runnable one
/// happens; then the accesses that race with it, on the same word with one of the two writing, get new priorities, and so
/// does the next access of the CPU that stepped. Samples orders of racing accesses much more evenly than a random walk.
/// </summary>
public sealed class Pos : Strategy
{
    /// <summary>No access has this word, be it of those that have none.</summary>
    private const int Nothing = -2;

    private readonly uint[] _priority = new uint[StepMachine.StepperLimit];
    // What the CPUs that did not step are about to do: it stays so, since nobody else can change it. All in one vector.
    private readonly int[] _words = new int[Math.Max(Geometry.CpuLimit, Vector256<int>.Count)];
    private uint _writes;
    private Pcg _random;
    private int _last;
    private int _lastWord;
    private bool _lastWrites;
    private bool _units;
    /// <summary>Who was runnable when the best one beside the last was looked for.</summary>
    private uint _seen;
    /// <summary>That one: its priority and, as the lower number wins, 31 less its number; 0 for nobody.</summary>
    private ulong _other;

    public override string Id => "pos";
    public override string Summary => "random priority per pending access, renewed when it races with what happened (Yuan et al. 2018)";
    public override bool Fair => false;

    public override void Begin(ulong seed, StepMachine machine)
    {
        _random = new Pcg(seed, stream: 2);
        int steppers = machine.StepperCount;
        for (int i = 0; i < steppers; i++) _priority[machine.StepperNumber(i)] = _random.NextUInt();
        _last = -1;
        _units = steppers > machine.ActiveCpus;
    }

    public override int Next(StepMachine machine, StepCpu stepped) => IsOver(machine, stepped) ? -1 : Runner.Note(Next(machine));

    public override int Next(StepMachine machine)
    {
        uint runnable = machine.Runnable;
        int last = _last;
        if (_units || last < 0) return NextOfAny(machine, runnable);
        uint drawn = _random.NextUInt();
        _priority[last] = drawn;
        bool same = runnable == _seen;
        if (_lastWord != StepMachine.NoWord)
        {
            uint racing = Vector256.Equals(Vector256.LoadUnsafe(ref MemoryMarshal.GetArrayDataReference(_words)), Vector256.Create(_lastWord)).ExtractMostSignificantBits() & ~(1u << last);
            if (!_lastWrites) racing &= _writes;
            if (racing != 0)
            {
                Renew(racing);
                same = false;
            }
        }
        if (!same || KeyOf(last) <= _other) last = Switch(machine, runnable);
        ref Access access = ref machine.Steppers[last].Pending;
        _lastWord = access.WordIndex;
        _lastWrites = access.Writes;
        return last;
    }

    private ulong KeyOf(int cpu) => ((ulong)_priority[cpu] << 5) | (uint)(31 - cpu);

    private void Renew(uint racing)
    {
        for (; racing != 0; racing &= racing - 1) _priority[BitOperations.TrailingZeroCount(racing)] = _random.NextUInt();
    }

    /// <summary>Looks for the best one and the best one beside it.</summary>
    private int Switch(StepMachine machine, uint runnable)
    {
        Remember(machine, _last);
        ulong best = 0, other = 0;
        for (uint rest = runnable; rest != 0; rest &= rest - 1)
        {
            ulong key = KeyOf(BitOperations.TrailingZeroCount(rest));
            other = Math.Max(other, Math.Min(best, key));
            best = Math.Max(best, key);
        }
        _seen = runnable;
        _other = other;
        return _last = 31 - (int)(best & 31);
    }

    private void Remember(StepMachine machine, int cpu)
    {
        ref Access access = ref machine.Steppers[cpu].Pending;
        _words[cpu] = access.Kind == AccessKind.None ? Nothing : access.WordIndex;
        _writes = (_writes & ~(1u << cpu)) | (access.Writes ? 1u << cpu : 0);
    }

    /// <summary>The first choice, and every one where stores become visible by steps of their own, which change what others are about to do.</summary>
    private int NextOfAny(StepMachine machine, uint runnable)
    {
        if (_last >= 0)
        {
            RenewAny(machine);
        }
        else if (!_units)
        {
            Array.Fill(_words, Nothing);
            _writes = 0;
            for (int cpu = 0; cpu < machine.ActiveCpus; cpu++) Remember(machine, cpu);
            _last = 0;
            int first = Switch(machine, runnable);
            Take(machine, first);
            return first;
        }
        int best = BitOperations.TrailingZeroCount(runnable);
        for (uint rest = runnable & (runnable - 1); rest != 0; rest &= rest - 1)
        {
            int i = BitOperations.TrailingZeroCount(rest);
            if (_priority[i] > _priority[best]) best = i;
        }
        Take(machine, best);
        return best;
    }

    private void Take(StepMachine machine, int stepper)
    {
        ref Access access = ref machine.Steppers[stepper].Pending;
        _last = stepper;
        _lastWord = access.WordIndex;
        _lastWrites = access.Writes;
    }

    private void RenewAny(StepMachine machine)
    {
        _priority[_last] = _random.NextUInt();
        if (_lastWord == StepMachine.NoWord) return;
        for (int n = 0; n < machine.StepperCount; n++)
        {
            int i = machine.StepperNumber(n);
            ref Access pending = ref machine.Steppers[i].Pending;
            if (i == _last || pending.Kind == AccessKind.None) continue;
            if (pending.WordIndex == _lastWord && (_lastWrites || pending.Writes)) _priority[i] = _random.NextUInt();
        }
    }
}
