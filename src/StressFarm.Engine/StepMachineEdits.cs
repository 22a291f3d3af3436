using System.Runtime.CompilerServices;

namespace StressFarm.Engine;

/// <summary>
/// How a machine runs under edits (<see cref="Edit"/>). Nothing of this is on the way of one that has none: with edits
/// <see cref="_stepper"/> stays null, so that each access that is named comes by here, and each that happens by <see cref="PerformWatched"/>.
/// </summary>
public abstract partial class StepMachine
{
    private EditPlan? _edits;
    private Stepper? _editedStepper;
    /// <summary>By CPU; made with the first edits that the machine has.</summary>
    private EditState[] _editStates = [];

    /// <summary>Edits from the next reset on, in place of those that the policy stands for; null leaves it to the policy.</summary>
    public EditPlan? Planted { get; set; }

    /// <summary>The burst that the CPU is in the code of did not happen.</summary>
    protected bool SkippedBurst(StepCpu cpu) => _edits is not null && _editStates[cpu.Number].SkippedBurst;

    private void BeginEdits(EditPlan? edits)
    {
        _edits = edits;
        if (edits is null) return;
        if (_editStates.Length == 0) _editStates = [.. AllCpus.Select(_ => new EditState())];
        foreach (EditState state in _editStates) state.Begin(edits);
    }

    /// <summary>
    /// As <see cref="GoesOn"/>, which comes by here where nobody runs or edits are at work. An access that does not happen goes on at
    /// once, while the step before it is not complete: the code after it is that step's.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool GoesOnEdited(StepCpu cpu)
    {
        if (_edits is null) return false;
        EditState state = _editStates[cpu.Number];
        Edit? edit = state.Edit = state.Find(in cpu.Pending, cpu.OperationNumber, _memory.FirstCell);
        if (edit is { Action: EditAction.Skip } || (edit is { Action: EditAction.Delay } && HoldBack(state, edit, in cpu.Pending))) return state.Skips = true;
        if (edit is { Action: EditAction.ReplaceWritten }) cpu.Pending.A = edit.Value;
        if (edit is { Action: EditAction.Tear } || state.HeldBack.Kind != AccessKind.None) PutAhead(state, ref cpu.Pending);
        Stepper? stepper = _editedStepper;
        if (stepper is null) return false;
        EndStep(cpu);
        int chosen = Steps <= _stayUntil ? cpu.Number : stepper.Next(this, cpu);
        if (chosen == cpu.Number && state.Ahead == Ahead.None) return true;
        _chosen = chosen;
        _decided = true;
        return false;
    }

    private static bool HoldBack(EditState state, Edit edit, in Access access)
    {
        if (state.HeldBack.Kind != AccessKind.None) return false;
        state.HeldBack = access;
        state.Left = edit.Accesses;
        return true;
    }

    /// <summary>What comes before the access that was named becomes what the CPU is about to do.</summary>
    private static void PutAhead(EditState state, ref Access pending)
    {
        bool due = state.HeldBack.Kind != AccessKind.None && state.Left-- == 0;
        state.Named = pending;
        if (due)
        {
            state.Ahead = Ahead.HeldBack;
            pending = state.HeldBack;
        }
        else
        {
            TearNamed(state, ref pending);
        }
    }

    private static void TearNamed(EditState state, ref Access pending)
    {
        state.Ahead = state.Edit is { Action: EditAction.Tear } ? Ahead.Load : Ahead.None;
        if (state.Ahead == Ahead.Load) pending.Kind = pending.IsHalf ? AccessKind.Load32 : AccessKind.Load;
    }

    /// <summary>As <see cref="Run"/>.</summary>
    private void RunEdited(int first, Stepper stepper)
    {
        _editedStepper = stepper;
        try
        {
            for (int next = first; next >= 0; next = _chosen)
            {
                StepCpu cpu = Steppers[next];
                StepEdited(cpu);
                if (_decided) continue;
                _chosen = next < FirstUnit && !cpu.Finished && Steps <= _stayUntil ? next : stepper.Next(this, cpu);
            }
        }
        finally
        {
            _editedStepper = null;
        }
    }

    /// <summary>As <see cref="Step"/>.</summary>
    private void StepEdited(StepCpu cpu)
    {
        _decided = false;
        if (cpu.Number >= FirstUnit) _buffers!.Step(cpu);
        else if (!StepAhead(cpu)) StepNamed(cpu);
    }

    /// <summary>The access that the CPU named, and its code up to the next one; <see cref="_decided"/> when that has been decided about.</summary>
    private void StepNamed(StepCpu cpu)
    {
        cpu.Current!.MoveNext();
        if (_decided) return;
        if (cpu.Pending.Kind == AccessKind.None) Finish(cpu);
        EndStep(cpu);
        if (cpu.Finished) LetGo(cpu);
    }

