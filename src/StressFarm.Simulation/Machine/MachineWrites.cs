using System.Runtime.CompilerServices;

namespace StressFarm.Simulation;

/// <summary>How a step writes, what the judge is told of it, and the writes that an edit loses.</summary>
public sealed partial class Machine
{
    private int[] _touched = new int[64];
    private int _touchedCount;
    /// <summary>Codes from here on are cells, which no invariant watches.</summary>
    private readonly int _touchable;
    /// <summary>The last step wrote something, be it a cell.</summary>
    private bool _wrote;

    /// <summary>What the last step wrote of struct pages, for the judge: word index * 4, plus 0 for the whole word, 1 for its low, 2 for its high half.</summary>
    internal ReadOnlySpan<int> Touched => _touched.AsSpan(0, _touchedCount);

    /// <summary>A dropped write: the CPU is told what it would be told, and the memory keeps what it held.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private ulong Lose<TKind>(Cpu cpu, in Access access, out ulong old, out ulong value) where TKind : struct, IAccessKind
    {
        int word = access.WordIndex;
        (ulong held, ulong writers) = Memory.Held(word);
        ulong result = Do<TKind>(cpu, in access, out old, out _);
        Memory.PutBack(word, held, writers);
        _touchedCount = 0;
        _wrote = false;
        value = old;
        return result;
    }

    /// <summary>The rest of the step just taken is lost too.</summary>
    private bool Loses(Cpu cpu) => _edits is not null && _editStates[cpu.Number].Lost;

    /// <summary>A write that belongs to the step just taken: the rest of a burst.</summary>
    internal void StoreRaw(Cpu cpu, Word w, ulong value)
    {
        if (Loses(cpu)) return;
        if (Trace is not null) Trace.RecordRaw(cpu, w, Memory[w], value);
        WriteWord(cpu, w.Index, value);
    }

    internal void StoreRaw(Cpu cpu, Half h, uint value)
    {
        if (Loses(cpu)) return;
        ulong old = Memory[h.Word];
        WriteHalf(cpu, h.Index, value);
        Trace?.RecordRaw(cpu, h.Word, old, Memory[h.Word]);
    }

    /// <summary>A word reads otherwise since another frame is mapped there: nothing was written.</summary>
    internal void Remap(Cpu cpu, Word w, ulong value)
    {
        if (Memory[w] == value) return;
        Trace?.RecordRaw(cpu, w, Memory[w], value);
        Memory.Write(w.Index, value, cpu.Writer);
    }

    /// <summary>The struct page lies in a vmemmap page that is mapped read-only.</summary>
    internal bool IsReadOnly(int pfn) =>
        SharedVmemmap != 0 && pfn < Geometry.DeviceBase && Memory[Cells.Vmemmap(pfn >> Arena.VmemmapOrder)] != 0;

    /// <summary>Writes outside any step: the state a schedule starts from.</summary>
    internal void Lay(Word w, ulong value) => Memory.Write(w.Index, value, 0);
    internal void Lay(Half h, uint value) => Memory.WriteHalf(h.Index, value, 0);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void WriteWord(Cpu cpu, int word, ulong value)
    {
        Memory.Write(word, value, cpu.Writer);
        Touch(word << 2);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void WriteHalf(Cpu cpu, int half, uint value)
    {
        Memory.WriteHalf(half, value, cpu.Writer);
        Touch(((half >> 1) << 2) | (1 + (half & 1)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Touch(int code)
    {
        _wrote = true;
        if (code >= _touchable) return;
        int[] touched = _touched;
        int count = _touchedCount++;
        if ((uint)count < (uint)touched.Length) touched[count] = code;
        else TouchMore(code);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void TouchMore(int code)
    {
        Array.Resize(ref _touched, _touched.Length * 2);
        _touched[_touchedCount - 1] = code;
    }
}
