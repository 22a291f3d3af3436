using System.Globalization;

namespace StressFarm.Kernel.Workloads;

/// <summary>
/// The parameters of one schedule, drawn from the seed's shape stream (swarm testing) unless fixed by option. A fixed
/// parameter is drawn all the same and then overridden, so that fixing one leaves the others as they were.
/// </summary>
public sealed class Shape
{
    private readonly (string Name, int Value)[] _drawn = new (string, int)[32];
    private readonly ShapeRange[] _ranges = new ShapeRange[32];
    private int _count;
    private IReadOnlyDictionary<string, int> _fixed = new Dictionary<string, int>();
    private Pcg _random;

    /// <summary>What was drawn, by name, in the order of drawing.</summary>
    public ReadOnlySpan<(string Name, int Value)> Parameters => _drawn.AsSpan(0, _count);

    /// <summary>From where to where each could be, beside <see cref="Parameters"/>.</summary>
    public ReadOnlySpan<ShapeRange> Ranges => _ranges.AsSpan(0, _count);

    internal void Begin(ulong seed, IReadOnlyDictionary<string, int> fixedParameters)
    {
        _random = new Pcg(seed, stream: 1);
        _fixed = fixedParameters;
        _count = 0;
    }

    /// <summary>
    /// A named parameter in [low, high]; a fixed value is clamped to the range. A machine too small for <paramref name="low"/>
    /// gives <paramref name="high"/>: one CPU where a workload likes two.
    /// </summary>
    public int Draw(string name, int low, int high)
    {
        low = Math.Min(low, high);
        return Record(name, _random.Between(low, high), low, high);
    }

    /// <summary>
    /// The CPUs of the schedule: drawn from [low, 4], since races need few and more dilute them; fixed by option they may be
    /// as many as the machine has.
    /// </summary>
    /// <param name="oftenLow">half of the schedules have <paramref name="low"/></param>
    public int DrawCpus(int low, Geometry geometry, bool oftenLow = false)
    {
        int high = Math.Min(4, geometry.MaxCpus);
        low = Math.Min(low, high);
        bool spread = !oftenLow || _random.OneIn(2);
        int drawn = _random.Between(low, high);
        return Record("cpus", spread ? drawn : low, 1, geometry.MaxCpus);
    }

    /// <summary>A named parameter that is <paramref name="common"/> most of the time: once in <paramref name="n"/> it is drawn from [low, high].</summary>
    public int DrawMostly(string name, int common, int n, int low, int high)
    {
        low = Math.Min(low, high);
        common = Math.Clamp(common, low, high);
        bool rare = _random.OneIn(n);
        int drawn = _random.Between(low, high);
        return Record(name, rare ? drawn : common, low, high, common);
    }

    /// <summary>Which of so many kinds of call do not take part, a bit each: one in four.</summary>
    public int DrawDisabled(int kinds) => Draw("disabled", 0, (1 << kinds) - 1) & Draw("disabled-too", 0, (1 << kinds) - 1);

    /// <summary>Once in <paramref name="n"/>, where the machine is large enough for <paramref name="order"/>: folios of order 9 and real PMDs.</summary>
    public bool DrawRealSize(Geometry geometry, int order, int n) => geometry.LargestOrder >= order && DrawMostly("order-9", 0, n, 0, 1) == 1;

    /// <summary>An unnamed choice of the programme: which slot, which page.</summary>
    public int Pick(int bound) => _random.Below(bound);
    public bool OneIn(int n) => _random.OneIn(n);
    /// <summary>An unnamed yes or no.</summary>
    public bool Coin() => Pick(2) == 1;

    private int Record(string name, int value, int low, int high, int? usual = null)
    {
        if (_fixed.Count != 0 && _fixed.TryGetValue(name, out int given)) value = Math.Clamp(given, low, high);
        if (_count < _drawn.Length)
        {
            _ranges[_count] = new(low, high, usual);
            _drawn[_count++] = (name, value);
        }
        return value;
    }

    public override string ToString() =>
        string.Join(' ', _drawn.Take(_count).Select(p => string.Create(CultureInfo.InvariantCulture, $"{p.Name}={p.Value}")));
}

/// <summary>What a parameter of a schedule could have been.</summary>
/// <param name="Usual">what it mostly is; null where all are as likely</param>
public readonly record struct ShapeRange(int Low, int High, int? Usual);
