namespace StressFarm.Simulation.Tests;

/// <summary>Memory that goes on: from schedule to schedule, and by way of bytes.</summary>
public class MachineStateTests
{
    private static readonly Arena s_arena = new(4, 5, 3, 3);

    private static Machine Fresh(int pages = 64)
    {
        var machine = new Machine(new Geometry(pages));
        machine.Reset(s_arena, Policy.Control, null);
        return machine;
    }

    private static void Run(Machine machine, Func<Cpu, Op> body, int cpu = 0)
    {
        Cpu c = machine.Cpus[cpu];
        machine.Start(c, body(c));
        while (!c.Finished && machine.Violation is null) machine.Step(c);
        Assert.True(machine.Violation is null, machine.Violation?.ToString());
    }

    /// <summary>Folios come and go on some CPUs; free pages are left on their lists.</summary>
    private static void Use(Machine machine)
    {
        for (int cpu = 0; cpu < 3; cpu++)
        {
            Run(machine, async c => { await AnonMemory.Fault(c, 0, 4 * c.Number, c.Number, pmd: false); }, cpu);
            Run(machine, c => Zap.Slot(c, 0, 4 * c.Number), cpu);
        }
        Run(machine, c => Teardown.Run(c, drain: false), machine.SetupCpu.Number);
        machine.Judge.AuditEmpty();
        Assert.Null(machine.Violation);
    }

    [Fact]
    public void What_one_schedule_leaves_the_next_finds()
    {
        Machine machine = Fresh();
        Use(machine);
        int[] lists = [.. machine.Cpus.SelectMany(c => c.Handles.PcpCount.Raw)];
        ulong[] words = [.. Enumerable.Range(0, machine.Memory.WordCount).Select(i => machine.Memory[new Word(i)])];
        Assert.Contains(lists, count => count > 0);
        machine.Continue(s_arena, Policy.Control, null);
        Assert.Equal(words, Enumerable.Range(0, machine.Memory.WordCount).Select(i => machine.Memory[new Word(i)]));
        Assert.Equal(lists, machine.Cpus.SelectMany(c => c.Handles.PcpCount.Raw));
        Assert.Equal((0, 0L), (machine.Ghost.ObjectCount, machine.Steps));
        Use(machine);
        machine.Reset(s_arena, Policy.Control, null);
        Assert.All(machine.Cpus, c => Assert.All(c.Handles.PcpCount.Raw, count => Assert.Equal(0, count)));
    }

    [Fact]
    public void Words_of_earlier_schedules_are_nobodys_of_this_one()
    {
        Machine machine = Fresh();
        Use(machine);
        var written = new Page(0).Refcount;
        Assert.True(new WriterStamp(machine.Memory.LastWriter(written)) is { Known: true, IsEarlier: false });
        machine.Continue(s_arena, Policy.Control, null);
        Assert.True(new WriterStamp(machine.Memory.LastWriter(written)).IsEarlier);
        // Laid at boot and not written since: still nobody's.
        Assert.False(new WriterStamp(machine.Memory.LastWriter(new Page(31).MemcgData.Low)).Known);
        machine.Judge.Violate(Catalog<Invariant>.Find("I02")!, machine.Cpus[0], 0, written.Index, "_refcount", "x", "y", "planted");
        Assert.Equal("earlier-schedule", machine.Violation!.LastWriter.Operation);
    }

    [Fact]
    public void A_memory_keeps_its_size()
    {
        Machine machine = Fresh();
        Assert.Throws<ArgumentException>(() => machine.Continue(s_arena with { SystemOrder = 4 }, Policy.Control, null));
        Assert.Throws<ArgumentException>(() => machine.Continue(s_arena with { DeviceOrder = -1 }, Policy.Control, null));
        Assert.Throws<ArgumentException>(() => machine.Continue(s_sections, Policy.Control, null));
        machine.Reset(s_sections, Policy.Control, null);
        Assert.Throws<ArgumentException>(() => machine.Continue(s_arena, Policy.Control, null));
        machine.Continue(s_sections, Policy.Control, null);
    }

    private static readonly Arena s_sections = s_arena with { SectionOrder = 5 - Arena.SectionsOrder };

