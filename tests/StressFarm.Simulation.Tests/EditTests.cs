namespace StressFarm.Simulation.Tests;

/// <summary>What an edit makes of an access, each beside the same code without it.</summary>
public class EditTests
{
    private const Step Edited = Step.C6, Other = Step.C7;
    private const int EditedId = (int)Edited;
    private static readonly Page s_page = new(8);

    private static Stage With(params Edit[] edits)
    {
        var stage = new Stage();
        stage.Machine.Planted = edits.Length == 0 ? null : new EditPlan(edits);
        stage.Machine.Reset(stage.Programme.Arena, Policy.Control, stage.Programme);
        return stage;
    }

    private static async Op StoreThree(Cpu cpu, Step step)
    {
        await cpu.Store(s_page.Private, 1, step);
        await cpu.Store(s_page.Index, 2, step);
        await cpu.Store(s_page.Private, 3, step);
    }

    [Fact]
    public void A_plan_without_edits_changes_nothing()
    {
        Stage plain = With().Run(c => StoreThree(c, Edited)), planned = With(new Edit((int)Other, EditAction.Skip)).Run(c => StoreThree(c, Edited));
        Assert.Equal((plain.Machine.Digest, plain.Machine.Steps), (planned.Machine.Digest, planned.Machine.Steps));
    }

    [Fact]
    public void A_dropped_write_is_a_step_and_is_lost()
    {
        Stage plain = With().Run(c => StoreThree(c, Edited)), stage = With(new Edit(EditedId, EditAction.Drop) { Nth = 3 }).Run(c => StoreThree(c, Edited));
        Assert.Equal((1ul, 2ul), (stage.Memory[s_page.Private], stage.Memory[s_page.Index]));
        Assert.Equal(plain.Machine.Steps, stage.Machine.Steps);
        Assert.NotEqual(plain.Machine.Digest, stage.Machine.Digest);
    }

    [Fact]
    public void Dropping_all_writes_of_a_step_is_what_a_mutant_does()
    {
        var mutant = new Stage(Policy.Control with { Dropped = Edited });
        Stage edited = With(new Edit(EditedId, EditAction.Drop));
        foreach (Stage stage in new[] { mutant, edited })
            stage.Run(async c =>
            {
                await StoreThree(c, Edited);
                Assert.Equal(4ul, await c.Add(s_page.Private, 4, Edited));
                await c.Burst(s_page.Private, Edited);
                c.Poke(s_page.Private, 9);
                await StoreThree(c, Other);
            });
        Assert.Equal((mutant.Machine.Digest, mutant.Machine.Steps), (edited.Machine.Digest, edited.Machine.Steps));
        Assert.Equal(3ul, edited.Memory[s_page.Private]);
    }

    [Fact]
    public void A_skipped_access_is_no_step_and_gives_what_the_edit_says()
    {
        Stage stage = With(new Edit(EditedId, EditAction.Skip) { Kind = AccessKind.Load, Value = 7 });
        ulong seen = 0;
        stage.Run(async c =>
        {
            await c.Store(s_page.Private, 5, Other);
            seen = await c.Load(s_page.Private, Edited);
            await c.Store(s_page.Index, seen, Other);
        });
        Stage without = With().Run(async c =>
        {
            await c.Store(s_page.Private, 5, Other);
            await c.Store(s_page.Index, 7, Other);
        });
        Assert.Equal(7ul, seen);
        Assert.Equal((2L, without.Machine.Digest), (stage.Machine.Steps, stage.Machine.Digest));
    }

    [Fact]
    public void Code_after_a_skipped_access_belongs_to_the_step_before()
    {
        Stage stage = With(new Edit(EditedId, EditAction.Skip));
        stage.Begin(async c =>
        {
            await c.Burst(s_page.Private, Other);
            await c.Load(s_page.Index, Edited);
            c.Poke(s_page.Private, 6);
            await c.Load(s_page.Index, Other);
        }, 0);
        stage.Machine.Step(stage.Machine.Cpus[0]);
        Assert.Equal((1L, 6ul, Other), (stage.Machine.Steps, stage.Memory[s_page.Private], stage.Machine.Cpus[0].Pending.Step));
    }

