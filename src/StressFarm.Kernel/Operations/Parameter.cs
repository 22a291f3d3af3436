namespace StressFarm.Kernel.Operations;

/// <summary>
/// An argument that an operation takes, as data: what it is called, what it means, which values there are. An operation has it as
/// a static field of its own, names it in <see cref="Operation.Parameters"/>, and reads it with <see cref="OpCall.this[Parameter]"/>.
/// </summary>
/// <param name="domain">what kind of value it is</param>
/// <param name="name">one word in small letters, the kernel's where there is one; the kind's unless given</param>
/// <param name="meaning">a line, with its unit; the kind's name says it all unless given</param>
/// <param name="usual">what it is when a call does not say</param>
/// <param name="fills">of a handle: the call may put something into it; others want what is in it</param>
public sealed class Parameter(Domain domain, string? name = null, string? meaning = null, int usual = 0, bool fills = false)
{
    private int _index = -1;

    public Domain Domain => domain;
    public string Name { get; } = name ?? domain.Name;
    public string Meaning { get; } = meaning ?? "";
    public int Usual => usual;
    public bool IsHandle => ReferenceEquals(domain, Domain.Handle) || ReferenceEquals(domain, Domain.HandleOrNone);
    /// <summary>Of a handle: the call may put something into it. Others want what is in it.</summary>
    public bool Fills => fills;

    /// <summary>Its place among the operation's arguments.</summary>
    internal int Index => _index;

    /// <summary>Gives it its place; operations of one family share it and have it at the same place.</summary>
    internal void Place(int index)
    {
        if (_index >= 0 && _index != index) throw new InvalidOperationException($"parameter '{Name}' is argument {_index} and argument {index}: each operation, or family, declares its own");
        _index = index;
    }
}
