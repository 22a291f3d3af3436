namespace StressFarm.Benchmarks;

/// <summary>What a tool did and what it took.</summary>
/// <param name="Steps">in the tool's own unit</param>
/// <param name="Seconds">of processor time, user and system</param>
public readonly record struct Sample(long Steps, double Seconds)
{
    public double Rate => Steps / Seconds;

    public static Sample operator +(Sample a, Sample b) => new(a.Steps + b.Steps, a.Seconds + b.Seconds);

    /// <summary>What the longer of two runs did more, without what both spent on getting started.</summary>
    public static Sample operator -(Sample longer, Sample shorter) => new(longer.Steps - shorter.Steps, longer.Seconds - shorter.Seconds);

    /// <summary>Work of this process, all its threads.</summary>
    public static Sample Of(Func<long> work)
    {
        TimeSpan before = Environment.CpuUsage.TotalTime;
        long steps = work();
        return new(steps, (Environment.CpuUsage.TotalTime - before).TotalSeconds);
    }
}