    [Fact]
    public void An_operation_that_only_skips_is_over_without_a_step()
    {
        Stage stage = With(new Edit(EditedId, EditAction.Skip)).Run(c => StoreThree(c, Edited));
        Assert.True(stage.Machine.Cpus[0].Finished);
        Assert.Equal((0L, 0ul), (stage.Machine.Steps, stage.Memory[s_page.Private]));
    }

    [Fact]
    public void A_skipped_burst_takes_its_pokes_with_it()
    {
        Stage stage = With(new Edit(EditedId, EditAction.Skip)).Run(async c =>
        {
            await c.Burst(s_page.Private, Edited);
            c.Poke(s_page.Private, 3);
            await c.Burst(s_page.Index, Other);
            c.Poke(s_page.Index, 4);
        });
        Assert.Equal((0ul, 4ul), (stage.Memory[s_page.Private], stage.Memory[s_page.Index]));
    }

    [Fact]
    public void A_skipped_load_gives_what_was_loaded_before()
    {
        Stage stage = With(new Edit(EditedId, EditAction.Skip) { Source = EditValue.Earlier, Earlier = (int)Other });
        ulong again = 0, unknown = 0;
        stage.Run(async c =>
        {
            await c.Load(s_page.Private, Other);
            await c.Store(s_page.Private, 5, Other);
            again = await c.Load(s_page.Private, Edited);
            await c.Store(s_page.Index, 6, Other);
            unknown = await c.Load(s_page.Index, Edited);
        });
        Assert.Equal((0ul, 6ul), (again, unknown)); // what nobody loaded is what is there
    }

