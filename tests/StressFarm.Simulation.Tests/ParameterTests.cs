using System.Reflection;
using System.Text.RegularExpressions;

namespace StressFarm.Simulation.Tests;

/// <summary>What operations declare of their arguments is all that they read, and what their calls are built by.</summary>
public partial class ParameterTests
{
    public static TheoryData<string> Operations => [.. Catalog<Operation>.Ids];

    private static readonly Arena[] s_arenas =
        [new(1, 5, -1, 2), new(2, 4, 3, 3, Memcgs: 2), new(4, 7, 4, 2, SectionOrder: 5), new(2, 10, 10, 9, HugeOrder: 9)];

    [Theory]
    [MemberData(nameof(Operations))]
    public void An_operation_declares_what_it_reads_and_reads_what_it_declares(string id) => Assert.Empty(Faults(Catalog<Operation>.Find(id)!));

    [Theory]
    [MemberData(nameof(Operations))]
    public void What_a_call_does_not_say_is_a_value_that_there_is(string id)
    {
        foreach (Parameter parameter in Catalog<Operation>.Find(id)!.Parameters)
            foreach (Arena arena in s_arenas)
            {
                Values values = parameter.Domain.In(arena);
                Assert.True(values.IsEmpty || values.Contains(parameter.Usual), $"{id} {parameter.Name}={parameter.Domain.Format(parameter.Usual)} on {arena}");
                Assert.Equal(values.All, values.All.Distinct().Order());
                foreach (int value in values.All)
                {
                    Assert.True(parameter.Domain.TryParse(parameter.Domain.Format(value), out int read));
                    Assert.Equal(value, read);
                }
            }
    }

    [Fact]
    public void Ids_can_be_told_from_arguments() => Assert.DoesNotContain(Catalog<Operation>.Ids, id => id.Contains('=', StringComparison.Ordinal));

    [Fact]
    public void Planted_bad_declarations_are_caught()
    {
        Assert.Equal(["reads 's_slot', which Parameters does not name"], Faults(new Reads()));
        Assert.Equal(["declares 'slot' and does not read it"], Faults(new Idle()));
        Assert.Equal(["Call(mm, place) is not of the parameters (mm, slot)"], Faults(new CalledOtherwise()));
        Assert.Equal(["Call puts slot elsewhere"], Faults(new Swapped()));
        Assert.Equal(["two parameters are 'mm'", "Call(mm) is not of the parameters (mm, mm)"], Faults(new Twice()));
        Assert.Equal(["'The slot' is no name", "Call(slot) is not of the parameters (The slot)"], Faults(new BadlyNamed()));
        Assert.Contains("declares its own", Assert.Throws<InvalidOperationException>(() => new Elsewhere()).Message, StringComparison.Ordinal);
        Assert.Contains("6 arguments at most", Assert.Throws<InvalidOperationException>(() => new Many()).Message, StringComparison.Ordinal);
        var e = Assert.Throws<InvalidOperationException>(() => new Stage().Run(cpu => new Reads().Run(cpu, new OpCall(new Reads()))));
        Assert.Equal("parameter 'slot' is read and not declared: name it in Parameters", e.Message);
    }

    /// <summary>What is wrong with what an operation declares.</summary>
    private static IEnumerable<string> Faults(Operation operation)
    {
        IReadOnlyList<Parameter> declared = operation.Parameters;
        foreach (Parameter parameter in declared)
        {
            if (!Name().IsMatch(parameter.Name)) yield return $"'{parameter.Name}' is no name";
            if (parameter.Meaning.Contains('\n', StringComparison.Ordinal)) yield return $"the meaning of '{parameter.Name}' is not a line";
        }
        foreach (var same in declared.GroupBy(p => p.Name).Where(g => g.Count() > 1)) yield return $"two parameters are '{same.Key}'";
        HashSet<Parameter> read = [];
        foreach (FieldInfo field in ReadFields(operation.GetType()))
        {
            var parameter = (Parameter)field.GetValue(null)!;
            read.Add(parameter);
            if (!declared.Contains(parameter)) yield return $"reads '{field.Name}', which Parameters does not name";
        }
        foreach (Parameter parameter in declared.Where(p => !read.Contains(p))) yield return $"declares '{parameter.Name}' and does not read it";
        foreach (string fault in CallFaults(operation)) yield return fault;
    }

    /// <summary>Whoever composes a programme names what the text of the call names.</summary>
    private static IEnumerable<string> CallFaults(Operation operation)
    {
        // Its own, or its family's.
        MethodInfo? call = operation.GetType().GetMethods(BindingFlags.Public | BindingFlags.Static | BindingFlags.FlattenHierarchy)
            .Where(m => m.Name == "Call" && m.GetParameters().All(p => p.ParameterType != typeof(GetPages)))
            .MaxBy(m => m.DeclaringType == operation.GetType());
        if (call is null)
        {
            yield return "has no Call";
            yield break;
        }
        if (call.IsGenericMethod) call = call.MakeGenericMethod(operation.GetType());
        string[] names = [.. call.GetParameters().Select(p => p.Name!)];
        if (!names.SequenceEqual(operation.Parameters.Select(p => p.Name)))
        {
            yield return $"Call({string.Join(", ", names)}) is not of the parameters ({string.Join(", ", operation.Parameters.Select(p => p.Name))})";
            yield break;
        }
        // Operation<T>.Instance is the catalogue's, which has not what is planted here.
        for (int i = 0; i < names.Length; i++)
        {
            object?[] arguments = [.. call.GetParameters().Select((p, j) => ValueOf(p.ParameterType, i == j ? 1 : 0))];
            var made = (OpCall)call.Invoke(null, arguments)!;
            if (made[operation.Parameters[i]] != 1) yield return $"Call puts {names[i]} elsewhere";
            if (call.GetParameters()[i] is { HasDefaultValue: true } p && Convert.ToInt32(p.DefaultValue) != operation.Parameters[i].Usual) yield return $"Call has another default of {names[i]}";
        }
    }

