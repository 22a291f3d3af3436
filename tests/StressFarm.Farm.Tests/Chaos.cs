using System.Globalization;
using StressFarm.Silo.Tests;

namespace StressFarm.Farm.Tests;

/// <summary>
/// Trouble for a farm while it works: silos killed, frozen past their leases and terminated, PostgreSQL crashed and started
/// again, in an order drawn from a seed. At most one silo fewer than there are is down at a time.
/// </summary>
internal sealed class Chaos(TestFarm farm, PostgresServer postgres, ulong seed, int leaseSeconds)
{
    private readonly Dictionary<SiloProcess, (DateTime Until, bool Frozen)> _down = [];
    private Pcg _random = new(seed, stream: 4);

    public int Kills { get; private set; }
    public int Freezes { get; private set; }
    public int Terminations { get; private set; }
    public int DatabaseCrashes { get; private set; }

    public bool HadEverything => Kills > 0 && Freezes > 0 && DatabaseCrashes > 0;

    /// <summary>One bit of trouble, and what has to come up again.</summary>
    public void Step()
    {
        Revive();
        SiloProcess silo = farm.Silos[_random.Below(farm.Silos.Count)];
        int kind = _random.Below(16);
        if (kind == 0)
        {
            postgres.Kill();
            postgres.Run();
            DatabaseCrashes++;
            return;
        }
        if (_down.ContainsKey(silo) || _down.Count >= farm.Silos.Count - 1) return;
        if (kind <= 3)
        {
            silo.Freeze();
            Freezes++;
            _down[silo] = (DateTime.UtcNow.AddSeconds(leaseSeconds + 1 + _random.Below(4)), true);
        }
        else if (kind == 4)
        {
            silo.Terminate();
            Terminations++;
            _down[silo] = (DateTime.UtcNow.AddMilliseconds(_random.Below(1000)), false);
        }
        else
        {
            silo.Kill();
            Kills++;
            _down[silo] = (DateTime.UtcNow.AddMilliseconds(_random.Below(2000)), false);
        }
    }

    /// <summary>Between two steps.</summary>
    public Task Pause() => Task.Delay(200 + _random.Below(1200));

    /// <summary>Brings up what has been down for long enough, and what ended by itself: a silo that was declared dead ends.</summary>
    public void Revive(bool all = false)
    {
        foreach (var (silo, (until, frozen)) in _down.ToArray())
        {
            if (!all && DateTime.UtcNow < until) continue;
            _down.Remove(silo);
            if (frozen) silo.Thaw();
            else silo.Start();
        }
        foreach (SiloProcess silo in farm.Silos)
            if (!_down.ContainsKey(silo) && !silo.Running) silo.Start();
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{Kills} kills, {Freezes} freezes past the lease, {Terminations} terminations, {DatabaseCrashes} crashes of PostgreSQL, {farm.Silos.Sum(s => s.Starts)} starts of a silo");
}