    [Fact]
    public void A_memory_whose_parts_can_go_comes_back_with_its_sections()
    {
        Machine machine = Fresh(), other = Fresh();
        machine.Reset(s_sections, Policy.Control, null);
        Run(machine, async c =>
        {
            await MemoryOffline.Offline(c, 1);
            await MemoryOffline.Remove(c, 1);
            await PgmapLife.Memunmap(c);
        });
        Assert.Contains("section", Assert.Throws<StateException>(() => MachineState.Capture(machine, 0)).Message);
        Run(machine, c => Teardown.Run(c, drain: false), machine.SetupCpu.Number);
        byte[] state = MachineState.Capture(machine, 0);
        MachineState.Restore(other, state);
        Assert.Equal(s_sections.SectionOrder, other.Arena.SectionOrder);
        other.Continue(s_sections, Policy.Control, null);
        Use(other);
    }

    public static TheoryData<string> Kept => ["section_mem_map", "usage", "subsection_map", "pgmap_array", "pgmap->ref dead", "another section"];

    [Theory, MemberData(nameof(Kept))]
    public void Sections_that_are_not_as_they_were_are_no_state(string what)
    {
        foreach (Arena arena in (Arena[])[s_arena, s_sections])
        {
            Machine machine = Fresh();
            machine.Reset(arena, Policy.Control, null);
            Cells cells = machine.Cells;
            Word word = what switch
            {
                "section_mem_map" => cells.SectionMap(2),
                "usage" => cells.SectionUsage(0),
                "subsection_map" => cells.SubsectionMap(4),
                "pgmap_array" => cells.PgmapArray,
                "pgmap->ref dead" => cells.PgmapDead,
                _ => cells.SectionMap(6),
            };
            Run(machine, async c => { await c.Store(word, machine.Memory[word] ^ 1, Step.SectionAdd); });
            Assert.Contains("a section or the pgmap", Assert.Throws<StateException>(() => MachineState.Capture(machine, 0)).Message);
        }
    }

    /// <summary>What a schedule holds of caches, swap, DAX and deferred split lists is given back before its end, or it is no state.</summary>
    [Fact]
    public void What_is_still_cached_is_no_state()
    {
        (Func<Machine, Word> Cell, string Name)[] cells =
        [
            (m => m.Cells.XaSlot(1, 3), "i_pages"), (m => m.Cells.ISize(0), "i_size"), (m => m.Cells.SwapSlot(2), "swap table"),
            (m => m.Cells.DaxEntry(1), "dax entry"), (m => m.Cells.PgmapType, "pgmap->type"), (m => m.Cells.PgmapRef, "pgmap->ref"),
            (m => m.Cells.DeferredHeadOf(1), "memcg 1"), (m => m.Cells.ShrinkHead(0), "shrinker"), (m => m.Cells.IsolatedArea(2), "isolated"),
            (m => m.Cells.Pageblock(0), "pageblock"), (m => m.Cells.HotplugLock, "mem_hotplug_lock"), (m => m.Cells.ReadersOf(1), "waits for"),
        ];
        Machine machine = Fresh();
        foreach (var (cell, name) in cells)
        {
            machine.Reset(s_sections, Policy.Control, null);
            Run(machine, async c => { await c.Store(cell(machine), 0x10, Step.A1); });
            Assert.Contains(name, Assert.Throws<StateException>(() => MachineState.Capture(machine, 0)).Message);
        }
    }

    [Fact]
    public void Device_memory_that_becomes_fs_dax_is_as_at_boot()
    {
        Machine machine = Fresh(), pristine = Fresh();
        Run(machine, async c =>
        {
            DeviceBlock block = await DeviceMemory.Alloc(c, 2, 0);
            await DeviceMigration.UnlockAndPut(c, new Page(block.Pfn));
        });
        int first = machine.Geometry.DeviceBase * Layout.WordsPerPage, end = first + s_arena.DevicePages * Layout.WordsPerPage;
        ulong[] Words(Machine m) => [.. Enumerable.Range(first, end - first).Select(i => m.Memory[new Word(i)])];
        Assert.NotEqual(Words(pristine), Words(machine));
        Run(machine, FsDax.SetTypeAnew);
        Assert.Equal(Words(pristine), Words(machine));
        Assert.Equal(1UL, machine.Memory[machine.Cells.PgmapType]);
    }

    [Fact]
    public void Swap_takes_anonymous_memory_of_the_system_and_no_device_folio()
    {
        foreach (bool device in (bool[])[false, true])
        {
            Machine machine = Fresh();
            Run(machine, async c =>
            {
                await AnonMemory.Fault(c, 0, 1, 0, pmd: false);
                if (device) await MigrationCallers.ToDevice(c, 0, 1, false, 0);
                await SwapCache.AddMapped(c, 0, 1);
            });
            Assert.Equal(device, machine.Memory[machine.Cells.SwapSlot(0)] == 0);
        }
    }

