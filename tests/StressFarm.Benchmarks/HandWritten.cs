namespace StressFarm.Benchmarks;

/// <summary>
/// What the simulator is measured against: CPUs as plain structs that get, lock, change, unlock and put pages in the same
/// layout, one access a step in random order. No protocols, no ghost, no checks, no writers: only words and a digest.
/// </summary>
public sealed class HandWritten
{
    private const int Pages = 128;
    private const int Cpus = 4;
    private readonly ulong[] _words = new ulong[Pages * Layout.WordsPerPage];
    private readonly State[] _cpus = new State[Cpus];

    private struct State
    {
        public int At;
        public int Page;
        public ulong Value;
    }

    public ulong Digest { get; private set; }

    public void Run(long steps)
    {
        var random = new Pcg(1, 2);
        for (long i = 0; i < steps; i++) Step(random.Below(Cpus));
    }

    private void Step(int number)
    {
        ref State cpu = ref _cpus[number];
        int first = cpu.Page * Layout.WordsPerPage;
        ulong value;
        switch (cpu.At)
        {
            case 0: value = cpu.Value = _words[first + Layout.Counts]; break;
            case 1: value = _words[first + Layout.Counts] = cpu.Value + (1UL << 32); break;
            case 2: value = cpu.Value = _words[first + Layout.Flags]; break;
            case 3: value = _words[first + Layout.Flags] = cpu.Value | PageFlag.Locked; break;
            case 4: value = _words[first + Layout.Mapping] = (ulong)number; break;
            case 5: value = cpu.Value = _words[first + Layout.Index]; break;
            case 6: value = _words[first + Layout.Index] = cpu.Value + 1; break;
            case 7: value = _words[first + Layout.Flags] &= ~PageFlag.Locked; break;
            case 8: value = cpu.Value = _words[first + Layout.Counts]; break;
            default: value = _words[first + Layout.Counts] = cpu.Value - (1UL << 32); break;
        }
        Digest = unchecked((Digest ^ value ^ ((ulong)first << 20) ^ ((ulong)number << 56)) * 0x9fb2_1c65_1e98_df25);
        if (++cpu.At < 10) return;
        cpu.At = 0;
        cpu.Page = (cpu.Page * 5 + 1 + number) % Pages;
    }
}
