namespace StressFarm.Kernel.Operations;

/// <summary>
/// One operation of a programme with its arguments, which an operation reads by their <see cref="Parameter"/>. Numbers, so that
/// nothing on the way of a step allocates; <see cref="CallText"/> writes and reads it as text.
/// </summary>
public readonly record struct OpCall
{
    /// <summary>Arguments that a call can have.</summary>
    public const int Capacity = 6;

    private readonly int _a, _b, _c, _d, _e, _f;

    /// <summary>For an operation's own <c>Call</c>, which names the arguments; here they are in the order of its parameters.</summary>
    public OpCall(Operation operation, int a = 0, int b = 0, int c = 0, int d = 0, int e = 0, int f = 0)
    {
        Operation = operation;
        (_a, _b, _c, _d, _e, _f) = (a, b, c, d, e, f);
    }

    public Operation Operation { get; }

    public int this[Parameter parameter] => parameter.Index switch
    {
        0 => _a,
        1 => _b,
        2 => _c,
        3 => _d,
        4 => _e,
        5 => _f,
        _ => throw new InvalidOperationException($"parameter '{parameter.Name}' is read and not declared: name it in Parameters"),
    };

    /// <summary>A flag is set.</summary>
    public bool Is(Parameter flag) => this[flag] == 1;

    public override string ToString() => CallText.Format(this);
}
