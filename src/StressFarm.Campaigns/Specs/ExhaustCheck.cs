using StressFarm.Exploration.Exhaustive;

namespace StressFarm.Campaigns.Specs;

/// <summary>Reads what is asked of a campaign in every interleaving, and refuses what does not go with it.</summary>
internal static class ExhaustCheck
{
    /// <exception cref="SpecException">something else is asked for that contradicts it</exception>
    public static ExhaustBudget Read(CampaignRequest request)
    {
        if (request.Soak) throw new SpecException("a soak and every interleaving contradict each other; give one of them");
        if ((request.Schedules ?? request.Steps ?? request.Seed ?? request.Strategy ?? request.Generation) is { } drawn)
            throw drawn.Wrong("is about schedules that are drawn, and contradicts every interleaving; leave one of them out");
        if (request.Set.FirstOrDefault() is { } set) throw set.Wrong("contradicts every interleaving: programmes of a small scope draw no parameters");
        if ((request.Cpus ?? request.Pages) is { } size) throw size.Wrong("contradicts every interleaving, for which each programme has a machine of its own size");
        if (request.Programme is null && (request.ExhaustParts ?? request.ExhaustDepth) is { } part) throw part.Wrong("only a programme that is given is searched in parts");
        if (request.Programme is not null && request.ExhaustCount is { } count) throw count.Wrong("is about the programmes of small scopes, and one is given");
        int parts = request.ExhaustParts is { } several ? (int)Quantities.Whole(several, 1, ExhaustBudget.MaxParts) : 1;
        if (parts == 1 && request.ExhaustDepth is { } whole) throw whole.Wrong("only a programme that is searched in parts is taken apart; say in how many");
        return new(
            request.ExhaustStates is { } states ? Quantities.Whole(states, 1, ExhaustBudget.MaxStates) : ScopeSearch.DefaultStateLimit,
            request.ExhaustCount is { } some ? (int)Quantities.Whole(some, 1, SmallScope.Most) : null,
            parts, parts == 1 ? 0 : request.ExhaustDepth is { } depth ? (int)Quantities.Whole(depth, 1, ExhaustBudget.MaxDepth) : ExhaustBudget.DefaultDepth);
    }

    /// <exception cref="SpecException">a workload has no scope</exception>
    public static void Scopes(CampaignRequest request, CampaignSpec spec)
    {
        if (spec.Workloads.FirstOrDefault(w => w is not WrittenProgramme && w.Scope.Count == 0) is not { } none) return;
        string wrong = $"the workload '{none.Id}' has no small scope";
        throw request.Workloads.Find(w => w.Text == none.Id)?.Wrong(wrong) ?? new SpecException(wrong);
    }
}
