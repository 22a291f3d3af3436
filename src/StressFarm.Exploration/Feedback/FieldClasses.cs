namespace StressFarm.Exploration.Feedback;

/// <summary>
/// The field class of every word: for a word of a struct page its place in the layout, for a cell what kind of thing it is.
/// Neither depends on which page or which of several locks it is.
/// </summary>
internal sealed class FieldClasses
{
    private readonly int _firstCell;
    private readonly ulong[] _page = new ulong[Layout.WordsPerPage];
    private readonly ulong[] _cell;

    public FieldClasses(Machine machine)
    {
        _firstCell = machine.Memory.FirstCell;
        for (int word = 0; word < _page.Length; word++) _page[word] = Pcg.Mix((ulong)word);
        _cell = new ulong[machine.Memory.WordCount - _firstCell];
        for (int i = 0; i < _cell.Length; i++)
            _cell[i] = StableHash.Of(string.Concat(machine.Cells.NameOf(new Word(_firstCell + i)).Where(c => !char.IsAsciiDigit(c))));
    }

    public ulong Of(int word) => word < _firstCell ? _page[word % Layout.WordsPerPage] : _cell[word - _firstCell];
}