    [Fact]
    public void The_same_memory_gives_the_same_bytes_and_comes_back_from_them()
    {
        Machine machine = Fresh(), other = Fresh();
        for (int i = 0; i < 3; i++)
        {
            Use(machine);
            byte[] state = MachineState.Capture(machine, i);
            Assert.Equal(i, MachineState.Restore(other, state));
            Assert.Equal(state, MachineState.Capture(other, i));
            Assert.NotEqual(state, MachineState.Capture(other, i + 1));
            foreach (Machine m in new[] { machine, other }) m.Continue(s_arena, Policy.Control, null);
            Assert.Equal(MachineState.Capture(machine, 0), MachineState.Capture(other, 0));
            // From here on each goes on by itself.
            Use(other);
            Use(machine);
            Assert.Equal(machine.Digest, other.Digest);
            Assert.Equal(MachineState.Capture(machine, 0), MachineState.Capture(other, 0));
            machine.Continue(s_arena, Policy.Control, null);
        }
    }

    [Fact]
    public void What_is_not_torn_down_is_no_state()
    {
        Machine machine = Fresh();
        Run(machine, async c => { await AnonMemory.Fault(c, 0, 1, 0, pmd: false); });
        Assert.Throws<StateException>(() => MachineState.Capture(machine, 0));
        machine.Reset(s_arena, Policy.Control, null);
        Run(machine, async c => { await c.Lock(machine.Cells.ZoneLock, Step.A1); });
        Assert.Contains("zone->lock", Assert.Throws<StateException>(() => MachineState.Capture(machine, 0)).Message);
        machine.Reset(s_arena, Policy.Control, null);
        Run(machine, async c => { await c.Store(machine.Cells.FreeArea(5), Layout.ListPoison1, Step.A1); });
        Assert.Contains("free list", Assert.Throws<StateException>(() => MachineState.Capture(machine, 0)).Message);
    }

    [Theory]
    [InlineData(0, "begin")]
    [InlineData(4, "format")]
    [InlineData(6, "model version")]
    [InlineData(8, "another machine")]
    [InlineData(11, "another machine")]
    public void A_header_of_something_else_is_refused(int at, string reason)
    {
        Machine machine = Fresh();
        byte[] state = MachineState.Capture(machine, 0);
        state[at] ^= 0x40;
        Assert.Contains(reason, Assert.Throws<StateException>(() => MachineState.Restore(machine, state)).Message);
    }

    /// <summary>Whatever bytes come, they are refused by their own exception or are a memory that can go on.</summary>
    [Fact]
    public void Hostile_bytes_are_refused_or_run()
    {
        Machine machine = Fresh();
        Use(machine);
        byte[] sound = MachineState.Capture(machine, 0);
        Assert.True(MachineState.Restore(machine, sound) == 0);
        var random = new Pcg(11, 3);
        int refused = 0, ran = 0;
        for (int i = 0; i < 4000; i++)
        {
            byte[] state = [.. sound];
            switch (i % 4)
            {
                case 0: state = state[..random.Below(state.Length)]; break;
                case 1: state = [.. state, (byte)random.NextUInt()]; break;
                default:
                    for (int n = 1 + random.Below(4); n > 0; n--) state[14 + random.Below(state.Length - 14)] = (byte)random.NextUInt();
                    break;
            }
            try
            {
                MachineState.Restore(machine, state);
                ran++;
            }
            catch (StateException e)
            {
                Assert.DoesNotContain('\n', e.Message);
                refused++;
                continue;
            }
            machine.Continue(s_arena with { SystemOrder = machine.Arena.SystemOrder, DeviceOrder = machine.Arena.DeviceOrder }, Policy.Control, null);
            try
            {
                for (int cpu = 0; cpu < 2; cpu++) Bounded(machine, machine.Cpus[cpu]);
            }
            catch (IndexOutOfRangeException)
            {
                // A wild pointer in a word that no check looks at: a defect of the model if a section had left it.
                machine.Discard();
            }
        }
        Assert.InRange(refused, 2000, 3990);
        Assert.InRange(ran, 10, 2000);
    }

    private static void Bounded(Machine machine, Cpu cpu)
    {
        machine.Start(cpu, ThreeFaults(cpu));
        for (int steps = 0; !cpu.Finished && machine.Violation is null; steps++)
        {
            Assert.InRange(steps, 0, 10_000);
            if ((machine.Runnable & (1u << cpu.Number)) == 0) return;
            machine.Step(cpu);
        }
    }

    private static async Op ThreeFaults(Cpu cpu)
    {
        for (int i = 0; i < 3; i++) await AnonMemory.Fault(cpu, 0, i * 8, i, pmd: false);
    }
}
