using System.Reflection;

namespace StressFarm.Exploration.Tests;

/// <summary>
/// Whatever can change while a programme runs is either put back when steps are undone, or named here with the reason why not. A field that is
/// added to the machine fails this test until somebody has decided.
/// </summary>
public class StateFieldTests
{
    /// <summary>Put back, and in the key unless <see cref="StatePartTests"/> has a reason.</summary>
    internal static readonly Dictionary<string, string[]> Kept = new()
    {
        ["WordMemory"] = ["_words", "_writers"],
        ["StepMachine"] = ["_waiting", "_runnable", "Steps", "Digest", "_editStates"],
        ["StepCpu"] = ["Pending", "Operation", "_operationNumber", "Stamp", "OperationSteps", "Finished", "Watched", "Current", "Root", "Writer"],
        ["EditState"] = ["_step", "_operation", "_before", "_counts", "_loads", "_loadCount", "Edit", "Skips", "Lost", "SkippedBurst", "Done", "DoneIn", "Ahead", "Named", "Torn", "Loaded", "HeldBack", "Left"],
        ["KernelMachine"] = ["_waitsForSections", "_waitsForGrace", "_inside", "_removedPages", "_sharedVmemmap"],
        ["Cpu"] = ["_sections", "GivenAway"],
        ["Handles"] = ["_slots", "PcpCount"],
        ["DriverAllocator"] = ["_free", "_largeOrder", "_closed", "_carved", "_outstanding"],
        ["Ghost"] =
        [
            "_owner", "_object", "_life", "_poison", "_objects", "_fileSize", "_objectCount", "_numbers", "_builtNumbers",
            "_pgmapRefGone", "_wrongUnlock", "_tableLife", "_tableDeposited", "_usageLife", "_held", "_mmMaps", "_pteMaps", "_pagePins",
        ],
        ["Judge"] = ["_first"],
        ["StoreBuffers"] = ["_buffers"],
        ["Buffer"] = ["Count", "Epoch", "EarlyWord", "EarlyTaken", "EarlyValue", "Entries"],
        ["Box`2"] = ["StateMachine", "_isKeyed", "_low", "_high"],
        ["Frame"] = ["Parent", "Done"],
        ["Frame`1"] = ["Result"],
    };

    /// <summary>Left as it is, and why that makes no difference.</summary>
    private static readonly Dictionary<string, (string Field, string Why)[]> s_left = new()
    {
        ["WordMemory"] =
        [
            ("_blank", "fixed when built"), ("_pristineCells", "fixed before the first schedule"), ("Log", "of the search"),
            ("_lineDirty", "a line that was written and holds what it did is like one that was not"), ("_dirty", "the same"), ("_dirtyCount", "the same"),
        ],
        ["StepMachine"] =
        [
            ("_usedCpus", "what a reset has to forget"), ("_stepper", "set while Run runs, null while single steps are taken"), ("_chosen", "of Run"), ("_decided", "of Run"),
            ("_quietUntil", "of Run"), ("_stayUntil", "of Run"), ("_buffers", "which, of the run; what they hold is their own"), ("_builtBuffers", "the same"),
            ("_words", "the memory's"), ("_writers", "the memory's"), ("_lineDirty", "the memory's"), ("_observer", "fixed when built"), ("AllCpus", "fixed when built"),
            ("Steppers", "of the run"), ("ActiveCpus", "of the run"), ("MemoryModel", "of the run"), ("_trace", "looks on"), ("_watched", "follows from _watchesAll, edits and trace"),
            ("_watchesAll", "follows from _removedPages"), ("_touched", "of the last step, read before the next"), ("_touchedCount", "of the last step"), ("_wrote", "of the last step"),
            ("_edits", "of the run"), ("_editedStepper", "of Run"), ("Planted", "of whoever built it"), ("Log", "of the search"),
        ],
        ["EditState"] = [("_plan", "of the run")],
        ["KernelMachine"] =
        [
            ("Cpus", "fixed when built"), ("Arena", "of the run"), ("Policy", "of the run"), ("OrderIsOneAccess", "of whoever built it"), ("_searchLog", "the log itself"),
        ],
        ["DriverAllocator"] = [("machine", "fixed when built")],
        ["Ghost"] =
        [
            ("Witness", "fixed when built"), ("FreesUsageAtOnce", "of the policy"), ("_firstNumbered", "fixed once objects are numbered"), ("_anyPoison", "spares a reset work"),
            ("_lastSystem", "what a reset has to clear, and grows with what is laid"), ("_lastDevice", "the same"), ("_tables", "spares a reset work"),
            ("_numberer", "each step begins with whose it is"), ("_lifeCounter", "of whoever numbers: with _numbers"), ("_objectLog", "the log itself"),
        ],
        ["Judge"] =
        [
            ("_table", "of the policy"), ("_policy", "of the run"), ("_tables", "known policies"), ("_byMoment", "fixed when built"), ("_pageAudits", "fixed when built"), ("_objectAudits", "fixed when built"),
            ("_machineAudits", "fixed when built"), ("_emptyAudits", "fixed when built"), ("_all", "fixed when built"), ("_kernelSays", "quoted by a violation, decides none"),
            ("_kernelSaidIn", "the same"), ("_scratch", "of one audit"), ("_allPages", "fixed when built"), ("OperationName", "fixed when built"), ("_enabled", "of whoever built it"),
            ("_attentive", "follows from _first"), ("_asksAll", "of whoever built it"), ("Forgets", "of whoever tries it"),
        ],
        ["StoreBuffers"] = [("Steppers", "fixed when built")],
        ["Box`2"] = [("_copies", "the log itself")],
        ["Frame"] = [("IsSpare", "where it lies when it is free")],
    };

    public static TheoryData<string> Classes
    {
        get
        {
            var names = new TheoryData<string>();
            foreach (string name in Kept.Keys) names.Add(name);
            return names;
        }
    }

    [Theory]
    [MemberData(nameof(Classes))]
    public void Whatever_can_change_is_in_the_state_or_there_is_a_reason(string name)
    {
        Type type = new[] { typeof(StepMachine), typeof(KernelMachine), typeof(Judge) }.SelectMany(t => t.Assembly.GetTypes()).First(t => t.Name == name);
        string[] known = [.. Kept[name], .. s_left.TryGetValue(name, out var left) ? left.Select(l => l.Field) : []];
        string[] found = [.. Changeable(type)];
        Assert.Empty(found.Except(known).Select(f => $"{name}.{f}"));
        Assert.Empty(known.Except(found).Except(Fixed(type)));
    }

    /// <summary>Fields that are assigned after construction, and those that lead to arrays and lists.</summary>
    private static IEnumerable<string> Changeable(Type type) => Fields(type).Where(f => !f.IsInitOnly || f.FieldType.IsArray || IsList(f.FieldType)).Select(NameOf).Where(n => n.Length > 0);

    private static IEnumerable<string> Fixed(Type type) => Fields(type).Where(f => f.IsInitOnly).Select(NameOf);

    private static bool IsList(Type type) => type.IsGenericType && type.GetGenericTypeDefinition() == typeof(List<>);

    private static FieldInfo[] Fields(Type type) =>
        type.GetFields(BindingFlags.Instance | BindingFlags.DeclaredOnly | BindingFlags.Public | BindingFlags.NonPublic);

    /// <summary>The property's name for what the compiler made for one.</summary>
    internal static string NameOf(FieldInfo field) => field.Name.StartsWith('<') ? field.Name[1..field.Name.IndexOf('>')] : field.Name;
}
