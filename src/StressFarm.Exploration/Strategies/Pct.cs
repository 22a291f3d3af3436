using System.Numerics;
using System.Runtime.CompilerServices;
using StressFarm.Exploration.Schedules;

namespace StressFarm.Exploration.Strategies;

/// <summary>
/// Probabilistic concurrency testing (Burckhardt, Kothari, Musuvathi, Nagarakatte: ASPLOS 2010). Each CPU gets a random
/// distinct priority; the runnable CPU with the highest one runs; at d - 1 random steps of k the CPU about to run falls below
/// all the initial priorities. A bug of depth d is found with probability at least 1/(n·k^(d-1)) a schedule, as long as the
/// schedule has at most n CPUs and k steps (<see cref="PctBound"/>).
/// </summary>
/// <remarks>
/// A CPU whose next access is a yield also falls to the bottom, as in the paper's treatment of spinning: otherwise a polling
/// loop of the CPU on top would never end. The bound is stated for schedules without yields.
/// </remarks>
public sealed class Pct : Strategy
{
    /// <summary>d: the number of ordering constraints a bug may need.</summary>
    public const int DefaultDepth = 3;

    private readonly int[] _priority = new int[StepMachine.StepperLimit];
    private readonly int[] _changeAt;
    private readonly int[] _value;
    private int _steps;
    private int _next;
    private int _nextChange;
    private int _lowest;
    /// <summary>Who was runnable when the highest one was last looked for, and who that was: as long as they and the priorities are the same, it is still the highest.</summary>
    private uint _seen;
    private int _highest;

    public Pct() : this(DefaultDepth, 1024) { }

    /// <param name="depth">d, at least 1</param>
    /// <param name="steps">k, at least 1; replaced by the pilot's</param>
    public Pct(int depth, int steps)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(depth, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(steps, 1);
        Depth = depth;
        _steps = steps;
        _changeAt = new int[depth];
        _value = new int[depth];
    }

    public override string Id => "pct";
    public override string Summary => "random priorities, d - 1 random changes among k steps (Burckhardt et al. 2010); d = 3";
    public override bool Fair => false;
    public override bool NeedsPilot => true;
    public int Depth { get; }
    public int Steps => _steps;

    public override void Use(Pilot pilot) => _steps = Math.Max(1, pilot.Steps);

    public override void Begin(ulong seed, StepMachine machine)
    {
        var random = new Pcg(seed, stream: 2);
        int steppers = machine.StepperCount;
        for (int i = 0; i < steppers; i++)
        {
            // Fisher-Yates from inside: the initial priorities are d .. d + n - 1 in random order.
            int j = random.Below(i + 1);
            _priority[machine.StepperNumber(i)] = _priority[machine.StepperNumber(j)];
            _priority[machine.StepperNumber(j)] = Depth + i;
        }
        for (int i = 0; i < Depth - 1; i++)
        {
            int at = random.Below(_steps), j = i;
            for (; j > 0 && _changeAt[j - 1] > at; j--)
            {
                _changeAt[j] = _changeAt[j - 1];
                _value[j] = _value[j - 1];
            }
            _changeAt[j] = at;
            _value[j] = i + 1;
        }
        _changeAt[Depth - 1] = int.MaxValue;
        _next = 0;
        _nextChange = 0;
        _lowest = 0;
        _seen = 0;
    }

    public override int Next(StepMachine machine, StepCpu stepped) => IsOver(machine, stepped) ? -1 : Runner.Note(Next(machine));

    public override int Next(StepMachine machine)
    {
        uint runnable = machine.Runnable;
        if (runnable != _seen) Look(runnable);
        int chosen = _highest;
        if (_next == _changeAt[_nextChange] || machine.Steppers[chosen].Pending.Kind == AccessKind.Yield) chosen = Fall(chosen, runnable);
        _next++;
        return chosen;
    }

    private int Fall(int chosen, uint runnable)
    {
        if (_next == _changeAt[_nextChange])
        {
            do
            {
                // Change point i gives priority i, below all the initial ones; the points are numbered as drawn, so that
                // a CPU that fell later may come to stand above or below one that fell earlier.
                _priority[chosen] = _value[_nextChange++];
                chosen = Look(runnable);
            }
            while (_next == _changeAt[_nextChange]);
            return chosen;
        }
        _priority[chosen] = --_lowest;
        return Look(runnable);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private int Look(uint runnable)
    {
        int best = BitOperations.TrailingZeroCount(runnable);
        for (uint rest = runnable & (runnable - 1); rest != 0; rest &= rest - 1)
        {
            int i = BitOperations.TrailingZeroCount(rest);
            if (_priority[i] > _priority[best]) best = i;
        }
        _seen = runnable;
        return _highest = best;
    }
}
