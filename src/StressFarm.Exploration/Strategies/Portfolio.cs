using StressFarm.Exploration.Schedules;

namespace StressFarm.Exploration.Strategies;

/// <summary>
/// Random walk, PCT and POS in turn, by seed: no single strategy finds every bug soonest (SCTBench), and a third of the
/// schedules is a fair price for not having to know which one does.
/// </summary>
public sealed class Portfolio : Strategy
{
    private readonly Strategy[] _arms = [new RandomWalk(), new Pct(), new Pos()];
    private Strategy _arm;

    public Portfolio() => _arm = _arms[0];

    public override string Id => "portfolio";
    public override string Summary => "random, pct and pos in turn: the seed modulo 3 says which";
    public override bool Fair => _arm.Fair;
    public override string Arm => _arm.Id;
    public override Strategy Drawing => _arm;
    public override bool NeedsPilot => true;

    public override void Use(Pilot pilot)
    {
        foreach (Strategy arm in _arms) arm.Use(pilot);
    }

    public override void Begin(ulong seed, StepMachine machine)
    {
        _arm = _arms[(int)(seed % (ulong)_arms.Length)];
        _arm.Begin(seed, machine);
    }

    public override int Next(StepMachine machine) => _arm.Next(machine);
}
