using System.Runtime.CompilerServices;

namespace StressFarm.Engine;

/// <summary>How a step writes, what the observer is told of it, and the writes that an edit loses.</summary>
public abstract partial class StepMachine
{
    // What the last step wrote of the lines that are watched: see StepObserver.AfterStep. Never empty.
    private int[] _touched = new int[64];
    private int _touchedCount;
    /// <summary>Codes from here on are cells, which are not watched.</summary>
    private readonly int _touchable;
    /// <summary>The last step wrote something, be it a cell.</summary>
    private bool _wrote;

    /// <summary>A dropped write: the CPU is told what it would be told, and the memory keeps what it held.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private ulong Lose<TKind>(StepCpu cpu, in Access access, out ulong old, out ulong value) where TKind : struct, IAccessKind
    {
        int word = access.WordIndex;
        (ulong held, ulong writers) = _memory.Held(word);
        ulong result = Do<TKind>(cpu, in access, out old, out _);
        _memory.PutBack(word, held, writers);
        _touchedCount = 0;
        _wrote = false;
        value = old;
        return result;
    }

    /// <summary>The rest of the step just taken is lost too.</summary>
    private bool Loses(StepCpu cpu) => _edits is not null && _editStates[cpu.Number].Lost;

    /// <summary>What was written without a step may let a CPU go on that waits.</summary>
    protected void NoteWrite() => _wrote = true;

    /// <summary>A write that belongs to the step just taken: the rest of a burst.</summary>
    internal void StoreRaw(StepCpu cpu, Word w, ulong value)
    {
        if (Loses(cpu)) return;
        if (Trace is not null) Trace.RecordRaw(cpu, w, _memory[w], value);
        WriteWord(cpu, w.Index, value);
    }

    internal void StoreRaw(StepCpu cpu, Half h, uint value)
    {
        if (Loses(cpu)) return;
        ulong old = _memory[h.Word];
        WriteHalf(cpu, h.Index, value);
        Trace?.RecordRaw(cpu, h.Word, old, _memory[h.Word]);
    }

    /// <summary>A word reads otherwise since another frame is mapped there: nothing was written.</summary>
    internal void Remap(StepCpu cpu, Word w, ulong value)
    {
        if (_memory[w] == value) return;
        Trace?.RecordRaw(cpu, w, _memory[w], value);
        _memory.Write(w.Index, value, cpu.Writer);
    }

    /// <summary>Writes outside any step: the state a schedule starts from.</summary>
    internal void Lay(Word w, ulong value) => _memory.Write(w.Index, value, 0);
    internal void Lay(Half h, uint value) => _memory.WriteHalf(h.Index, value, 0);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void WriteWord(StepCpu cpu, int word, ulong value)
    {
        _memory.Write(word, value, cpu.Writer);
        Touch(word << 2);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void WriteHalf(StepCpu cpu, int half, uint value)
    {
        _memory.WriteHalf(half, value, cpu.Writer);
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
