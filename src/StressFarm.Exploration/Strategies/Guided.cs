using System.Numerics;
using StressFarm.Exploration.Schedules;

namespace StressFarm.Exploration.Strategies;

/// <summary>
/// Follows recorded choices. A choice that is not runnable is passed over, and after the last one the lowest runnable CPU
/// runs: so a list recorded from one programme still means something for an edited one.
/// </summary>
/// <param name="choices">CPU numbers, one a step</param>
/// <param name="fair">the choices were drawn by a fair strategy: liveness may be judged while they last</param>
public sealed class Guided(IReadOnlyList<byte> choices, bool fair) : Strategy
{
    private int _next;
    private bool _follows;

    public override string Id => "guided";
    public override string Summary => "follows recorded choices";
    public override bool Fair => fair && _follows;

    public override void Begin(ulong seed, StepMachine machine) => (_next, _follows) = (0, true);

    public override int Next(StepMachine machine)
    {
        uint runnable = machine.Runnable;
        while (_next < choices.Count)
        {
            int cpu = choices[_next++];
            if ((runnable >> cpu & 1) != 0) return cpu;
        }
        _follows = false;
        return BitOperations.TrailingZeroCount(runnable);
    }
}
