namespace StressFarm.Simulation;

/// <summary>What one kind of access does (spec 2).</summary>
public interface IAccessKind
{
    /// <summary>It writes what the kernel's code asks it to write: what a mutant can lose (<see cref="Policy.Dropped"/>). Locks are not among these.</summary>
    static virtual bool Stores => false;

    /// <param name="old">the value before; 0 for reads</param>
    /// <param name="value">the value after, or the value read: what the digest and the trace keep</param>
    /// <returns>the result of the await</returns>
    static abstract ulong Do(Machine machine, Cpu cpu, in Access access, out ulong old, out ulong value);
}

/// <summary>One type for each <see cref="AccessKind"/> that a CPU can name.</summary>
public static class Accesses
{
    public readonly struct Load : IAccessKind
    {
        public static ulong Do(Machine machine, Cpu cpu, in Access access, out ulong old, out ulong value)
        {
            old = 0;
            return value = machine.Memory[new Word(access.Location)];
        }
    }

    public readonly struct Load32 : IAccessKind
    {
        public static ulong Do(Machine machine, Cpu cpu, in Access access, out ulong old, out ulong value)
        {
            old = 0;
            return value = machine.Memory[new Half(access.Location)];
        }
    }

    public readonly struct Store : IAccessKind
    {
        public static bool Stores => true;

        public static ulong Do(Machine machine, Cpu cpu, in Access access, out ulong old, out ulong value)
        {
            old = machine.Memory[new Word(access.Location)];
            machine.WriteWord(cpu, access.Location, value = access.A);
            return 0;
        }
    }

    public readonly struct Store32 : IAccessKind
    {
        public static bool Stores => true;

        public static ulong Do(Machine machine, Cpu cpu, in Access access, out ulong old, out ulong value)
        {
            old = machine.Memory[new Half(access.Location)];
            machine.WriteHalf(cpu, access.Location, (uint)(value = access.A));
            return 0;
        }
    }

    public readonly struct Add32 : IAccessKind
    {
        public static bool Stores => true;

        public static ulong Do(Machine machine, Cpu cpu, in Access access, out ulong old, out ulong value)
        {
            old = machine.Memory[new Half(access.Location)];
            value = unchecked((uint)old + (uint)access.A);
            machine.WriteHalf(cpu, access.Location, (uint)value);
            return value;
        }
    }

    public readonly struct AddUnlessZero32 : IAccessKind
    {
        public static bool Stores => true;

        public static ulong Do(Machine machine, Cpu cpu, in Access access, out ulong old, out ulong value)
        {
            value = old = machine.Memory[new Half(access.Location)];
            if (old != 0) machine.WriteHalf(cpu, access.Location, (uint)(value = unchecked((uint)old + (uint)access.A)));
            return old;
        }
    }

    public readonly struct CmpXchg32 : IAccessKind
    {
        public static bool Stores => true;

        public static ulong Do(Machine machine, Cpu cpu, in Access access, out ulong old, out ulong value)
        {
            value = old = machine.Memory[new Half(access.Location)];
            if (old != access.A) return 0;
            machine.WriteHalf(cpu, access.Location, (uint)(value = access.B));
            return 1;
        }
    }

    public readonly struct Add : IAccessKind
    {
        public static bool Stores => true;

        public static ulong Do(Machine machine, Cpu cpu, in Access access, out ulong old, out ulong value)
        {
            old = machine.Memory[new Word(access.Location)];
            machine.WriteWord(cpu, access.Location, value = unchecked(old + access.A));
            return value;
        }
    }

    public readonly struct Or : IAccessKind
    {
        public static bool Stores => true;

        public static ulong Do(Machine machine, Cpu cpu, in Access access, out ulong old, out ulong value)
        {
            old = machine.Memory[new Word(access.Location)];
            machine.WriteWord(cpu, access.Location, value = old | access.A);
            return old;
        }
    }

    public readonly struct AndNot : IAccessKind
    {
        public static bool Stores => true;

        public static ulong Do(Machine machine, Cpu cpu, in Access access, out ulong old, out ulong value)
        {
            old = machine.Memory[new Word(access.Location)];
            machine.WriteWord(cpu, access.Location, value = old & ~access.A);
            return old;
        }
    }

    public readonly struct Lock : IAccessKind
    {
        public static ulong Do(Machine machine, Cpu cpu, in Access access, out ulong old, out ulong value)
        {
            old = machine.Memory[new Word(access.Location)];
            if ((old & access.A) != 0) throw Waits(cpu);
            machine.WriteWord(cpu, access.Location, value = old | access.A);
            return 0;
        }
    }

    public readonly struct TryLock : IAccessKind
    {
        public static ulong Do(Machine machine, Cpu cpu, in Access access, out ulong old, out ulong value)
        {
            value = old = machine.Memory[new Word(access.Location)];
            if ((old & access.A) != 0) return 0;
            machine.WriteWord(cpu, access.Location, value = old | access.A);
            return 1;
        }
    }

    public readonly struct Unlock : IAccessKind
    {
        public static ulong Do(Machine machine, Cpu cpu, in Access access, out ulong old, out ulong value)
        {
            old = machine.Memory[new Word(access.Location)];
            machine.WriteWord(cpu, access.Location, value = old & ~access.A);
            return 0;
        }
    }

    // Apart, so that the code of a lock that is taken stays small.
    private static InvalidOperationException Waits(Cpu cpu) => new($"CPU {cpu.Number} was stepped while it waits for a lock");

    /// <summary>Fences, yields and the step of a burst, whose writes follow.</summary>
    public readonly struct Nothing : IAccessKind
    {
        public static ulong Do(Machine machine, Cpu cpu, in Access access, out ulong old, out ulong value) => old = value = 0;
    }
}
