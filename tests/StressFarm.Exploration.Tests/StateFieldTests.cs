using System.Reflection;

namespace StressFarm.Exploration.Tests;

/// <summary>
/// Whatever can change while a programme runs is either in a machine's image and hash, or named here with the reason why not. A field that is
/// added to the machine fails this test until somebody has decided.
/// </summary>
public class StateFieldTests
{
    /// <summary>In the image, and in the hash unless the reason says otherwise.</summary>
    private static readonly Dictionary<string, string[]> s_kept = new()
    {
        ["WordMemory"] = ["_words", "_writers", "_lineDirty", "_dirty", "_dirtyCount"],
        ["StepMachine"] = ["_waiting", "_runnable", "Steps", "Digest", "_editStates"],
        ["StepCpu"] = ["Pending", "Operation", "_operationNumber", "Stamp", "OperationSteps", "Finished", "Watched", "Current", "Root", "Writer"],
        ["EditState"] = ["_step", "_operation", "_before", "_counts", "_loads", "_loadCount", "Edit", "Skips", "Lost", "SkippedBurst", "Done", "DoneIn", "Ahead", "Named", "Torn", "Loaded", "HeldBack", "Left"],
        ["KernelMachine"] = ["_waitsForSections", "_waitsForGrace", "_inside", "_removedPages", "SharedVmemmap"],
        ["Cpu"] = ["_irqsOff", "_inRcu", "GivenAway"],
        ["Handles"] = ["_slots", "PcpCount"],
        ["DriverAllocator"] = ["_free", "LargeOrder", "Closed", "Carved", "Outstanding"],
        ["Ghost"] =
        [
            "_owner", "_object", "_life", "_poison", "_anyPoison", "_objects", "_fileSize", "_objectCount", "_lifeCounter", "_lastSystem", "_lastDevice",
            "PgmapRefGone", "WrongUnlock", "_tableLife", "_tableDeposited", "_tables", "_usageLife", "_held", "_mmMaps", "_pteMaps", "_pagePins", "_numbers", "_builtNumbers", "_numberer",
        ],
        ["Judge"] = ["_first"],
    };

    /// <summary>In no image, and why that makes no difference.</summary>
    private static readonly Dictionary<string, (string Field, string Why)[]> s_left = new()
    {
        ["WordMemory"] = [("_blank", "fixed when built"), ("_pristineCells", "fixed before the first schedule")],
        ["StepMachine"] =
        [
            ("_usedCpus", "what a reset has to forget"), ("_stepper", "set while Run runs, null while single steps are taken"), ("_chosen", "of Run"), ("_decided", "of Run"),
            ("_quietUntil", "of Run"), ("_stayUntil", "of Run"), ("_buffers", "null under SC; images refuse others"), ("_builtBuffers", "null under SC"),
            ("_words", "the memory's"), ("_writers", "the memory's"), ("_lineDirty", "the memory's"), ("_observer", "fixed when built"), ("AllCpus", "fixed when built"),
            ("Steppers", "fixed under SC"), ("ActiveCpus", "of the run"), ("MemoryModel", "of the run"), ("_trace", "looks on"), ("_watched", "follows from _watchesAll, edits and trace"),
            ("_watchesAll", "follows from _removedPages"), ("_touched", "of the last step, read before the next"), ("_touchedCount", "of the last step"), ("_wrote", "of the last step"),
            ("_edits", "of the run"), ("_editedStepper", "of Run"), ("Planted", "of whoever built it"),
        ],
        ["StepCpu"] = [("_image", "the image itself")],
        ["EditState"] = [("_plan", "of the run")],
        ["KernelMachine"] =
        [
            ("Cpus", "fixed when built"), ("Arena", "of the run"), ("Policy", "of the run"), ("OrderIsOneAccess", "of whoever built it"),
        ],
        ["DriverAllocator"] = [("machine", "fixed when built")],
        ["Ghost"] = [("Witness", "fixed when built"), ("FreesUsageAtOnce", "of the policy"), ("_firstNumbered", "fixed once objects are numbered")],
        ["Judge"] =
        [
            ("_table", "of the policy"), ("_policy", "of the run"), ("_tables", "known policies"), ("_byMoment", "fixed when built"), ("_pageAudits", "fixed when built"), ("_objectAudits", "fixed when built"),
            ("_machineAudits", "fixed when built"), ("_emptyAudits", "fixed when built"), ("_all", "fixed when built"), ("_kernelSays", "quoted by a violation, decides none"),
            ("_kernelSaidIn", "the same"), ("_scratch", "of one audit"), ("_allPages", "fixed when built"), ("OperationName", "fixed when built"), ("_enabled", "of whoever built it"),
            ("_attentive", "follows from _first"), ("_asksAll", "of whoever built it"),
        ],
    };

    public static TheoryData<string> Classes
    {
        get
        {
            var names = new TheoryData<string>();
            foreach (string name in s_kept.Keys) names.Add(name);
            return names;
        }
    }

    [Theory]
    [MemberData(nameof(Classes))]
    public void Whatever_can_change_is_in_the_state_or_there_is_a_reason(string name)
    {
        Type type = new[] { typeof(StepMachine), typeof(KernelMachine), typeof(Judge) }.SelectMany(t => t.Assembly.GetTypes()).First(t => t.Name == name);
        string[] known = [.. s_kept[name], .. s_left.TryGetValue(name, out var left) ? left.Select(l => l.Field) : []];
        string[] found = [.. Changeable(type)];
        Assert.Empty(found.Except(known));
        Assert.Empty(known.Except(found).Except(Fixed(type)));
    }

    /// <summary>Fields that are assigned after construction, and those that lead to arrays and lists.</summary>
    private static IEnumerable<string> Changeable(Type type) => Fields(type).Where(f => !f.IsInitOnly || f.FieldType.IsArray || IsList(f.FieldType)).Select(NameOf).Where(n => n.Length > 0);

    private static IEnumerable<string> Fixed(Type type) => Fields(type).Where(f => f.IsInitOnly).Select(NameOf);

    private static bool IsList(Type type) => type.IsGenericType && type.GetGenericTypeDefinition() == typeof(List<>);

    private static FieldInfo[] Fields(Type type) =>
        type.GetFields(BindingFlags.Instance | BindingFlags.DeclaredOnly | BindingFlags.Public | BindingFlags.NonPublic);

    /// <summary>The property's name for what the compiler made for one.</summary>
    private static string NameOf(FieldInfo field) => field.Name.StartsWith('<') ? field.Name[1..field.Name.IndexOf('>')] : field.Name;
}