    /// <summary>What is held back when its CPU has nothing left to do happens then, with no scheduling point before it.</summary>
    private void LetGo(StepCpu cpu)
    {
        EditState state = _editStates[cpu.Number];
        if (state.HeldBack.Kind == AccessKind.None) return;
        (state.Ahead, cpu.Pending) = (Ahead.HeldBack, state.HeldBack);
        PerformHeldBack(cpu, state);
        state.Ahead = Ahead.None;
        EndStep(cpu);
    }

    /// <summary>The step that an edit put before the access that the CPU named; false when there is none.</summary>
    private bool StepAhead(StepCpu cpu)
    {
        EditState state = _editStates[cpu.Number];
        if (state.Ahead == Ahead.None) return false;
        if (state.Ahead == Ahead.HeldBack)
        {
            PerformHeldBack(cpu, state);
            cpu.Pending = state.Named;
            TearNamed(state, ref cpu.Pending);
        }
        else
        {
            bool half = state.Named.IsHalf;
            state.Loaded = half ? PerformWatched<Accesses.Load32>(cpu) : PerformWatched<Accesses.Load>(cpu);
            (state.Torn, state.Ahead, cpu.Pending) = (true, Ahead.None, state.Named);
            cpu.Pending.Kind = half ? AccessKind.Store32 : AccessKind.Store;
        }
        EndStep(cpu);
        return true;
    }

    private void PerformHeldBack(StepCpu cpu, EditState state)
    {
        state.HeldBack = default;
        if (cpu.Pending.Kind == AccessKind.Store32) PerformWatched<Accesses.Store32>(cpu);
        else if (cpu.Pending.Kind == AccessKind.Store) PerformWatched<Accesses.Store>(cpu);
        else PerformWatched<Accesses.Unlock>(cpu);
    }

    /// <summary>The access that was named does not happen: what its CPU is told.</summary>
    private bool IsSkipped(StepCpu cpu, ref Access access, out ulong told)
    {
        EditState state = _editStates[cpu.Number];
        told = 0;
        if (!state.Skips)
        {
            state.Lost = state.SkippedBurst = false;
            return false;
        }
        state.Skips = false;
        if (access.Kind == AccessKind.Burst) state.Lost = state.SkippedBurst = true;
        told = Told(state, in access);
        access = state.Done;
        return true;
    }

    private ulong Told(EditState state, in Access access) => state.Edit!.Source switch
    {
        EditValue.Earlier => state.Recall(state.Edit.Earlier, access.Location, out ulong earlier) ? earlier
            : access.IsHalf ? _memory[new Half(access.Location)] : _memory[new Word(access.Location)],
        EditValue.OwnAddress => _memory.AddressOf(new Word(access.WordIndex)),
        _ => state.Edit.Value,
    };

    private ulong DoEdited<TKind>(StepCpu cpu, in Access access, out ulong old, out ulong value) where TKind : struct, IAccessKind
    {
        EditState state = _editStates[cpu.Number];
        bool ahead = state.Ahead != Ahead.None;
        if (!ahead && state.Torn) return DoTorn<TKind>(cpu, state, in access, out old, out value);
        state.Lost = !ahead && state.Edit is { Action: EditAction.Drop };
        return TKind.Stores && state.Lost ? Lose<TKind>(cpu, in access, out old, out value) : Do<TKind>(cpu, in access, out old, out value);
    }

    /// <summary>The second step of a torn access: what follows from the value that the first loaded, whatever is there by now.</summary>
    private ulong DoTorn<TKind>(StepCpu cpu, EditState state, in Access access, out ulong old, out ulong value) where TKind : struct, IAccessKind
    {
        state.Torn = false;
        old = TKind.Half ? _memory[new Half(access.Location)] : _memory[new Word(access.Location)];
        ulong result = TKind.Do(cpu, in access, state.Loaded, out value, out bool writes);
        if (writes && TKind.Half) WriteHalf(cpu, access.Location, (uint)value);
        else if (writes) WriteWord(cpu, access.Location, value);
        else value = old;
        return result;
    }

    /// <summary>An access is done: what its CPU is told.</summary>
    private ulong AfterEdited(StepCpu cpu, in Access access, ulong result)
    {
        EditState state = _editStates[cpu.Number];
        state.Done = access;
        state.Done.Kind = AccessKind.None;
        state.DoneIn = cpu.OperationNumber;
        if (state.Ahead != Ahead.None) return result;
        if (access.Kind is AccessKind.Load or AccessKind.Load32) state.Remember(in access, result);
        return state.Edit is { Action: EditAction.ReplaceRead } ? Told(state, in access) : result;
    }
}
