namespace StressFarm.Campaigns.Tests;

public class ReportReaderTests
{
    private const string Ordinary = "policies: [control, no-reinit, rfc-v1]\nworkloads: [device-private-reinit, mixed]\nschedules: 200";
    private const string Feedback = "policies: no-reinit\nworkloads: mixed\nstrategy: feedback\nschedules: 512\nshard: 128\ngeneration: 2\npages: 1024";
    private const string Soak = "policies: no-reinit\nworkloads: mixed\npages: 1024\nsoak: {sections: 2, epochs: 3, schedules: 16}";

    [Theory]
    [InlineData(Ordinary, "\"kernelSays\"")]
    [InlineData(Feedback, "\"newSpecies\"")]
    [InlineData(Soak, "needs the section's history: epoch ")]
    public void What_is_read_writes_the_same_bytes(string file, string holds)
    {
        string folder = Directory.CreateTempSubdirectory("stressfarm-report-").FullName;
        try
        {
            CampaignSpec spec = SpecBuilder.Build(SpecFile.Parse(file, "s"), new(false, 1)).Spec;
            var plan = new CampaignPlan(spec);
            using SqliteLedger ledger = SqliteLedger.Open(folder, plan);
            CampaignReport report = new CampaignRunner(plan, ledger, new LocalEngine(spec.Geometry), TimeProvider.System).Run(2, null, CancellationToken.None).Report!;
            Assert.NotEmpty(report.Findings);
            Assert.Contains(holds, ReportWriter.CanonicalText(report));
            byte[] bytes = ReportWriter.Canonical(report);
            Assert.Equal(bytes, ReportWriter.Canonical(ReportReader.Read(bytes, spec)));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("{\"modelVersion\":3}")]
    public void What_is_no_report_is_one_line(string text)
    {
        CampaignFault fault = Assert.Throws<CampaignFault>(() => ReportReader.Read(System.Text.Encoding.UTF8.GetBytes(text), Specs.Small()));
        Assert.DoesNotContain('\n', fault.Message);
    }
}
