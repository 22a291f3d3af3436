using System.Globalization;

namespace StressFarm.Campaigns.Specs;

/// <summary>
/// Reads a programme that somebody wrote: a YAML mapping of <see cref="Keys"/>, a call a line. What can be read is what the
/// model is true for: a call that it is not made for is refused, since what came of it would be no finding.
/// </summary>
public static class ProgrammeFile
{
    /// <summary>Keys, calls and the sizes of the arena.</summary>
    public const int MaxItems = 1024;

    public const int MaxCallLength = 200;

    /// <summary>The keys of a programme, in the order of the documentation.</summary>
    public static readonly IReadOnlyList<string> Keys = ["name", "arena", "allocator", "setup", "cpus"];

    /// <exception cref="SpecException">one line that names the file, the line and the key</exception>
    public static WrittenProgramme Read(string path) => Parse(YamlFile.ReadText(path, "programme"), Path.GetFileName(path));

    /// <param name="name">what error lines call the file</param>
    public static WrittenProgramme Parse(string text, string name) => YamlFile.Parse(text, name, MaxItems, nodes => new Reader(nodes).Read());

    private sealed class Reader(YamlNodes nodes)
    {
        private const string CallsWanted = "takes a list of calls, such as: - zap_pte_range mm=0 slot=4";
        private const string CpusWanted = "takes a list of CPUs, and each of them a list of calls";

        private readonly Dictionary<string, UserValue> _sizes = new(StringComparer.Ordinal);
        private readonly List<UserValue> _setup = [];
        private readonly List<List<UserValue>> _cpus = [];
        private UserValue? _name, _allocator;
        private long _cpusLine = 1;

        public WrittenProgramme Read()
        {
            nodes.Document("a programme", Keys, Value);
            if (_cpus.Count is 0 or > Geometry.CpuLimit)
                throw nodes.Wrong(_cpusLine, "cpus", string.Create(CultureInfo.InvariantCulture, $"a programme has 1 to {Geometry.CpuLimit} CPUs, and there are {_cpus.Count}"));
            int calls = _setup.Count + _cpus.Sum(c => c.Count);
            if (calls > WrittenProgramme.MaxCalls)
                throw nodes.Wrong(_cpusLine, null, string.Create(CultureInfo.InvariantCulture, $"the programme has {calls} calls; at most {WrittenProgramme.MaxCalls} are allowed"));
            Arena arena = Sizes(_cpus.Count);
            var setupHandles = new HandleNames(_setup.Concat(_cpus.SelectMany(c => c)));
            var contract = new ProgrammeContract(arena);
            List<OpCall> setup = Calls(_setup, arena, setupHandles, setupHandles, contract);
            List<List<OpCall>> cpus = [.. _cpus.Select(c => Calls(c, arena, new HandleNames(c), setupHandles, contract))];
            return new(Name(), arena, Allocated(), setup, cpus);
        }

        private void Value(string key)
        {
            switch (key)
            {
                case "name": _name = nodes.Single(key); break;
                case "allocator": _allocator = nodes.Single(key); break;
                case "arena": nodes.Map(key, Size); break;
                case "setup": nodes.Sequence(key, CallsWanted, () => _setup.Add(nodes.Single(key))); break;
                case "cpus":
                    _cpusLine = YamlNodes.Line(nodes.Current);
                    nodes.Sequence(key, CpusWanted, () => Cpu(key));
                    break;
            }
        }

        private void Cpu(string key)
        {
            var calls = new List<UserValue>();
            nodes.Sequence(key, CpusWanted, () => calls.Add(nodes.Single(key)));
            _cpus.Add(calls);
        }

        private void Size(string key, UserValue value)
        {
            if (ArenaKey.Find(key) is null) throw value.Wrong($"unknown key '{YamlNodes.Shown(key)}'; there are {string.Join(", ", ArenaKey.All.Select(k => k.Name))}");
            if (!_sizes.TryAdd(key, value)) throw value.Wrong($"'{key}' is given twice");
        }

        private Arena Sizes(int cpus)
        {
            Arena arena = ArenaKey.Default(cpus);
            UserValue? last = null;
            foreach (ArenaKey key in ArenaKey.All)
            {
                if (!_sizes.TryGetValue(key.Name, out UserValue? given)) continue;
                if (!key.TryParse(given.Text, out int value)) throw given.Wrong($"{key.Name}: {given.Shown} is out of range: it takes {key.Extent}");
                arena = key.With(arena, value);
                last = given;
            }
            string contradiction = ArenaKey.Contradiction(arena);
            return contradiction.Length == 0 ? arena : throw (last?.Wrong(contradiction) ?? nodes.Wrong(1, "arena", contradiction));
        }

        private string Name()
        {
            if (_name is null) return WrittenProgramme.DefaultName;
            return WrittenProgramme.IsName(_name.Text) ? _name.Text
                : throw _name.Wrong($"{_name.Shown} is no name of a programme: it takes small letters, digits, - and _, at most {WrittenProgramme.MaxNameLength} of them, and no workload's name");
        }

        private Allocator Allocated() => _allocator is null ? Allocator.Buddy
            : ProgrammeText.AllocatorOf(_allocator.Text) ?? throw _allocator.Wrong($"unknown allocator {_allocator.Shown}; there are buddy, lifo");

        private static List<OpCall> Calls(List<UserValue> written, in Arena arena, HandleNames own, HandleNames setup, ProgrammeContract contract)
        {
            var calls = new List<OpCall>(written.Count);
            foreach (UserValue text in written)
            {
                OpCall call = Call(text, arena, own, setup);
                if (contract.Add(call, setup: own == setup) is { Length: > 0 } broken) throw text.Wrong(broken);
                calls.Add(call);
            }
            return calls;
        }

        private static OpCall Call(UserValue written, in Arena arena, HandleNames own, HandleNames setup)
        {
            string text = written.Text, name = HandleNames.NameIn(text);
            // Whose handle it is, the call itself says: read once with any number in the name's place.
            OpCall call = Parse(written, name.Length == 0 ? text : HandleNames.Numbered(text, name, 0), arena);
            if (call.Operation.Parameters.FirstOrDefault(p => p.IsHandle) is not { } handle) return call;
            HandleNames names = call.Operation.WantsSetupHandle(call) ? setup : own;
            if (name.Length != 0)
            {
                if (!handle.Fills && !names.Knows(name)) throw Unfilled(written, call, name, names == setup && own != setup);
                int number = names.NumberOf(name);
                if (number < 0) throw written.Wrong($"'handle={name}' is one handle too many: a CPU has {Handles.Capacity}");
                call = Parse(written, HandleNames.Numbered(text, name, number), arena);
            }
            if (handle.Fills && call[handle] >= 0) names.Fill(call[handle]);
            else if (!handle.Fills && !names.IsFilled(call[handle])) throw Unfilled(written, call, name.Length != 0 ? name : handle.Domain.Format(call[handle]), names == setup && own != setup);
            return call;
        }

        private static SpecException Unfilled(UserValue written, OpCall call, string handle, bool ofSetup) =>
            written.Wrong($"'handle={handle}' of {call.Operation.Id} is empty: let an earlier call {(ofSetup ? "of the set-up" : "of the same list")} put something into it");

        private static OpCall Parse(UserValue written, string text, in Arena arena)
        {
            if (text.Length > MaxCallLength || text.Any(char.IsControl)) throw written.Wrong($"{written.Shown} is no call: it is one line of at most {MaxCallLength} characters");
            return CallText.TryParse(text, arena, out string error) ?? throw written.Wrong(error);
        }
    }
}
