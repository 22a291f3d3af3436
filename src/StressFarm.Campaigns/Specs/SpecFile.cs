namespace StressFarm.Campaigns.Specs;

/// <summary>
/// Reads a campaign file: a flat YAML mapping of <see cref="CampaignRequest.Keys"/>. Values are scalars, lists of scalars
/// (policies, workloads) or a mapping (set, soak, exhaust).
/// </summary>
public static class SpecFile
{
    public const int MaxBytes = YamlFile.MaxBytes;
    public const int MaxItems = 256;

    /// <exception cref="SpecException">one line that names the file, the line and the key</exception>
    public static CampaignRequest Read(string path) => Parse(YamlFile.ReadText(path, "campaign file"), Path.GetFileName(path));

    /// <param name="name">what error lines call the file</param>
    public static CampaignRequest Parse(string text, string name) => YamlFile.Parse(text, name, MaxItems, nodes => new Reader(nodes).Read());

    private sealed class Reader(YamlNodes nodes)
    {
        private readonly CampaignRequest _request = new();

        public CampaignRequest Read()
        {
            nodes.Document("a campaign", CampaignRequest.Keys, Value);
            return _request;
        }

        private void Value(string key)
        {
            switch (key)
            {
                case "policies": nodes.List(key, _request.Policies); break;
                case "workloads": nodes.List(key, _request.Workloads); break;
                case "set": nodes.Map(key, (name, value) => _request.Set.Add(value with { Text = $"{name}={value.Text}" })); break;
                case "soak": Soak(key); break;
                case "exhaust": Exhaust(key); break;
                case "programme": _request.Programme = nodes.Single(key); break;
                case "strategy": _request.Strategy = nodes.Single(key); break;
                case "generation": _request.Generation = nodes.Single(key); break;
                case "seed": _request.Seed = nodes.Single(key); break;
                case "schedules": _request.Schedules = nodes.Single(key); break;
                case "steps": _request.Steps = nodes.Single(key); break;
                case "for": _request.For = nodes.Single(key); break;
                case "cpus": _request.Cpus = nodes.Single(key); break;
                case "pages": _request.Pages = nodes.Single(key); break;
                case "bug": _request.Bug = nodes.Single(key); break;
                case "shard": _request.Shard = nodes.Single(key); break;
                case "canaries": _request.Canaries = nodes.Single(key); break;
                case "workers": _request.Workers = nodes.Single(key); break;
            }
        }

        private void Soak(string key)
        {
            _request.Soak = true;
            nodes.Map(key, (name, value) =>
            {
                bool twice = name switch
                {
                    "sections" => Replace(_request.SoakSections, () => _request.SoakSections = value),
                    "epochs" => Replace(_request.SoakEpochs, () => _request.SoakEpochs = value),
                    "schedules" => Replace(_request.SoakSchedules, () => _request.SoakSchedules = value),
                    _ => throw value.Wrong($"unknown key '{YamlNodes.Shown(name)}'; there are sections, epochs, schedules"),
                };
                if (twice) throw value.Wrong($"'{name}' is given twice");
            });
        }

        private void Exhaust(string key)
        {
            _request.Exhaust = true;
            nodes.Map(key, (name, value) =>
            {
                bool twice = name switch
                {
                    "states" => Replace(_request.ExhaustStates, () => _request.ExhaustStates = value),
                    "count" => Replace(_request.ExhaustCount, () => _request.ExhaustCount = value),
                    "parts" => Replace(_request.ExhaustParts, () => _request.ExhaustParts = value),
                    "depth" => Replace(_request.ExhaustDepth, () => _request.ExhaustDepth = value),
                    _ => throw value.Wrong($"unknown key '{YamlNodes.Shown(name)}'; there are states, count, parts, depth"),
                };
                if (twice) throw value.Wrong($"'{name}' is given twice");
            });
        }

        private static bool Replace(UserValue? former, Action set)
        {
            set();
            return former is not null;
        }
    }
}
