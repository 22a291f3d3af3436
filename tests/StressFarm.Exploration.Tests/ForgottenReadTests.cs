using System.Diagnostics;
using System.Globalization;
using StressFarm.Exploration.Exhaustive;
using Xunit.Abstractions;

namespace StressFarm.Exploration.Tests;

/// <summary>
/// Which steps touch each other is not declared but noted. Here a search forgets one thing at a time: it then misses final states or flaws of some small programme,
/// or there is a reason why it cannot. The golden file has the programmes; docs/exhaustive.md the table. With STRESSFARM_GOLDEN=write and STRESSFARM_FORGET_SECONDS=1200
/// more programmes are tried, from the seed STRESSFARM_FORGET_SEED on, and added to what the file has.
/// </summary>
public class ForgottenReadTests(ITestOutputHelper output)
{
    private const long MostStates = 20_000;
    /// <summary>Programmes in which something is caught: then it is no more tried.</summary>
    private const int Enough = 3;
    private const string Head = "# what is forgotten|programmes in which CPUs met there, met nowhere else, it was tried, something was missed|a programme: seed, number, size, states";

    private static readonly string s_golden = Path.Combine(RepositoryRoot.Folder, "tests", "StressFarm.Exploration.Tests", "golden", "forgotten-reads.txt");
    private static readonly int s_seconds = Setting("STRESSFARM_FORGET_SECONDS"), s_firstSeed = Math.Max(1, Setting("STRESSFARM_FORGET_SEED"));

    /// <summary>Workloads or parts of designs, where not all programmes are to be tried.</summary>
    private static readonly string[] s_only = (Environment.GetEnvironmentVariable("STRESSFARM_FORGET_ONLY") ?? " ").Split(',');

    private static int Setting(string name) => int.Parse(Environment.GetEnvironmentVariable(name) ?? "0", CultureInfo.InvariantCulture);

    /// <summary>What came of forgetting it.</summary>
    internal sealed class Outcome
    {
        /// <summary>
        /// Programmes in which CPUs meet there, or the judge asks; in which the next steps of two meet nowhere else and their order shows, or the rule is applied; in which, if it is an invariant, it is also violated: in these it is
        /// tried; in which it missed something.
        /// </summary>
        public int Met, Alone, Tried, Caught;
        public SmallProgrammes.Key Key;
        public long States = long.MaxValue;

        public static (string Name, Outcome) Read(string line)
        {
            string[] parts = line.Split('|');
            int[] n = [.. parts[2].Split(' ').Select(p => int.Parse(p, CultureInfo.InvariantCulture))];
            var outcome = new Outcome { Met = n[0], Alone = n[1], Tried = n[2], Caught = n[3] };
            if (parts[3].Length > 0)
            {
                long[] k = [.. parts[3].Split(' ').Select(p => long.Parse(p, CultureInfo.InvariantCulture))];
                (outcome.Key, outcome.States) = (new((int)k[0], (int)k[1], (int)k[2]), k[3]);
            }
            return ($"{parts[0]}|{parts[1]}", outcome);
        }

        public string Line(string name) => $"{name}|{Met} {Alone} {Tried} {Caught}|{(Caught > 0 ? $"{Key} {States}" : "")}";
    }

    private static List<Forgettable>? s_all;

    internal static Dictionary<string, Outcome> Golden() => File.ReadAllLines(s_golden).Where(l => !l.StartsWith('#')).Select(Outcome.Read).ToDictionary(r => r.Name, r => r.Item2);

    [Fact]
    public void What_is_forgotten_is_missed_in_the_programmes_of_the_golden_file()
    {
        var programmes = new SmallProgrammes();
        int replayed = 0;
        List<string> unmissed = [];
        foreach (var byKey in Golden().Where(g => g.Value.Caught > 0).GroupBy(g => g.Value.Key))
        {
            SearchStart start = programmes.Draw(byKey.Key)!;
            SearchResult all = Unreduced(start);
            foreach ((string name, _) in byKey)
            {
                ILookup<Forgettable, int> places = PlacesOf(start);
                Forgettable what = Forgettable.All(start.Machine).Single(f => NameOf(f) == name);
                if (Same(all, what.Search(start, MostStates, Own(what, places)))) unmissed.Add($"{name} in {SmallProgrammes.NameOf(byKey.Key)}");
                replayed++;
            }
        }
        output.WriteLine($"{replayed} are caught");
        Assert.True(replayed > 0);
        Assert.Empty(unmissed);
    }

