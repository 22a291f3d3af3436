namespace StressFarm.Engine;

/// <summary>Edits in the order in which they are asked, found by step. Immutable: one for all machines.</summary>
public sealed class EditPlan
{
    private static readonly int[] s_none = [];
    private readonly Edit[] _edits;
    private readonly int[][] _byStep;
    private readonly bool[] _earlier;

    public EditPlan(IEnumerable<Edit> edits)
    {
        _edits = [.. edits];
        int steps = _edits.Length == 0 ? 0 : _edits.Max(e => Math.Max(e.Step, e.Earlier)) + 1;
        _byStep = [.. Enumerable.Range(0, steps).Select(s => Enumerable.Range(0, _edits.Length).Where(i => _edits[i].Step == s).ToArray())];
        _earlier = [.. Enumerable.Range(0, steps).Select(s => _edits.Any(e => e.Source == EditValue.Earlier && e.Earlier == s))];
    }

    public int Count => _edits.Length;
    internal Edit this[int edit] => _edits[edit];
    /// <summary>The edits of a step, by number.</summary>
    internal ReadOnlySpan<int> Of(int step) => (uint)step < (uint)_byStep.Length ? _byStep[step] : s_none;
    /// <summary>Some edit gives what a load under this step gave.</summary>
    internal bool Remembers(int step) => (uint)step < (uint)_earlier.Length && _earlier[step];
}
