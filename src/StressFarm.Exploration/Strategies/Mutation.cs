using System.Numerics;
using StressFarm.Exploration.Feedback;
using StressFarm.Exploration.Schedules;

namespace StressFarm.Exploration.Strategies;

/// <summary>
/// Follows the choices of an earlier schedule of the same programme, with one change drawn from the seed: some choices
/// redrawn, one CPU held back for a while, or another end, be it that of a sibling or one freshly drawn. Where the choices
/// end or no longer fit, a random walk or POS goes on. An arm of <see cref="FeedbackPortfolio"/>, and no strategy by itself.
/// </summary>
internal sealed class Mutation : Strategy
{
    private const int MostRedrawn = 8;
    private const int LongestDelay = ChoiceCode.MostChoices;

    private readonly RandomWalk _walk = new();
    private readonly Pct _pct = new();
    private readonly Pos _pos = new();
    private readonly bool[] _redrawn = new bool[ChoiceCode.MostChoices];
    private byte[] _choices = [], _sibling = [];
    private Pcg _random;
    private Strategy _end;
    private ulong _seed;
    private bool _ending;
    private int _next, _cut, _changes, _delayFrom, _delay, _held, _owed;

    internal Mutation() => _end = _walk;

    public override string Id => ArmWeights.Mutation;
    public override string Summary => "follows an earlier schedule that showed something new, with a change";
    /// <summary>What it follows and changes may hold a CPU back for long.</summary>
    public override bool Fair => false;

    public override void Use(Pilot pilot) => _pct.Use(pilot);

    public override void Begin(ulong seed, StepMachine machine) => throw new NotSupportedException("a mutation needs a parent");

    /// <param name="random">the seed's draws, from where its parent was drawn on</param>
    /// <param name="sibling">choices of another parent with the same programme; empty when there is none</param>
    public void Begin(ulong seed, Pcg random, byte[] choices, byte[] sibling)
    {
        if (_changes > 0) Array.Clear(_redrawn);
        (_seed, _random, _choices, _sibling) = (seed, random, choices, sibling);
        (_ending, _next, _owed, _changes) = (false, 0, 0, 0);
        (_cut, _delayFrom, _delay) = (int.MaxValue, int.MaxValue, 0);
        _end = _random.Below(3) switch { 0 => _walk, 1 => _pct, _ => _pos };
        int length = Reach(choices);
        switch (_random.Below(4))
        {
            case 0: Redraw(length); break;
            case 1: Delay(length); break;
            case 2: _cut = _random.Below(length); break;
            default: Splice(length); break;
        }
    }

    /// <summary>Where changes make sense: behind the last switch one CPU is left, and nothing can be told apart any more.</summary>
    private static int Reach(byte[] choices)
    {
        int reach = choices.Length - 1;
        while (reach > 0 && choices[reach - 1] == choices[reach]) reach--;
        return Math.Max(1, reach);
    }

    private void Redraw(int length)
    {
        _changes = 1 + _random.Below(MostRedrawn);
        for (int i = 0; i < _changes; i++) _redrawn[_random.Below(length)] = true;
    }

    /// <summary>The CPU whose turn it is waits for some steps of the others and then catches up. Their number is drawn evenly by magnitude.</summary>
    private void Delay(int length)
    {
        _delayFrom = _random.Below(length);
        _delay = 1 + _random.Below(2 << _random.Below(BitOperations.Log2(LongestDelay)));
        _held = _delayFrom < _choices.Length ? _choices[_delayFrom] : 0;
    }

    /// <summary>Up to the cut this parent's choices, from there on its sibling's.</summary>
    private void Splice(int length)
    {
        _cut = _random.Below(length);
        if (_sibling.Length > _cut) _end = this;
    }

    public override int Next(StepMachine machine)
    {
        if (_ending) return _end.Next(machine);
        uint runnable = machine.Runnable;
        if (_delay == 0 && _owed > 0 && (runnable >> _held & 1) != 0)
        {
            _owed--;
            return _held;
        }
        while (_next < _choices.Length)
        {
            if (_next == _cut)
            {
                if (!ReferenceEquals(_end, this)) break;
                (_choices, _cut, _end) = (_sibling, int.MaxValue, _walk);
            }
            int at = _next++, cpu = _choices[at];
            if (_redrawn[at]) return Any(runnable == 1u << cpu ? runnable : runnable & ~(1u << cpu));
            if ((runnable >> cpu & 1) == 0) continue;
            if (at < _delayFrom || _delay == 0 || runnable == 1u << cpu) return cpu;
            if (cpu != _held)
            {
                _delay--;
                return cpu;
            }
            _owed++;
        }
        _ending = true;
        if (ReferenceEquals(_end, this)) _end = _walk;
        _end.Begin(_seed, machine);
        return _end.Next(machine);
    }

    private int Any(uint runnable)
    {
        for (int skip = _random.Below(BitOperations.PopCount(runnable)); skip > 0; skip--) runnable &= runnable - 1;
        return BitOperations.TrailingZeroCount(runnable);
    }
}
