using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.CompilerServices;

namespace StressFarm.Extending.Tests;

/// <summary>An extension point of these tests, with a member here and one of the same id in an assembly made for it.</summary>
public abstract class Point
{
    public virtual string Id => "same";
}

public sealed class Here : Point;

public class OneIdTests
{
    [ModuleInitializer]
    internal static void AddAnother()
    {
        var assembly = AssemblyBuilder.DefineDynamicAssembly(new("StressFarm.Elsewhere"), AssemblyBuilderAccess.Run);
        TypeBuilder there = assembly.DefineDynamicModule("Elsewhere").DefineType("There", TypeAttributes.Public | TypeAttributes.Sealed, typeof(Point));
        there.DefineDefaultConstructor(MethodAttributes.Public);
        there.CreateType();
        Additions.Add(assembly);
    }

    [Fact]
    public void Two_assemblies_with_one_id_are_refused()
    {
        var e = Assert.Throws<TypeInitializationException>(() => Catalog<Point>.Ids.Count());
        Assert.Equal("two assemblies have a Point 'same'", e.InnerException!.Message);
    }
}
