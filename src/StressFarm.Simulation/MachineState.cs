using System.Buffers.Binary;
using System.Text;

namespace StressFarm.Simulation;

/// <summary>
/// The memory that one schedule leaves to the next, as bytes: every line that was written since the section was born, the owners
/// of the free pages, the lengths of the per-CPU lists, what the driver keeps outside struct page. Canonical: the same memory
/// gives the same bytes, on any machine. Between two schedules there is nothing else: no operation is under way, no object is
/// left and nobody holds a pointer.
/// </summary>
/// <remarks>
/// Layout, little endian: "SFST", format, model version (length, UTF-8), pages (4), CPUs, system order, device order, the
/// driver's large order (one byte each, orders plus one), incarnation (8); a byte per page of the arena with its owner; a byte per
/// list and CPU with its length; the number of lines (4), and of each line its number (4), a bit per half that was written (2)
/// and its eight words, in order of number.
/// </remarks>
public static class MachineState
{
    private const byte Format = 1;
    private static ReadOnlySpan<byte> Magic => "SFST"u8;

    /// <summary>No state of any section is larger: the arena of a section ends at order 7, the cells at a few thousand lines.</summary>
    public const int MaxBytes = 4 << 20;

    /// <summary>Takes the state of a machine whose last schedule is over.</summary>
    /// <param name="incarnation">how often the section was born again</param>
    /// <exception cref="StateException">the machine is not quiescent and torn down</exception>
    public static byte[] Capture(Machine machine, long incarnation)
    {
        if (SectionCheck.Fault(machine) is { } fault) throw new StateException(fault);
        var stream = new MemoryStream();
        using var w = new BinaryWriter(stream, Encoding.UTF8);
        w.Write(Magic);
        w.Write(Format);
        byte[] model = Encoding.UTF8.GetBytes(ModelVersion.Current);
        w.Write((byte)model.Length);
        w.Write(model);
        w.Write(machine.Geometry.Pages);
        w.Write((byte)machine.Geometry.MaxCpus);
        w.Write((byte)(machine.Arena.SystemOrder + 1));
        w.Write((byte)(machine.Arena.DeviceOrder + 1));
        w.Write((byte)machine.Driver.LargeOrder);
        w.Write(incarnation);
        foreach (int pfn in Pages(machine.Geometry, machine.Arena)) w.Write((byte)machine.Ghost.OwnerOf(pfn));
        foreach (Cpu cpu in machine.Cpus)
            foreach (int count in cpu.Handles.PcpCount.Raw) w.Write((byte)count);
        WriteLines(w, machine.Memory);
        w.Flush();
        return stream.ToArray();
    }

    private static void WriteLines(BinaryWriter w, MemMap memory)
    {
        int[] lines = memory.DirtyLines.ToArray();
        Array.Sort(lines);
        w.Write(lines.Length);
        foreach (int line in lines)
        {
            w.Write(line);
            w.Write(memory.WrittenIn(line));
            foreach (ulong word in memory.Line(line)) w.Write(word);
        }
    }

    /// <summary>
    /// Lays a state into a machine of the same geometry, which then goes on by <see cref="Machine.Continue"/>. The number of times
    /// the section was born again.
    /// </summary>
    /// <exception cref="StateException">they are not the bytes of a state of this build's model and this geometry, or of no sound
    /// memory; the machine must be reset then</exception>
    public static long Restore(Machine machine, ReadOnlySpan<byte> state)
    {
        var r = new Reader(state);
        if (!r.Take(Magic.Length).SequenceEqual(Magic)) throw new StateException("it does not begin like one");
        if (r.Byte() is var format && format != Format) throw new StateException($"its format is {format}, this build reads {Format}");
        string model = Encoding.UTF8.GetString(r.Take(r.Byte()));
        if (model != ModelVersion.Current) throw new StateException($"it is of another model version, this build has {ModelVersion.Current}");
        int pages = r.Int(), cpus = r.Byte();
        if (pages != machine.Geometry.Pages || cpus != machine.Geometry.MaxCpus)
            throw new StateException($"it is of another machine, not of {machine.Geometry.Pages} pages and {machine.Geometry.MaxCpus} CPUs");
        int system = r.Byte() - 1, device = r.Byte() - 1, large = r.Byte();
        int largest = machine.Geometry.LargestOrder;
        if (system < 0 || system > largest || device > largest || large > largest) throw new StateException("its sizes are impossible");
        long incarnation = r.Long();
        if (incarnation < 0) throw new StateException("its incarnation is impossible");
        machine.Clear(new Arena(1, system, device, 0), machine.Policy);
        machine.Ghost.Lay(0, machine.Arena.SystemPages, Owner.Buddy);
        if (device >= 0) machine.Ghost.Lay(machine.Geometry.DeviceBase, machine.Arena.DevicePages, Owner.DevFree);
        foreach (int pfn in Pages(machine.Geometry, machine.Arena)) machine.Ghost.Restore(pfn, (Owner)r.Byte());
        machine.RestoreLists(r.Take(machine.Cpus.Length * Geometry.PcpOrders));
        machine.Driver.Restore(large);
        ReadLines(ref r, machine.Memory);
        if (!r.AtEnd) throw new StateException("it goes on after its end");
        machine.RestoreSections();
        if (SectionCheck.Fault(machine) is { } fault) throw new StateException(fault);
        return incarnation;
    }

    private static void ReadLines(ref Reader r, MemMap memory)
    {
        Span<ulong> words = stackalloc ulong[Layout.WordsPerPage];
        int last = -1;
        for (int left = r.Int(); left > 0; left--)
        {
            int line = r.Int();
            if (line <= last || line >= memory.Lines) throw new StateException("its lines are out of order or of another memory");
            last = line;
            ushort written = r.Short();
            foreach (ref ulong word in words) word = (ulong)r.Long();
            memory.Restore(line, words, written);
        }
    }

    /// <summary>The pages of an arena.</summary>
    private static IEnumerable<int> Pages(Geometry geometry, Arena arena) =>
        Enumerable.Range(0, arena.SystemPages).Concat(Enumerable.Range(geometry.DeviceBase, arena.DevicePages));

    /// <summary>Reads within bounds, or throws.</summary>
    private ref struct Reader(ReadOnlySpan<byte> bytes)
    {
        private ReadOnlySpan<byte> _rest = bytes;

        public readonly bool AtEnd => _rest.IsEmpty;
        public byte Byte() => Take(1)[0];
        public ushort Short() => BinaryPrimitives.ReadUInt16LittleEndian(Take(2));
        public int Int() => BinaryPrimitives.ReadInt32LittleEndian(Take(4));
        public long Long() => BinaryPrimitives.ReadInt64LittleEndian(Take(8));

        public ReadOnlySpan<byte> Take(int count)
        {
            if (_rest.Length < count) throw new StateException("it ends too early");
            ReadOnlySpan<byte> taken = _rest[..count];
            _rest = _rest[count..];
            return taken;
        }
    }
}

/// <summary>Why bytes are no state, in words that complete "the state is unusable: …".</summary>
public sealed class StateException(string reason) : Exception(reason);
