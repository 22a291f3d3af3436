namespace StressFarm.Campaigns.Tests;

public class ReportReaderTests
{
    [Fact]
    public void What_is_read_writes_the_same_bytes()
    {
        string folder = Directory.CreateTempSubdirectory("stressfarm-report-").FullName;
        try
        {
            CampaignSpec spec = SpecBuilder.Build(SpecFile.Parse("policies: [control, no-reinit, rfc-v1]\nworkloads: [device-private-reinit, mixed]\nschedules: 200", "s"), new(false, 1)).Spec;
            var plan = new CampaignPlan(spec);
            using SqliteLedger ledger = SqliteLedger.Open(folder, plan);
            CampaignReport report = new CampaignRunner(plan, ledger, new LocalEngine(spec.Geometry), TimeProvider.System).Run(2, null, CancellationToken.None).Report!;
            Assert.NotEmpty(report.Findings);
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