    private static object ValueOf(Type type, int value) => type.IsEnum ? Enum.ToObject(type, value) : Convert.ChangeType(value, type);

    /// <summary>The parameters that an operation's code loads, but for the constructors that declare them.</summary>
    private static IEnumerable<FieldInfo> ReadFields(Type operation)
    {
        const BindingFlags any = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance | BindingFlags.DeclaredOnly;
        HashSet<FieldInfo> fields = [];
        for (Type? type = operation; type is not null && type != typeof(Operation); type = type.BaseType)
            foreach (MethodInfo method in type.GetNestedTypes(any).Prepend(type).SelectMany(t => t.GetMethods(any)))
            {
                byte[] il = method.GetMethodBody()?.GetILAsByteArray() ?? [];
                for (int i = 0; i + 4 < il.Length; i++)
                    if (il[i] == LoadStatic && FieldAt(type.Module, BitConverter.ToInt32(il, i + 1)) is { } field && field.FieldType == typeof(Parameter)) fields.Add(field);
            }
        return fields.OrderBy(f => f.Name, StringComparer.Ordinal);
    }

    private const byte LoadStatic = 0x7e;

    private static FieldInfo? FieldAt(Module module, int token)
    {
        // A byte that looks like the instruction may be part of another one.
        if (token >> 24 is not (0x04 or 0x0a)) return null;
        try
        {
            return module.ResolveMember(token) as FieldInfo;
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    [GeneratedRegex("^[a-z]+$")]
    private static partial Regex Name();

    private abstract class Planted : Operation
    {
        public override string Id => "planted";
        public override string Summary => "declares badly";
    }

    private sealed class Reads : Planted
    {
        private static readonly Parameter s_mm = new(Domain.Mm), s_slot = new(Domain.Slot);
        public override IReadOnlyList<Parameter> Parameters { get; } = Takes(s_mm);
        public static OpCall Call(int mm) => new(new Reads(), mm);
        public override Op Run(Cpu cpu, OpCall call) => call[s_mm] + call[s_slot] < 0 ? throw new InvalidOperationException() : default;
    }

    private sealed class Idle : Planted
    {
        private static readonly Parameter s_mm = new(Domain.Mm), s_slot = new(Domain.Slot);
        public override IReadOnlyList<Parameter> Parameters { get; } = Takes(s_mm, s_slot);
        public static OpCall Call(int mm, int slot) => new(new Idle(), mm, slot);
        public override async Op Run(Cpu cpu, OpCall call) => await cpu.Load(cpu.Cells.Pte(call[s_mm], 0), Step.ReadPte);
    }

    /// <summary>Mm and slot, read as they should be.</summary>
    private abstract class Fair : Planted
    {
        private static readonly Parameter s_mm = new(Domain.Mm), s_slot = new(Domain.Slot);
        public sealed override IReadOnlyList<Parameter> Parameters { get; } = Takes(s_mm, s_slot);
        public override async Op Run(Cpu cpu, OpCall call) => await cpu.Load(cpu.Cells.Pte(call[s_mm], call[s_slot]), Step.ReadPte);
    }

    private sealed class CalledOtherwise : Fair
    {
        public static OpCall Call(int mm, int place) => new(new CalledOtherwise(), mm, place);
    }

    private sealed class Swapped : Fair
    {
        public static OpCall Call(int mm, int slot) => new(new Swapped(), slot == 1 ? 1 : mm);
    }

    private sealed class Twice : Planted
    {
        private static readonly Parameter s_mm = new(Domain.Mm), s_other = new(Domain.Mm);
        public override IReadOnlyList<Parameter> Parameters { get; } = Takes(s_mm, s_other);
        // No two of one name in C#.
        public static OpCall Call(int mm) => new(new Twice(), mm, mm);
        public override Op Run(Cpu cpu, OpCall call) => call[s_mm] == call[s_other] ? default : throw new InvalidOperationException();
    }

    private sealed class BadlyNamed : Planted
    {
        private static readonly Parameter s_slot = new(Domain.Slot, "The slot");
        public override IReadOnlyList<Parameter> Parameters { get; } = Takes(s_slot);
        public static OpCall Call(int slot) => new(new BadlyNamed(), slot);
        public override Op Run(Cpu cpu, OpCall call) => call[s_slot] == 0 ? default : throw new InvalidOperationException();
    }

    private sealed class Elsewhere : Planted
    {
        private static readonly Parameter s_mm = new(Domain.Mm);
        public override IReadOnlyList<Parameter> Parameters { get; } = Takes(s_mm, s_mm);
        public override Op Run(Cpu cpu, OpCall call) => default;
    }

    private sealed class Many : Planted
    {
        public override IReadOnlyList<Parameter> Parameters { get; } = Takes([.. Enumerable.Range(0, 7).Select(_ => new Parameter(Domain.Mm))]);
        public override Op Run(Cpu cpu, OpCall call) => default;
    }
}
