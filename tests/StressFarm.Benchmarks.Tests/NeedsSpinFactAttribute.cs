namespace StressFarm.Benchmarks.Tests;

/// <summary>A test that runs SPIN: skipped, and saying what to install, where there is none.</summary>
public sealed class NeedsSpinFactAttribute : FactAttribute
{
    public NeedsSpinFactAttribute()
    {
        if (!SpinPeer.IsInstalled) Skip = "spin is not on this machine: install it with 'apt-get install spin'";
    }
}
