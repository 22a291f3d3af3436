namespace StressFarm.Exploration.Replays;

/// <summary>
/// Operations taken out of a composed programme. Shapes are never edited: the programme is composed from its seed and then
/// loses these. A CPU without operations is a thread removed; it keeps its number.
/// </summary>
public sealed class ProgrammeEdits
{
    /// <summary>The set-up and the CPUs: list 0 is the set-up, list i + 1 is CPU i.</summary>
    public const int Lists = 1 + Geometry.CpuLimit;

    private readonly (int List, int Index)[] _removed;

    /// <param name="removed">list and index in the programme as composed</param>
    public ProgrammeEdits(IEnumerable<(int List, int Index)> removed) => _removed = [.. removed.Distinct().Order()];

    public static ProgrammeEdits None { get; } = new([]);

    /// <summary>Sorted, without doubles.</summary>
    public IReadOnlyList<(int List, int Index)> Removed => _removed;

    /// <summary>These edits and more.</summary>
    public ProgrammeEdits With(IEnumerable<(int List, int Index)> more) => new(_removed.Concat(more));

    /// <summary>Takes the operations out of a programme just composed. Indexes past its end are ignored.</summary>
    public void Apply(Programme programme)
    {
        for (int i = _removed.Length - 1; i >= 0; i--)
        {
            List<OpCall> list = ListOf(programme, _removed[i].List);
            if (_removed[i].Index < list.Count) list.RemoveAt(_removed[i].Index);
        }
    }

    public static List<OpCall> ListOf(Programme programme, int list) => list == 0 ? programme.Setup : programme.Cpu(list - 1);
}