    [Fact]
    public void Whatever_can_be_forgotten_is_in_the_golden_file()
    {
        SearchStart start = SmallProgrammes.All(1, 1).First().Start;
        Assert.True(start.Begin());
        string[] all = [.. Forgettable.All(start.Machine).Select(NameOf)];
        Assert.Equal(all.Order(StringComparer.Ordinal), Golden().Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Everything_is_forgotten_in_turn_where_a_time_is_given()
    {
        if (s_seconds == 0) return;
        var watch = Stopwatch.StartNew();
        var programmes = new SmallProgrammes();
        Dictionary<string, Outcome> outcomes = File.Exists(s_golden) ? Golden() : [];
        int searched = 0;
        List<string> differ = [];
        for (int seed = 0; watch.Elapsed.TotalSeconds < s_seconds; seed = Math.Max(seed + 1, s_firstSeed))
            foreach (SmallProgrammes.Key key in SmallProgrammes.Keys(seed, 1, seed % 7))
            {
                if (watch.Elapsed.TotalSeconds > s_seconds) break;
                if (seed > 0 && !s_only.Any(SmallProgrammes.NameOf(key).Contains) || programmes.Draw(key) is not { } start || !start.Begin()) continue;
                ILookup<Forgettable, int> places = PlacesOf(start);
                List<Forgettable> rows = s_all ??= Forgettable.All(start.Machine);
                foreach (Forgettable row in rows) outcomes.TryAdd(NameOf(row), new Outcome());
                SearchResult all = Unreduced(start);
                if (all.End != SearchEnd.Exhausted) continue;
                searched++;
                var meet = new Meetings(start, places.SelectMany(p => p.Select(place => (p.Key, place))));
                meet.Search();
                SearchResult few = new EveryState(start) { KeepsFinals = true, StateLimit = MostStates }.Run();
                if (!Same(all, few))
                {
                    differ.Add(SmallProgrammes.NameOf(key));
                    continue;
                }
                foreach (Forgettable row in rows)
                {
                    Outcome outcome = outcomes[NameOf(row)];
                    if (outcome.Caught >= Enough || !meet.Met(row, all)) continue;
                    outcome.Met++;
                    if (!meet.Alone(row, all)) continue;
                    outcome.Alone++;
                    if (Meetings.Matters(row, all)) Try(row, start, Own(row, places), all, outcome, key);
                }
            }
        string[] lines = [.. outcomes.Select(o => o.Value.Line(o.Key))];
        output.WriteLine($"{searched} programmes\n{string.Join('\n', lines)}");
        if (Environment.GetEnvironmentVariable("STRESSFARM_GOLDEN") == "write")
            File.WriteAllText(s_golden, $"{Head}\n{string.Join('\n', lines)}\n");
        Assert.Empty(differ);
    }

    private static void Try(Forgettable row, SearchStart start, IEnumerable<int> places, SearchResult all, Outcome outcome, SmallProgrammes.Key key)
    {
        outcome.Tried++;
        SearchResult found = row.Search(start, MostStates, places);
        if (Same(all, found)) return;
        outcome.Caught++;
        if (all.States >= outcome.States) return;
        (outcome.Key, outcome.States) = (key, all.States);
    }

    private static IEnumerable<int> Own(Forgettable row, ILookup<Forgettable, int> places) => row.Group != Forgettable.Groups ? places[row]
        : places.Where(p => row.Name == Forgettable.Locks ? p.Key.Group == Forgettable.Cells && Forgettable.IsLock(p.Key.Name) : p.Key.Group == row.Name).SelectMany(p => p);

    private static string NameOf(Forgettable what) => $"{what.Group}|{what.Name}";

    private static ILookup<Forgettable, int> PlacesOf(SearchStart start)
    {
        start.Begin();
        int places = start.Machine.SearchLog!.Places;
        if (!s_places.TryGetValue(places, out ILookup<Forgettable, int>? known))
            s_places[places] = known = Forgettable.PlacesOf(start.Machine).ToLookup(p => p.Key, p => p.Value);
        return known;
    }

    /// <summary>By how many there are: machines of these tests are of one size.</summary>
    private static readonly Dictionary<int, ILookup<Forgettable, int>> s_places = [];

    private static SearchResult Unreduced(SearchStart start) => new EveryState(start) { KeepsFinals = true, Reduces = false, StateLimit = MostStates }.Run();

    private static bool Same(SearchResult all, SearchResult few) => all.Finals.SetEquals(few.Finals) && all.Flaws.Keys.SequenceEqual(few.Flaws.Keys);
}
