using System.Globalization;

namespace StressFarm.Deploy.Tests;

/// <summary>A systemd unit: sections of keys, each with all its values in order.</summary>
internal sealed class UnitFile
{
    private readonly Dictionary<(string Section, string Key), List<string>> _values = [];

    public static UnitFile Parse(string text)
    {
        var unit = new UnitFile();
        string section = "";
        foreach (string line in text.Split('\n').Select(l => l.Trim()).Where(l => l.Length > 0 && l[0] is not '#' and not ';'))
        {
            if (line[0] == '[')
            {
                section = line.Trim('[', ']');
                continue;
            }
            string[] pair = line.Split('=', 2);
            if (!unit._values.TryGetValue((section, pair[0]), out List<string>? values)) unit._values.Add((section, pair[0]), values = []);
            values.Add(pair[1]);
        }
        return unit;
    }

    public IReadOnlyList<string> All(string key, string section = "Service") => _values.GetValueOrDefault((section, key)) ?? [];
    public string? this[string key] => All(key).LastOrDefault();
    public int Seconds(string key) => int.TryParse(this[key], NumberStyles.None, CultureInfo.InvariantCulture, out int seconds) ? seconds : 0;
    public IEnumerable<(string Key, string Value)> Environment => All("Environment").SelectMany(e => e.Split(' ')).Select(e => e.Split('=', 2)).Select(p => (p[0], p[1]));
}

/// <summary>What must be true of the farm's units; each breach is a line.</summary>
internal static class UnitRules
{
    private static readonly (string Key, string Value)[] s_locked =
    [
        ("NoNewPrivileges", "yes"), ("CapabilityBoundingSet", ""), ("AmbientCapabilities", ""), ("ProtectSystem", "strict"), ("ProtectHome", "yes"), ("PrivateTmp", "yes"),
        ("PrivateDevices", "yes"), ("ProtectKernelModules", "yes"), ("ProtectKernelTunables", "yes"), ("ProtectKernelLogs", "yes"), ("ProtectControlGroups", "yes"), ("ProtectProc", "invisible"),
        ("RestrictNamespaces", "yes"), ("RestrictSUIDSGID", "yes"), ("RestrictRealtime", "yes"), ("LockPersonality", "yes"), ("SystemCallArchitectures", "native"), ("UMask", "0077"),
    ];

    public static IReadOnlyList<string> Faults(string name, UnitFile unit, IReadOnlyDictionary<string, string> settings) =>
        [.. Locked(name, unit), .. Told(name, unit, settings), .. unit["Type"] == "oneshot" ? [] : Kept(name, unit, settings)];

    private static IEnumerable<string> Locked(string name, UnitFile unit)
    {
        foreach (var (key, value) in s_locked)
            if (unit[key] != value) yield return $"{name}: {key} is not {value}";
        if (unit["User"] is null or "root" or "0") yield return $"{name}: runs as root";
        if (!unit.All("SystemCallFilter").SequenceEqual(["@system-service", "~@privileged"])) yield return $"{name}: other system calls than a service's";
        if (unit["RestrictAddressFamilies"] != "AF_INET AF_INET6 AF_UNIX") yield return $"{name}: other sockets than it needs";
    }

    private static IEnumerable<string> Told(string name, UnitFile unit, IReadOnlyDictionary<string, string> settings)
    {
        foreach (string fault in Repository.SettingFaults(name, unit.Environment.Select(e => e.Key).Concat(settings.Keys))) yield return fault;
        foreach (var (key, value) in unit.Environment.Concat(settings.Select(s => (s.Key, s.Value))))
            if (value.Contains("password=", StringComparison.OrdinalIgnoreCase) || key.EndsWith("_POSTGRES", StringComparison.Ordinal)) yield return $"{name}: {key} holds a secret";
        string postgres = unit.Environment.FirstOrDefault(e => e.Key == Repository.Prefix + "POSTGRESFILE").Value ?? "";
        if (!postgres.StartsWith("%d/", StringComparison.Ordinal) || !unit.All("LoadCredential").Any(c => c.StartsWith(postgres[3..] + ":/etc/stressfarm/", StringComparison.Ordinal))) yield return $"{name}: the connection string is no credential";
    }

    private static IEnumerable<string> Kept(string name, UnitFile unit, IReadOnlyDictionary<string, string> settings)
    {
        if (unit["Restart"] != "always") yield return $"{name}: is not started again when it ends itself";
        if (unit["RestartPreventExitStatus"] != "64") yield return $"{name}: bad settings are tried for ever";
        int drain = settings.GetValueOrDefault(Repository.Prefix + "DRAINSECONDS") is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : Repository.DefaultDrainSeconds;
        if (unit.Seconds("TimeoutStopSec") <= drain + Repository.SecondsToLeave) yield return $"{name}: is killed after {unit.Seconds("TimeoutStopSec")} s, while it may drain";
        if (unit["MemoryMax"] is null || unit["TasksMax"] is null) yield return $"{name}: no limits";
        if (!unit.All("StartLimitIntervalSec", "Unit").SequenceEqual(["0"])) yield return $"{name}: is given up after some starts";
        if (unit["StateDirectory"] is not { } state || !unit.Environment.Any(e => e.Value == $"%S/{state}")) yield return $"{name}: nowhere to write";
        if (unit["EnvironmentFile"] is null) yield return $"{name}: no settings";
        if (!unit.All("WantedBy", "Install").Contains("multi-user.target")) yield return $"{name}: does not start with the machine";
    }
}
