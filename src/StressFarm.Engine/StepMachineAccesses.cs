using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace StressFarm.Engine;

/// <summary>
/// How an access happens. Nearly all take the straight path: nobody looks at them on the way, nothing is called, and what is at hand
/// stays in registers. Whoever wants to look, or changes what happens, is known before.
/// </summary>
public abstract partial class StepMachine
{
    /// <summary>
    /// Somebody looks at each access or changes it: edits, a memory model, a trace, or an observer that
    /// watches (<see cref="WatchesAll"/>). Then it takes the way of <see cref="PerformWatched"/>.
    /// </summary>
    private int _watched;

    /// <summary>The observer is told of every access.</summary>
    protected internal bool WatchesAll
    {
        get => _watchesAll;
        set
        {
            _watchesAll = value;
            LookForWatchers();
        }
    }
    private bool _watchesAll;

    private void LookForWatchers() =>
        _watched = _edits is not null || _buffers is not null || _trace is not null || _watchesAll || Log is not null ? 1 : 0;

    /// <summary>The access that a CPU named happens: the first half of a step. Compiled for each kind of access by itself.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal ulong Perform<TKind>(StepCpu cpu) where TKind : struct, IAccessKind
    {
        if ((_watched | cpu.Watched) != 0) return PerformWatched<TKind>(cpu);
        // Nothing is called here before the end: what is at hand stays in registers.
        ref Access access = ref cpu.Pending;
        int location = access.Location, dirty = -1, touched = 0;
        uint step = access.StepNumber, writer = cpu.Stamp | step;
        ulong result = 0, value = 0;
        bool writes = false;
        cpu.Writer = writer;
        if (!TKind.Wordless)
        {
            int word = TKind.Half ? location >> 1 : location, shift = TKind.Half ? (location & 1) * 32 : 0;
            ref ulong held = ref _words[word];
            result = TKind.Do(cpu, in access, TKind.Half ? (uint)(held >> shift) : held, out value, out writes);
            if (writes)
            {
                ref ulong by = ref At(_writers, word);
                if (TKind.Half)
                {
                    ulong keep = 0xffff_ffff_0000_0000 >> shift;
                    held = (held & keep) | (value << shift);
                    by = (by & keep) | ((ulong)writer << shift);
                }
                else
                {
                    held = value;
                    by = writer | ((ulong)writer << 32);
                }
                if (!At(_lineDirty, word >> 3)) dirty = word >> 3;
                int code = (word << 2) | (TKind.Half ? 1 + (location & 1) : 0);
                if (code < _touchable)
                {
                    At(_touched, 0) = code;
                    touched = 1;
                }
            }
        }
        _wrote = writes;
        _touchedCount = touched;
        Digest = Hashed(Digest, cpu.Number, step, location, value);
        Steps++;
        cpu.OperationSteps++;
        access.Kind = AccessKind.None;
        if (dirty >= 0) _memory.MarkDirty(dirty);
        return result;
    }

    /// <summary>The digest with one step more: part of every seed that was published.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Hashed(ulong digest, int cpu, uint step, int location, ulong value)
    {
        digest = unchecked((digest ^ value ^ ((ulong)(uint)location << 20) ^ ((ulong)cpu << 56) ^ ((ulong)step << 44)) * 0x9fb2_1c65_1e98_df25);
        return digest ^ (digest >> 29);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ref T At<T>(T[] array, int index) => ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(array), (nint)(uint)index);

    /// <summary>As <see cref="Perform"/>, with all that may look at an access.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private ulong PerformWatched<TKind>(StepCpu cpu) where TKind : struct, IAccessKind
    {
        ref Access access = ref cpu.Pending;
        if (_edits is not null && IsSkipped(cpu, ref access, out ulong told)) return told;
        _touchedCount = 0;
        _wrote = false;
        cpu.Writer = WriterStamp.Pack(cpu.Number, cpu.OperationNumber, access.StepNumber);
        ulong result = _edits is not null ? DoEdited<TKind>(cpu, in access, out ulong old, out ulong value)
            : Do<TKind>(cpu, in access, out old, out value);
        if (_buffers is not null) (result, value) = _buffers.After(cpu, in access, old, result, value);
        if (_edits is not null) result = AfterEdited(cpu, in access, result);
        Digest = Hashed(Digest, cpu.Number, access.StepNumber, access.Location, value);
        Trace?.Record(cpu, in access, old, value);
        if (cpu.Watched != 0 || _watchesAll || Log is not null) _observer.AfterWatched(cpu, access.WordIndex, value);
        Steps++;
        cpu.OperationSteps++;
        access.Kind = AccessKind.None;
        return result;
    }

    private ulong Do<TKind>(StepCpu cpu, in Access access, out ulong old, out ulong value) where TKind : struct, IAccessKind
    {
        old = value = 0;
        if (TKind.Wordless) return 0;
        ulong held = TKind.Half ? _memory[new Half(access.Location)] : _memory[new Word(access.Location)];
        ulong result = TKind.Do(cpu, in access, held, out value, out bool writes);
        if (writes && TKind.Half) WriteHalf(cpu, access.Location, (uint)value);
        else if (writes) WriteWord(cpu, access.Location, value);
        if (!TKind.Loads) old = held;
        return result;
    }

    /// <summary>A unit's step is one of the schedule: it is in the digest and in the trace.</summary>
    internal void RecordUnit(StepCpu unit, ulong old, ulong value)
    {
        Digest = Hashed(Digest, unit.Number, unit.Pending.StepNumber, unit.Pending.Location, value);
        Trace?.Record(unit, in unit.Pending, old, value);
        Steps++;
    }
}
