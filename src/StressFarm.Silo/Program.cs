using System.CommandLine;
using StressFarm.Campaigns;
using StressFarm.Engine;
using StressFarm.Silo;
using StressFarm.Silo.Api;
using StressFarm.Silo.Stores;

const int Done = 0, Fault = 3, Usage = 64;

System.Globalization.CultureInfo.DefaultThreadCurrentCulture = System.Globalization.CultureInfo.InvariantCulture;
var root = new RootCommand("A node of a StressFarm: Orleans silo, workers and HTTP API. Without settings: one silo, loopback, SQLite.");
var configFile = new Option<string?>("--config") { Description = "a JSON file of settings", Recursive = true };
var settingOption = new Option<string[]>("--set") { Description = "a setting: Key=value; repeatable. Also as STRESSFARM_SILO_KEY in the environment", Arity = ArgumentArity.OneOrMore, AllowMultipleArgumentsPerToken = false, Recursive = true };
root.Add(configFile);
root.Add(settingOption);
root.SetAction(async (parsed, cancellation) =>
{
    WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ApplicationName = typeof(SiloHost).Assembly.GetName().Name });
    ConfigurationOf(builder.Configuration, parsed);
    SiloSettings settings = SiloSettings.Read(builder.Configuration);
    // Before anything of a machine is compiled.
    StepLogs.Decide(settings.Search);
    settings.RequireAdvertise();
    if (settings.Postgres is { } database) await Migration.Demand(database, cancellation);
    await using WebApplication app = SiloHost.Build(builder, settings);
    await app.RunAsync(cancellation);
    return Done;
});

var migrate = new Command("migrate", "creates or updates the schema of the farm's PostgreSQL; safe to run twice");
migrate.SetAction(async (parsed, cancellation) =>
{
    SiloSettings settings = SiloSettings.Read(ConfigurationOf(new ConfigurationManager(), parsed));
    if (settings.Postgres is not { } postgres) throw new SpecException("migrate: Postgres is not set: give STRESSFARM_SILO_POSTGRES, or PostgresFile");
    await Migration.Apply(postgres, Console.Out, cancellation);
    return Done;
});
root.Add(migrate);

var token = new Command("token", "makes a token, adds its hash to the token file, and prints it once");
var tokenName = new Argument<string>("name");
var tokenRole = new Argument<string>("role") { Description = "read, submit or admin" };
token.Add(tokenName);
token.Add(tokenRole);
token.SetAction(parsed =>
{
    IConfiguration configuration = ConfigurationOf(new ConfigurationManager(), parsed);
    string file = configuration["TokenFile"] ?? throw new SpecException("token: TokenFile is not set: give --set TokenFile=… or STRESSFARM_SILO_TOKENFILE");
    Console.Out.WriteLine(TokenFile.Add(file, parsed.GetRequiredValue(tokenName), parsed.GetRequiredValue(tokenRole)));
    return Done;
});
root.Add(token);

var health = new Command("health", "asks the silo of these settings on this machine whether it serves; exit code 0 or 3");
health.SetAction(async (parsed, cancellation) =>
{
    IConfiguration configuration = ConfigurationOf(new ConfigurationManager(), parsed);
    await SelfProbe.Ask(configuration, SiloSettings.Read(configuration).Api, cancellation);
    return Done;
});
root.Add(health);

try
{
    ParseResult parsed = root.Parse(args);
    if (parsed.Errors.Count > 0) return Fail($"{parsed.Errors[0].Message} (see 'stressfarm-silo --help')", Usage);
    return await parsed.InvokeAsync(new InvocationConfiguration
    {
        EnableDefaultExceptionHandler = false,
        // The host handles SIGTERM itself, and takes the time it needs to hand its work back.
        ProcessTerminationTimeout = null,
    });
}
catch (SpecException e)
{
    return Fail(e.Message, Usage);
}
catch (Exception e)
{
    // The innermost cause says most: a port in use, a database that does not answer.
    return Fail(e.GetBaseException().Message, Fault);
}

int Fail(string message, int code)
{
    Console.Error.WriteLine($"stressfarm-silo: {message.ReplaceLineEndings(" ").Trim()}");
    return code;
}

IConfiguration ConfigurationOf(ConfigurationManager configuration, ParseResult parsed)
{
    configuration.Sources.Clear();
    configuration.AddEnvironmentVariables("STRESSFARM_SILO_");
    if (parsed.GetValue(configFile) is { } file)
    {
        if (!File.Exists(file)) throw new SpecException($"--config: there is no file '{file}'");
        configuration.AddJsonFile(Path.GetFullPath(file), optional: false);
    }
    var given = new Dictionary<string, string?>();
    foreach (string pair in parsed.GetValue(settingOption) ?? [])
    {
        int equals = pair.IndexOf('=');
        if (equals <= 0) throw new SpecException($"--set: '{(pair.Length > 40 ? pair[..40] + "…" : pair)}' is not of the form Key=value");
        given[pair[..equals]] = pair[(equals + 1)..];
    }
    configuration.AddInMemoryCollection(given);
    return configuration;
}
