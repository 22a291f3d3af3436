using System.Text;

namespace StressFarm.Kernel.Workloads;

/// <summary>
/// A programme's canonical text: YAML, and so little of it that this needs no parser of YAML to read it back. Everything is said,
/// in one order, handles by number; what people write is a file that says less.
/// </summary>
public static class ProgrammeText
{
    public const int MaxLength = 64 * 1024;
    private const string NameKey = "name: ", ArenaHead = "arena:", AllocatorKey = "allocator: ", SetupHead = "setup:", CpusHead = "cpus:";
    private const string Inner = "  ", Item = "  - ", FirstOfCpu = "  - - ", NextOfCpu = "    - ", EmptyCpu = "  - []", Empty = " []";

    public static string Format(WrittenProgramme programme)
    {
        var text = new StringBuilder();
        text.Append(NameKey).Append(programme.Id).Append('\n').Append(ArenaHead).Append('\n');
        foreach (ArenaKey key in ArenaKey.All) text.Append(Inner).Append(key.Name).Append(": ").Append(key.Format(key.Get(programme.Arena))).Append('\n');
        text.Append(AllocatorKey).Append(WordOf(programme.Allocator)).Append('\n');
        text.Append(SetupHead).Append(programme.Setup.Count == 0 ? Empty : "").Append('\n');
        foreach (OpCall call in programme.Setup) text.Append(Item).Append(call).Append('\n');
        text.Append(CpusHead).Append('\n');
        foreach (IReadOnlyList<OpCall> calls in programme.Cpus)
        {
            if (calls.Count == 0) text.Append(EmptyCpu).Append('\n');
            for (int i = 0; i < calls.Count; i++) text.Append(i == 0 ? FirstOfCpu : NextOfCpu).Append(calls[i]).Append('\n');
        }
        return text.ToString();
    }

    /// <summary>Reads a canonical text, and nothing else: what would be written otherwise is refused.</summary>
    /// <param name="checks">false for one of a finding, whose calls may have values that their operation cuts</param>
    /// <param name="error">one line, empty when there is a programme</param>
    public static WrittenProgramme? TryRead(string text, out string error, bool checks = true)
    {
        try
        {
            // An error quotes what it is about.
            if (text.Any(c => c != '\n' && char.IsControl(c))) throw new FormatException("the programme has characters that cannot be printed");
            WrittenProgramme read = new Reader(text, checks).Read();
            error = read.Canonical == text ? "" : "the programme is not written as it would be here";
            return error.Length == 0 ? read : null;
        }
        catch (FormatException e)
        {
            error = e.Message;
            return null;
        }
    }

    public static string WordOf(Allocator allocator) => allocator == Allocator.Lifo ? "lifo" : "buddy";

    /// <summary>The allocators that a schedule can have.</summary>
    public static Allocator? AllocatorOf(string word) => word switch { "buddy" => Allocator.Buddy, "lifo" => Allocator.Lifo, _ => null };

    private sealed class Reader(string text, bool checks)
    {
        private readonly string[] _lines = text.Length <= MaxLength ? text.Split('\n') : throw new FormatException($"the programme has {text.Length} characters, at most {MaxLength} are allowed");
        private int _at;

        private string Line => _at < _lines.Length ? _lines[_at] : "";

        public WrittenProgramme Read()
        {
            string name = After(NameKey);
            if (!WrittenProgramme.IsName(name)) throw Wrong("is no name of a programme");
            Expect(ArenaHead);
            Arena arena = ArenaKey.Default(1);
            foreach (ArenaKey key in ArenaKey.All)
            {
                if (!key.TryParse(After($"{Inner}{key.Name}: "), out int value)) throw Wrong($"is out of range: it takes {key.Extent}");
                arena = key.With(arena, value);
            }
            Allocator allocator = AllocatorOf(After(AllocatorKey)) ?? throw Wrong("is neither buddy nor lifo");
            int calls = _at;
            while (calls < _lines.Length && _lines[calls] != CpusHead) calls++;
            int cpus = _lines.Skip(calls).Count(l => l.StartsWith(FirstOfCpu, StringComparison.Ordinal) || l == EmptyCpu);
            if (cpus is 0 or > Geometry.CpuLimit) throw new FormatException($"the programme has {cpus} CPUs: it takes 1 to {Geometry.CpuLimit}");
            arena = arena with { Cpus = cpus };
            if (ArenaKey.Contradiction(arena) is { Length: > 0 } contradiction && checks) throw new FormatException(contradiction);
            List<OpCall> setup = [];
            if (Line == SetupHead + Empty) _at++;
            else Expect(SetupHead);
            while (Line.StartsWith(Item, StringComparison.Ordinal)) setup.Add(Call(Item, arena));
            Expect(CpusHead);
            var lists = new List<List<OpCall>>();
            while (Line.Length != 0) lists.Add(Cpu(arena));
            if (_at != _lines.Length - 1) throw Wrong("is one line too many");
            if (setup.Count + lists.Sum(l => l.Count) is var all and > WrittenProgramme.MaxCalls) throw new FormatException($"the programme has {all} calls: at most {WrittenProgramme.MaxCalls} are allowed");
            if (checks && ProgrammeContract.Broken(arena, setup, lists) is { Length: > 0 } broken) throw new FormatException(broken);
            return new(name, arena, allocator, setup, lists);
        }

        private List<OpCall> Cpu(in Arena arena)
        {
            List<OpCall> calls = [];
            if (Line == EmptyCpu)
            {
                _at++;
                return calls;
            }
            calls.Add(Call(FirstOfCpu, arena));
            while (Line.StartsWith(NextOfCpu, StringComparison.Ordinal)) calls.Add(Call(NextOfCpu, arena));
            return calls;
        }

        private OpCall Call(string before, in Arena arena) =>
            CallText.TryParse(After(before), checks ? arena : null, out string error) ?? throw new FormatException(error);

        private string After(string begin)
        {
            if (!Line.StartsWith(begin, StringComparison.Ordinal)) throw Wrong($"does not begin with '{begin}'");
            return _lines[_at++][begin.Length..];
        }

        private void Expect(string line)
        {
            if (Line != line) throw Wrong($"is not '{line}'");
            _at++;
        }

        private FormatException Wrong(string why)
        {
            string line = Line.Length <= 60 ? Line : Line[..57] + "…";
            return new($"line {_at + 1} of the programme, '{line}', {why}");
        }
    }
}
