namespace StressFarm.Engine;

/// <summary>What one kind of access does (spec 2): what it makes of what its word or half holds.</summary>
public interface IAccessKind
{
    /// <summary>It writes what the kernel's code asks it to write: what can be dropped (<see cref="EditAction.Drop"/>). Locks are not among these.</summary>
    static virtual bool Stores => false;
    /// <summary>Of a half, not of a word.</summary>
    static virtual bool Half => false;
    /// <summary>It only reads: the trace has no value before it.</summary>
    static virtual bool Loads => false;
    /// <summary>It has no word.</summary>
    static virtual bool Wordless => false;

    /// <param name="held">the value before</param>
    /// <param name="value">the value after, or the value read: what the digest and the trace keep</param>
    /// <param name="writes">the value is written</param>
    /// <returns>the result of the await</returns>
    static abstract ulong Do(StepCpu cpu, in Access access, ulong held, out ulong value, out bool writes);
}

/// <summary>One type for each <see cref="AccessKind"/> that a CPU can name.</summary>
public static class Accesses
{
    public readonly struct Load : IAccessKind
    {
        public static bool Loads => true;

        public static ulong Do(StepCpu cpu, in Access access, ulong held, out ulong value, out bool writes)
        {
            writes = false;
            return value = held;
        }
    }

    public readonly struct Load32 : IAccessKind
    {
        public static bool Loads => true;
        public static bool Half => true;

        public static ulong Do(StepCpu cpu, in Access access, ulong held, out ulong value, out bool writes)
        {
            writes = false;
            return value = held;
        }
    }

    public readonly struct Store : IAccessKind
    {
        public static bool Stores => true;

        public static ulong Do(StepCpu cpu, in Access access, ulong held, out ulong value, out bool writes)
        {
            writes = true;
            value = access.A;
            return 0;
        }
    }

    public readonly struct Store32 : IAccessKind
    {
        public static bool Stores => true;
        public static bool Half => true;

        public static ulong Do(StepCpu cpu, in Access access, ulong held, out ulong value, out bool writes)
        {
            writes = true;
            value = access.A;
            return 0;
        }
    }

    public readonly struct Add32 : IAccessKind
    {
        public static bool Stores => true;
        public static bool Half => true;

        public static ulong Do(StepCpu cpu, in Access access, ulong held, out ulong value, out bool writes)
        {
            writes = true;
            return value = unchecked((uint)held + (uint)access.A);
        }
    }

    public readonly struct AddUnlessZero32 : IAccessKind
    {
        public static bool Stores => true;
        public static bool Half => true;

        public static ulong Do(StepCpu cpu, in Access access, ulong held, out ulong value, out bool writes)
        {
            writes = held != 0;
            value = writes ? unchecked((uint)held + (uint)access.A) : held;
            return held;
        }
    }

    public readonly struct CmpXchg32 : IAccessKind
    {
        public static bool Stores => true;
        public static bool Half => true;

        public static ulong Do(StepCpu cpu, in Access access, ulong held, out ulong value, out bool writes)
        {
            writes = held == access.A;
            value = writes ? access.B : held;
            return writes ? 1UL : 0;
        }
    }

    public readonly struct Add : IAccessKind
    {
        public static bool Stores => true;

        public static ulong Do(StepCpu cpu, in Access access, ulong held, out ulong value, out bool writes)
        {
            writes = true;
            return value = unchecked(held + access.A);
        }
    }

    public readonly struct Or : IAccessKind
    {
        public static bool Stores => true;

        public static ulong Do(StepCpu cpu, in Access access, ulong held, out ulong value, out bool writes)
        {
            writes = true;
            value = held | access.A;
            return held;
        }
    }

    public readonly struct AndNot : IAccessKind
    {
        public static bool Stores => true;

        public static ulong Do(StepCpu cpu, in Access access, ulong held, out ulong value, out bool writes)
        {
            writes = true;
            value = held & ~access.A;
            return held;
        }
    }

    public readonly struct Lock : IAccessKind
    {
        public static ulong Do(StepCpu cpu, in Access access, ulong held, out ulong value, out bool writes)
        {
            if ((held & access.A) != 0) throw Waits(cpu);
            writes = true;
            value = held | access.A;
            return 0;
        }
    }

    public readonly struct TryLock : IAccessKind
    {
        public static ulong Do(StepCpu cpu, in Access access, ulong held, out ulong value, out bool writes)
        {
            writes = (held & access.A) == 0;
            value = writes ? held | access.A : held;
            return writes ? 1UL : 0;
        }
    }

    public readonly struct Unlock : IAccessKind
    {
        public static ulong Do(StepCpu cpu, in Access access, ulong held, out ulong value, out bool writes)
        {
            writes = true;
            value = held & ~access.A;
            return 0;
        }
    }

    // Apart, so that the code of a lock that is taken stays small.
    private static InvalidOperationException Waits(StepCpu cpu) => new($"CPU {cpu.Number} was stepped while it waits for a lock");

    /// <summary>Fences, yields and the step of a burst, whose writes follow.</summary>
    public readonly struct Nothing : IAccessKind
    {
        public static bool Wordless => true;

        public static ulong Do(StepCpu cpu, in Access access, ulong held, out ulong value, out bool writes)
        {
            writes = false;
            return value = 0;
        }
    }
}
