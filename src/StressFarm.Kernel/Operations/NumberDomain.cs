using System.Globalization;

namespace StressFarm.Kernel.Operations;

/// <summary>Numbers, written as such.</summary>
/// <param name="minusOne">how -1 is written, where it has a meaning of its own</param>
public sealed class NumberDomain(string name, string extent, Func<Arena, Values> values, string minusOne = "") : Domain(name, extent)
{
    public override Values In(in Arena arena) => values(arena);

    public override string Format(int value) =>
        value == -1 && minusOne.Length != 0 ? minusOne : value.ToString(CultureInfo.InvariantCulture);

    public override bool TryParse(string text, out int value)
    {
        value = -1;
        return minusOne.Length != 0 && text == minusOne || int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value);
    }
}
