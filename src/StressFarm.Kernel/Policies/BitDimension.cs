namespace StressFarm.Kernel.Policies;

/// <summary>
/// A dimension of two values, of which the second was a <see cref="Deviation"/> before it was one. Specs, tokens and digests have
/// it as that bit, where it always was, and <see cref="Policy.ToString"/> leaves it out; the command line takes it like any other. A
/// violation that hangs on it hangs on what is planted.
/// </summary>
public abstract class BitDimension : Dimension
{
    public abstract Deviation Bit { get; }

    public override int Get(Policy policy) => policy.Has(Bit) ? 1 : 0;
    public override Policy With(Policy policy, int value) =>
        policy with { Deviations = value == 0 ? policy.Deviations & ~Bit : policy.Deviations | Bit };
}
