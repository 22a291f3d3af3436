namespace StressFarm.Farm.Tests.Pictures;

/// <summary>What makes the steps of an axis round.</summary>
internal enum Roundness
{
    Decimal,
    Binary,

    /// <summary>Seconds: above one of them halves and quarters of minutes, hours and days.</summary>
    Time,
}

/// <summary>The vertical axis: from where to where, and the values that get a line.</summary>
internal sealed class Scale
{
    private readonly bool _log;

    /// <param name="log">decades instead of equal steps</param>
    public Scale(double least, double most, Roundness round, bool log, int lines)
    {
        _log = log && most > 0;
        if (_log)
        {
            double low = Math.Floor(Math.Log10(least > 0 ? least : most / 1000)), high = Math.Max(low + 1, Math.Ceiling(Math.Log10(most)));
            (Least, Most) = (Math.Pow(10, low), Math.Pow(10, high));
            int each = Math.Max(1, (int)Math.Ceiling((high - low) / lines));
            Lines = [.. Enumerable.Range(0, (int)(high - low) / each + 1).Select(i => Math.Pow(10, low + i * each))];
            return;
        }
        if (most <= least) most = least + (least == 0 ? 1 : Math.Abs(least));
        double step = Step((most - least) / lines, round);
        Least = Math.Floor(least / step + 1e-9) * step;
        Most = Math.Ceiling(most / step - 1e-9) * step;
        Lines = [.. Enumerable.Range(0, (int)Math.Round((Most - Least) / step) + 1).Select(i => Least + i * step)];
    }

    public double Least { get; }
    public double Most { get; }
    public IReadOnlyList<double> Lines { get; }

    /// <summary>0 at the bottom, 1 at the top.</summary>
    public double Share(double value) => _log
        ? (Math.Log10(Math.Max(value, Least)) - Math.Log10(Least)) / (Math.Log10(Most) - Math.Log10(Least))
        : (value - Least) / (Most - Least);

    private static double Step(double about, Roundness round)
    {
        if (round == Roundness.Time && about > 1) return new double[] { 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200 }.FirstOrDefault(s => s >= about, 86_400 * Math.Ceiling(about / 86_400));
        bool binary = round == Roundness.Binary && about >= 1;
        double unit = binary ? Math.Pow(2, Math.Floor(Math.Log2(about))) : Math.Pow(10, Math.Floor(Math.Log10(about)));
        double[] steps = binary ? [1, 2] : [1, 2, 2.5, 5, 10];
        return unit * steps.First(s => s * unit >= about * 0.999);
    }
}
