using Mono.Cecil;
using Mono.Cecil.Cil;

namespace StressFarm.Architecture.Tests;

/// <summary>Who knows whom: an arrow from each room to every other one that a type of it names, by what the compiler made of them.</summary>
internal sealed class Arrows
{
    private readonly SourceTree _tree;
    private readonly SortedDictionary<(string From, string To), SortedSet<string>> _arrows = [];

    /// <param name="assemblies">path and project of each</param>
    public Arrows(SourceTree tree, params (string Path, string Project)[] assemblies)
    {
        _tree = tree;
        Dictionary<string, string> projects = assemblies.ToDictionary(a => Path.GetFileNameWithoutExtension(a.Path), a => a.Project, StringComparer.Ordinal);
        foreach ((string path, string project) in assemblies)
        {
            using ModuleDefinition module = ModuleDefinition.ReadModule(path);
            foreach (TypeDefinition type in module.Types) new Reader(this, projects, project, type).Read(type);
        }
    }

    public IReadOnlyCollection<(string From, string To)> All => _arrows.Keys;

    public IEnumerable<string> Rooms => _arrows.Keys.SelectMany(a => new[] { a.From, a.To }).Distinct().Order(StringComparer.Ordinal);

    /// <summary>Which types draw an arrow.</summary>
    public IEnumerable<string> Drawn(string from, string to) => _arrows[(from, to)];

    private sealed class Reader(Arrows arrows, Dictionary<string, string> projects, string project, TypeDefinition outer)
    {
        public void Read(TypeDefinition type)
        {
            Name(type.BaseType);
            foreach (InterfaceImplementation i in type.Interfaces) Name(i.InterfaceType);
            foreach (FieldDefinition field in type.Fields) Name(field.FieldType);
            foreach (MethodDefinition method in type.Methods) Read(method);
            foreach (TypeDefinition nested in type.NestedTypes) Read(nested);
        }

        private void Read(MethodDefinition method)
        {
            Name(method.ReturnType);
            foreach (ParameterDefinition parameter in method.Parameters) Name(parameter.ParameterType);
            foreach (GenericParameter generic in method.GenericParameters)
                foreach (GenericParameterConstraint constraint in generic.Constraints) Name(constraint.ConstraintType);
            if (!method.HasBody) return;
            foreach (VariableDefinition variable in method.Body.Variables) Name(variable.VariableType);
            foreach (Instruction instruction in method.Body.Instructions)
            {
                if (instruction.Operand is TypeReference type) Name(type);
                else if (instruction.Operand is MemberReference member) Name(member.DeclaringType);
                if (instruction.Operand is GenericInstanceMethod generic)
                    foreach (TypeReference argument in generic.GenericArguments) Name(argument);
            }
        }

        private void Name(TypeReference? named)
        {
            if (named is GenericInstanceType generic)
                foreach (TypeReference argument in generic.GenericArguments) Name(argument);
            while (named is TypeSpecification part) named = part.ElementType;
            if (named is null or GenericParameter) return;
            while (named.DeclaringType is not null) named = named.DeclaringType;
            string? to = named.Scope is AssemblyNameReference other ? projects.GetValueOrDefault(other.Name) : project;
            if (to is null) return;
            string mine = Bare(outer.Name), its = Bare(named.Name);
            string? from = arrows._tree.RoomOf(project, mine), into = arrows._tree.RoomOf(to, its);
            if (from is null || into is null || from == into) return;
            if (!arrows._arrows.TryGetValue((from, into), out SortedSet<string>? drawn)) arrows._arrows[(from, into)] = drawn = new(StringComparer.Ordinal);
            drawn.Add($"{mine} → {its}");
        }

        private static string Bare(string name) => name.Split('`')[0];
    }
}
