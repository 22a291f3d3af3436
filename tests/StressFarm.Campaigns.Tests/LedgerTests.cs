using Microsoft.Data.Sqlite;

namespace StressFarm.Campaigns.Tests;

public sealed class LedgerTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("stressfarm-ledger-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string File => Path.Combine(_folder, SqliteLedger.FileName);

    private static ShardRecord Record(ulong digest) => new(
        digest, 8, 100, [new("pct", 4, 50, 1, 1), new("random", 4, 50, 0, 0)], [new("I01", "f", "a", "b", ulong.MaxValue, 2)], 1, 0)
    { Pct = new PctBound(4, 99, 3) };

    [Fact]
    public void What_was_written_comes_back_in_the_campaigns_order()
    {
        var plan = new CampaignPlan(Specs.Small());
        using (SqliteLedger ledger = SqliteLedger.Open(_folder, plan))
            foreach (long index in (long[])[7, 0, 3, 12, 1])
                Assert.Equal(Recorded.Added, ledger.Record(plan.At(index)!.Value.Cell, plan.At(index)!.Value.Number, Record((ulong)index)));
        using SqliteLedger again = SqliteLedger.Open(_folder, plan);
        List<StoredShard> shards = [.. again.Shards()];
        Assert.Equal([0, 1, 3, 7, 12], shards.Select(s => plan.IndexOf(s.Cell, s.Number)));
        Assert.Equal([0, 1, 3, 7, 12], shards.Select(s => (long)s.Record.Digest));
        Assert.Equal(Record(3).Findings, shards[2].Record.Findings);
        Assert.Equal(Record(3).Arms, shards[2].Record.Arms);
        Assert.Equal(Record(3).Pct, shards[2].Record.Pct);
    }

    [Fact]
    public void A_second_write_is_a_no_op_and_another_digest_is_a_mismatch()
    {
        using SqliteLedger ledger = SqliteLedger.Open(_folder, new CampaignPlan(Specs.Small()));
        Assert.Equal(Recorded.Added, ledger.Record(1, 2, Record(5)));
        Assert.Equal(Recorded.Same, ledger.Record(1, 2, Record(5)));
        Assert.Equal(Recorded.Mismatch, ledger.Record(1, 2, Record(6)));
        Assert.Equal(5UL, Assert.Single(ledger.Shards()).Record.Digest);
    }

    [Fact]
    public void A_run_on_the_ledger_resumes_to_the_bytes_of_a_run_without_one()
    {
        CampaignSpec spec = Specs.Small(schedules: 40);
        string whole = Specs.ReportOf(Specs.Run(spec, new MemoryStore(), new FakeEngine()));
        using var interrupt = new CancellationTokenSource();
        using (SqliteLedger ledger = SqliteLedger.Open(_folder, new CampaignPlan(spec)))
            Assert.True(Specs.Run(spec, ledger, new FakeEngine { AfterShard = n => Specs.CancelAt(11, n, interrupt) }, workers: 2, interrupt: interrupt.Token).Interrupted);
        using (SqliteLedger ledger = SqliteLedger.Open(_folder, new CampaignPlan(spec)))
        {
            CampaignOutcome outcome = Specs.Run(spec, ledger, new FakeEngine(), workers: 2);
            Assert.InRange(outcome.Resumed, 9, 11);
            Assert.Equal(whole, Specs.ReportOf(outcome));
        }
        using SqliteLedger finished = SqliteLedger.Open(_folder, new CampaignPlan(spec));
        var idle = new FakeEngine();
        Assert.Equal(whole, Specs.ReportOf(Specs.Run(spec, finished, idle)));
        Assert.Equal((0, 0), (idle.Runs, idle.Workups));
    }

    [Fact]
    public void Findings_are_found_by_id_whatever_the_campaign()
    {
        CampaignSpec spec = Specs.Small();
        CampaignReport report;
        using (SqliteLedger ledger = SqliteLedger.Open(_folder, new CampaignPlan(spec)))
            report = Specs.Run(spec, ledger, new FakeEngine()).Report!;
        using SqliteLedger reader = SqliteLedger.OpenToRead(_folder);
        foreach (CampaignFinding f in report.Findings) Assert.Equal(f.Finding.Token, reader.FindById(f.Finding.Id.ToUpperInvariant())!.Token);
        Assert.Null(reader.FindById("F-nobody"));
    }

    [Fact]
    public void Another_campaign_is_refused_and_nothing_is_lost()
    {
        CampaignSpec spec = Specs.Small();
        using (SqliteLedger ledger = SqliteLedger.Open(_folder, new CampaignPlan(spec))) ledger.Record(0, 0, Record(5));
        SpecException e = Assert.Throws<SpecException>(() => SqliteLedger.Open(_folder, new CampaignPlan(spec with { FirstSeed = 6 })));
        Assert.Contains("seed: 5", e.Message);
        Assert.Contains("seed: 6", e.Message);
        using SqliteLedger again = SqliteLedger.Open(_folder, new CampaignPlan(spec));
        Assert.Single(again.Shards());
    }

    [Fact]
    public void What_is_no_ledger_is_refused_and_left_alone()
    {
        System.IO.File.WriteAllText(File, string.Join('\n', Enumerable.Repeat("this is a letter, not a data base", 200)));
        byte[] before = System.IO.File.ReadAllBytes(File);
        Assert.Throws<SpecException>(() => SqliteLedger.Open(_folder, new CampaignPlan(Specs.Small())));
        Assert.Throws<SpecException>(() => SqliteLedger.OpenToRead(_folder));
        Assert.Equal(before, System.IO.File.ReadAllBytes(File));
    }

    [Fact]
    public void Somebody_elses_data_base_is_refused()
    {
        using (var connection = new SqliteConnection($"Data Source={File};Pooling=False"))
        {
            connection.Open();
            using SqliteCommand command = connection.CreateCommand();
            command.CommandText = "CREATE TABLE recipes(name TEXT)";
            command.ExecuteNonQuery();
        }
        Assert.Contains("not a StressFarm ledger", Assert.Throws<SpecException>(() => SqliteLedger.Open(_folder, new CampaignPlan(Specs.Small()))).Message);
    }

    [Theory]
    [InlineData("UPDATE shard SET record = 'null'")]
    [InlineData("UPDATE shard SET record = '{\"Digest\": \"many\"}'")]
    [InlineData("UPDATE shard SET digest = '0000000000000001'")]
    [InlineData("DROP TABLE shard")]
    [InlineData("DELETE FROM campaign")]
    public void A_damaged_ledger_is_one_clear_line(string damage)
    {
        var plan = new CampaignPlan(Specs.Small());
        using (SqliteLedger ledger = SqliteLedger.Open(_folder, plan)) ledger.Record(0, 0, Record(5));
        using (var connection = new SqliteConnection($"Data Source={File};Pooling=False"))
        {
            connection.Open();
            using SqliteCommand command = connection.CreateCommand();
            command.CommandText = damage;
            command.ExecuteNonQuery();
        }
        SpecException e = Assert.Throws<SpecException>(() =>
        {
            using SqliteLedger ledger = SqliteLedger.Open(_folder, plan);
            Specs.Run(plan.Spec, ledger, new FakeEngine());
        });
        Assert.Contains("damaged", e.Message);
        Assert.DoesNotContain('\n', e.Message);
    }

    [Fact]
    public void A_truncated_ledger_is_refused()
    {
        using (SqliteLedger ledger = SqliteLedger.Open(_folder, new CampaignPlan(Specs.Small())))
            for (int i = 0; i < 200; i++) ledger.Record(i % 6, i / 6, Record((ulong)i));
        byte[] bytes = System.IO.File.ReadAllBytes(File);
        System.IO.File.WriteAllBytes(File, bytes[..(bytes.Length / 2 + 100)]);
        Assert.Throws<SpecException>(() =>
        {
            using SqliteLedger ledger = SqliteLedger.Open(_folder, new CampaignPlan(Specs.Small()));
            _ = ledger.Shards().Count();
        });
    }

    [Fact]
    public void A_ledger_where_nothing_can_be_written_can_be_read()
    {
        string folder = Directory.CreateDirectory(Path.Combine(_folder, "a b#%41")).FullName;
        using (SqliteLedger ledger = SqliteLedger.Open(folder, new CampaignPlan(Specs.Small()))) ledger.Record(0, 0, Record(5));
        // In the way of the log's index, as a folder without write permission is; which would not stop every user.
        Directory.CreateDirectory(Path.Combine(folder, SqliteLedger.FileName + "-shm"));
        using SqliteLedger read = SqliteLedger.OpenToRead(folder);
        Assert.Equal(5UL, Assert.Single(read.Shards()).Record.Digest);
    }

    [Fact]
    public async Task Many_may_begin_one_ledger_at_once()
    {
        var plan = new CampaignPlan(Specs.Small());
        for (int i = 0; i < 8; i++)
        {
            string folder = Directory.CreateDirectory(Path.Combine(_folder, $"{i}")).FullName;
            using var barrier = new Barrier(4);
            Task[] openers = [.. Enumerable.Range(0, 4).Select(n => Task.Factory.StartNew(() =>
            {
                barrier.SignalAndWait();
                using SqliteLedger ledger = SqliteLedger.Open(folder, plan);
                Assert.Equal(Recorded.Added, ledger.Record(0, n, Record((ulong)n)));
            }, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default))];
            await Task.WhenAll(openers);
            using SqliteLedger whole = SqliteLedger.Open(folder, plan);
            Assert.Equal(4, whole.Shards().Count());
        }
    }

    [Fact]
    public void Two_processes_may_share_a_ledger()
    {
        var plan = new CampaignPlan(Specs.Small(schedules: 200));
        using SqliteLedger one = SqliteLedger.Open(_folder, plan), two = SqliteLedger.Open(_folder, plan);
        string a = "", b = "";
        Parallel.Invoke(
            () => a = Specs.ReportOf(Specs.Run(plan.Spec, one, new FakeEngine())),
            () => b = Specs.ReportOf(Specs.Run(plan.Spec, two, new FakeEngine())));
        Assert.Equal(a, b);
        Assert.Equal(plan.ShardCount, one.Shards().Count());
    }
}
