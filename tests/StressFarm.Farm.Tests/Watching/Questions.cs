namespace StressFarm.Farm.Tests.Watching;

/// <summary>One query that must have an answer: of a panel, or a recording rule by its name.</summary>
internal sealed record Question(string Name, string Query, bool Instant);

/// <summary>Every query of every panel of every dashboard and every recording rule, and which have been answered so far.</summary>
internal sealed class Questions(WatchedFarm watched, IReadOnlyList<Dashboard> dashboards, IReadOnlyList<LoadedRule> rules)
{
    /// <summary>No silo exports it; a test that does not find it empty finds nothing.</summary>
    public static readonly Question Nonsense = new("a planted query of a metric that does not exist", "sum(rate(stressfarm_nonsense_total[10s]))", false);

    private readonly HashSet<string> _answered = [];

    public IReadOnlyList<Question> All =>
    [
        .. dashboards.SelectMany(d => d.Panels.SelectMany(p => p.Targets.Select(t => new Question($"{d.Name} / {p.Title} / {t.Id}", watched.Text(d, 1).Of(t.Expression), t.Instant)))),
        .. rules.Where(r => r.Type == "recording").DistinctBy(r => r.Name).Select(r => new Question($"rule / {r.Name}", r.Name, false)),
        Nonsense,
    ];

    /// <summary>Asks what has not been answered before, and returns the names of what is still without an answer.</summary>
    public async Task<HashSet<string>> Unanswered()
    {
        foreach (Question question in All)
            if (!_answered.Contains(question.Name) && await Answers(question)) _answered.Add(question.Name);
        return [.. All.Select(q => q.Name).Where(n => !_answered.Contains(n))];
    }

    private async Task<bool> Answers(Question question)
    {
        try
        {
            IReadOnlyList<Series> answer = question.Instant
                ? await watched.Client.Instant(question.Query)
                : await watched.Client.Range(question.Query, watched.Began, WatchedFarm.Now, 1);
            return answer.Any(s => s.Points.Count > 0);
        }
        catch (QueryException e)
        {
            throw new InvalidOperationException($"{question.Name}: Prometheus refuses {question.Query}: {e.Message}");
        }
    }
}