    [Fact]
    public void A_skipped_list_head_is_alone()
    {
        Stage stage = With(new Edit(EditedId, EditAction.Skip) { Source = EditValue.OwnAddress });
        Assert.Equal(stage.Memory.AddressOf(s_page.Prev), stage.Call<ulong>(async c => await c.Load(s_page.Prev, Edited)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_dropped_lock_keeps_nobody_out(bool dropped)
    {
        Stage stage = dropped ? With(Edit.DropLock(EditedId, EditedId)) : With();
        for (int cpu = 0; cpu < 2; cpu++)
            stage.Begin(async c =>
            {
                await c.Lock(c.Cells.ZoneLock, Edited);
                await c.Store(s_page.Private, (ulong)c.Number + 1, Other);
                await c.Unlock(c.Cells.ZoneLock, Edited);
            }, cpu);
        if (!dropped) stage.Machine.Step(stage.Machine.Cpus[0]);
        Assert.Equal(dropped ? 3u : 1u, stage.Machine.Runnable & 3);
        stage.Finish(0);
        stage.Finish(1);
        Assert.Equal((2ul, 0ul), (stage.Memory[s_page.Private], stage.Memory[stage.Machine.Cells.ZoneLock]));
        Assert.Equal(dropped ? 2 : 6, stage.Machine.Steps);
    }

    [Fact]
    public void A_value_read_is_replaced_for_the_CPU_alone()
    {
        Stage stage = With(new Edit(EditedId, EditAction.ReplaceRead) { Value = 9 });
        ulong seen = 0;
        async Op Body(Cpu c)
        {
            await c.Store(s_page.Private, 5, Other);
            seen = await c.Load(s_page.Private, Edited);
        }
        stage.Run(Body);
        Assert.Equal((9ul, 5ul), (seen, stage.Memory[s_page.Private]));
        Assert.Equal(With().Run(Body).Machine.Digest, stage.Machine.Digest);
        Assert.Equal(5ul, seen);
    }

    [Fact]
    public void A_value_written_is_replaced()
    {
        Stage stage = With(new Edit(EditedId, EditAction.ReplaceWritten) { Value = 9, Nth = 2 }).Run(c => StoreThree(c, Edited));
        Assert.Equal((3ul, 9ul), (stage.Memory[s_page.Private], stage.Memory[s_page.Index]));
        Assert.NotEqual(With().Run(c => StoreThree(c, Edited)).Machine.Digest, stage.Machine.Digest);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_torn_atomic_loses_what_comes_between(bool torn)
    {
        Stage stage = torn ? With(new Edit(EditedId, EditAction.Tear)) : With();
        uint told = 0;
        stage.Begin(async c => told = await c.Add(s_page.Private.Low, 1, Edited), 0);
        if (torn) stage.Machine.Step(stage.Machine.Cpus[0]);
        stage.Run(async c => await c.Add(s_page.Private.Low, 10, Other), 1);
        stage.Finish(0);
        Assert.Equal(torn ? (1u, 1u, 3L) : (11u, 11u, 2L), (told, stage.Memory[s_page.Private.Low], stage.Machine.Steps));
    }

    [Fact]
    public void A_torn_exchange_that_does_not_happen_writes_nothing()
    {
        Stage stage = With(new Edit(EditedId, EditAction.Tear));
        bool told = true;
        stage.Begin(async c => told = await c.CmpXchg(s_page.Private.Low, 3, 4, Edited), 0);
        stage.Machine.Step(stage.Machine.Cpus[0]);
        stage.Run(async c => await c.Store(s_page.Private.Low, 3, Other), 1);
        stage.Finish(0);
        Assert.Equal((false, 3u), (told, stage.Memory[s_page.Private.Low]));
    }

    [Fact]
    public void A_delayed_store_comes_after_so_many_accesses_as_a_step_of_its_own()
    {
        Stage stage = With(new Edit(EditedId, EditAction.Delay) { Accesses = 2 });
        var seen = new List<ulong>();
        stage.Begin(async c =>
        {
            await c.Store(s_page.Private, 5, Edited);
            for (int i = 0; i < 4; i++) seen.Add(await c.Load(s_page.Private, Other));
        }, 0);
        stage.Machine.Step(stage.Machine.Cpus[0]);
        stage.Machine.Step(stage.Machine.Cpus[0]);
        Assert.Equal((AccessKind.Store, Edited, 0ul), (stage.Machine.Cpus[0].Pending.Kind, stage.Machine.Cpus[0].Pending.Step, stage.Memory[s_page.Private]));
        stage.Machine.Step(stage.Machine.Cpus[0]);
        Assert.Equal(5ul, stage.Memory[s_page.Private]);
        stage.Finish(0);
        Assert.Equal([0ul, 0ul, 5ul, 5ul], seen);
        Assert.Equal(5, stage.Machine.Steps);
    }

    [Fact]
    public void A_delayed_unlock_comes_at_the_latest_when_its_CPU_is_done()
    {
        Stage stage = With(new Edit(EditedId, EditAction.Delay) { Kind = AccessKind.Unlock, Accesses = 9 });
        Word zone = stage.Machine.Cells.ZoneLock;
        stage.Begin(async c =>
        {
            await c.Lock(zone, Edited);
            await c.Unlock(zone, Edited);
            await c.Store(s_page.Private, 1, Other);
        }, 0);
        stage.Machine.Step(stage.Machine.Cpus[0]);
        Assert.Equal((Other, 1ul), (stage.Machine.Cpus[0].Pending.Step, stage.Memory[zone]));
        stage.Finish(0);
        Assert.Equal((0ul, 3L), (stage.Memory[zone], stage.Machine.Steps));
    }

    [Fact]
    public void The_nth_is_counted_in_a_row_and_what_is_before_it_is_looked_at()
    {
        Stage stage = With(
            new Edit(EditedId, EditAction.Skip) { Kind = AccessKind.Load, Word = Layout.Private, Nth = 2, Value = 20 },
            new Edit(EditedId, EditAction.Skip) { Kind = AccessKind.Load, Word = Edit.Cell, After = AccessKind.Fence, Value = 30 });
        var seen = new List<ulong>();
        stage.Run(async c =>
        {
            for (int i = 0; i < 2; i++)
            {
                await c.Store(s_page.Private, 1, Other);
                seen.Add(await c.Load(s_page.Private, Edited));
                seen.Add(await c.Load(s_page.Index, Edited));
                seen.Add(await c.Load(s_page.Private, Edited));
                seen.Add(await c.Load(c.Cells.ZoneLock, Edited));
                await c.Fence(FenceKind.Mb, Edited);
                seen.Add(await c.Load(c.Cells.ZoneLock, Edited));
            }
        });
        Assert.Equal([1, 0, 20, 0, 30, 1, 0, 20, 0, 30], seen);
    }
}
