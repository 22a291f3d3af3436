using StressFarm.Exploration.Schedules;
using StressFarm.Exploration.Strategies;

namespace StressFarm.Exploration.Feedback;

/// <summary>
/// Random walk, PCT, POS, and changed copies of schedules that showed something new (after Fest, NSDI 2026). The seed draws
/// the arm, with the weights of its generation, and the parent; all that earlier generations found comes in with
/// <see cref="Use(GenerationInput)"/>, so a schedule stays a pure function of cell, seed and that input.
/// </summary>
public sealed class FeedbackPortfolio : Strategy
{
    public const string StrategyId = "feedback";
    /// <summary>The ids of its arms, sorted.</summary>
    public static IReadOnlyList<string> ArmIds => ArmWeights.Arms;
    /// <summary>Programmes come from stream 1 of a seed, choices from stream 2.</summary>
    private const ulong DrawStream = 3;

    private readonly Mutation _mutation = new();
    private readonly Strategy[] _arms;
    private readonly int[] _weights;
    private ulong[] _programmes = [];
    private byte[][] _parents = [];
    private Timelines? _timelines;
    private Strategy _arm;
    private int _tickets;

    public FeedbackPortfolio()
    {
        // In the order of the weights.
        _arms = [_mutation, new Pct(), new Pos(), new RandomWalk()];
        _weights = new int[_arms.Length];
        _arm = _arms[^1];
        Use(GenerationInput.Empty(0));
    }

    public override string Id => StrategyId;
    public override string Summary => "a portfolio of random, pct, pos and mutation, weighted by generation: changes schedules that showed something new";
    public override bool Fair => _arm.Fair;
    public override string Arm => _arm.Id;
    public override Strategy Drawing => _timelines is null ? _arm : this;
    public override bool NeedsPilot => true;

    public override void Use(Pilot pilot)
    {
        foreach (Strategy arm in _arms) arm.Use(pilot);
    }

    /// <summary>What the generations before it have found: no other strategy builds on that.</summary>
    public void Use(GenerationInput input)
    {
        _programmes = [.. input.Parents.Select(p => p.ProgrammeSeed)];
        _parents = [.. input.Parents.Select(p => ChoiceCode.Decode(p.Choices))];
        _tickets = 0;
        for (int i = 0; i < _arms.Length; i++)
        {
            int weight = input.Weights.FirstOrDefault(w => w.Strategy == _arms[i].Id)?.Weight ?? 0;
            // Without parents there is nothing to change.
            _weights[i] = i == 0 && _parents.Length == 0 ? 0 : Math.Max(0, weight);
            _tickets += _weights[i];
        }
        if (_tickets == 0) throw new ArgumentException("no arm has a weight", nameof(input));
    }

    /// <summary>Has every step of the schedules noted, or none.</summary>
    internal void Watch(Timelines? timelines) => _timelines = timelines;

    /// <summary>A changed copy runs the programme of its parent.</summary>
    public override ulong ProgrammeSeed(ulong seed)
    {
        var random = new Pcg(seed, DrawStream);
        return Draw(ref random) == 0 ? _programmes[random.Below(_programmes.Length)] : seed;
    }

    public override void Begin(ulong seed, StepMachine machine)
    {
        var random = new Pcg(seed, DrawStream);
        int arm = Draw(ref random);
        _arm = _arms[arm];
        if (arm == 0)
        {
            int parent = random.Below(_parents.Length);
            _mutation.Begin(seed, random, _parents[parent], Sibling(parent));
        }
        else
        {
            _arm.Begin(seed, machine);
        }
    }

    public override int Next(StepMachine machine)
    {
        int next = _arm.Next(machine);
        _timelines?.Note(machine, next);
        return next;
    }

    private int Draw(ref Pcg random)
    {
        int ticket = random.Below(_tickets), arm = 0;
        while (ticket >= _weights[arm]) ticket -= _weights[arm++];
        return arm;
    }

    /// <summary>The next parent, round the list, that has the same programme.</summary>
    private byte[] Sibling(int parent)
    {
        for (int i = 1; i < _parents.Length; i++)
        {
            int other = (parent + i) % _parents.Length;
            if (_programmes[other] == _programmes[parent]) return _parents[other];
        }
        return [];
    }
}
