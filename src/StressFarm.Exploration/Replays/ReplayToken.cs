using System.Buffers.Binary;
using System.Buffers.Text;
using System.Text;
using StressFarm.Exploration.Records;
using StressFarm.Exploration.Schedules;
using StressFarm.Exploration.Soak;

namespace StressFarm.Exploration.Replays;

/// <summary>
/// A schedule as one word: everything needed to run it again on another machine, and what must come of it. Base64url, so
/// that shells, URLs and mails leave it alone; "U0YB" is how each begins.
/// </summary>
/// <param name="Digest">of the run, as first seen</param>
/// <param name="Signature">of its violation</param>
public sealed record ReplayToken(Scenario Scenario, ulong Digest, RawSignature Signature)
{
    /// <summary>On pristine memory; on a memory that the token holds; and on pristine memory with a programme that the token holds.</summary>
    private const byte FormatVersion = 1, StartFormatVersion = 2, ProgrammeFormatVersion = 3;
    private const int MostStart = 256 * 1024;
    private const int MostSections = 1 << 24;
    private const int ChecksumBytes = 4;
    private const int LongestToken = 1 << 20;
    private const int LongestText = 512;
    private const int MostParameters = 64;
    private const int MostEdits = ProgrammeEdits.Lists * WriterStamp.MaxOperations;
    private const int MostChoices = ScheduleRunner.ScheduleStepLimit + 1;

    public string Encode()
    {
        Cell cell = Scenario.Cell;
        var w = new TokenWriter();
        w.Byte((byte)'S');
        w.Byte((byte)'F');
        var programme = cell.Workload as WrittenProgramme;
        if (programme is not null && Scenario.Start is not null) throw new InvalidOperationException("a programme that is written starts on pristine memory");
        w.Byte(programme is not null ? ProgrammeFormatVersion : Scenario.Start is null ? FormatVersion : StartFormatVersion);
        w.Text(ModelVersion.Current);
        w.Text(cell.Policy.ToString());
        w.Number((ulong)cell.Policy.Deviations);
        if (programme is null) w.Text(cell.Workload.Id);
        else w.Bytes(Encoding.UTF8.GetBytes(programme.Canonical));
        w.Text(cell.StrategyId);
        w.Number((ulong)cell.Geometry.Pages);
        w.Number((ulong)cell.Geometry.MaxCpus);
        w.Number((ulong)cell.FixedParameters.Count);
        foreach (var (name, value) in cell.FixedParameters.OrderBy(p => p.Key, StringComparer.Ordinal))
        {
            w.Text(name);
            w.Signed(value);
        }
        w.Number(Scenario.Seed);
        WriteEdits(w, Scenario.Edits);
        w.Byte(Scenario.Fair ? (byte)1 : (byte)0);
        WriteChoices(w, Scenario.Choices, BitsOf(cell.Policy));
        w.Fixed(Digest);
        w.Text(Signature.Invariant);
        w.Text(Signature.Field);
        w.Text(Signature.Operation);
        w.Text(Signature.Other);
        if (Scenario.Start is { } start) WriteStart(w, start);
        byte[] body = w.ToArray();
        byte[] whole = new byte[body.Length + ChecksumBytes];
        body.CopyTo(whole, 0);
        BinaryPrimitives.WriteUInt32LittleEndian(whole.AsSpan(body.Length), Checksum(body));
        return Base64Url.EncodeToString(whole);
    }

    /// <summary>Reads a token; null and one line when it is corrupt, foreign, oversized or of another model version.</summary>
    /// <param name="workloads">finds a workload by id; the catalogue when null</param>
    public static ReplayToken? TryDecode(string? text, out string error, Func<string, Workload?>? workloads = null)
    {
        error = "";
        try
        {
            return Read(Bytes(text, out byte format), format, workloads ?? Catalog<Workload>.Find);
        }
        catch (TokenException e)
        {
            error = $"'{Shown(text)}' is no usable replay token: {e.Message}";
            return null;
        }
    }

    private static byte[] Bytes(string? text, out byte format)
    {
        if (string.IsNullOrEmpty(text)) throw new TokenException("it is empty");
        if (text.Length > LongestToken) throw new TokenException($"it has {text.Length} characters, more than any token");
        byte[] bytes;
        try
        {
            bytes = Base64Url.DecodeFromChars(text);
        }
        catch (FormatException)
        {
            throw new TokenException("it has characters that no token has, or was cut");
        }
        if (bytes.Length < 3 + ChecksumBytes || bytes[0] != 'S' || bytes[1] != 'F') throw new TokenException("it does not begin like one");
        format = bytes[2];
        if (format is < FormatVersion or > ProgrammeFormatVersion) throw new TokenException($"its format is {format}, this build reads {FormatVersion} to {ProgrammeFormatVersion}");
        int body = bytes.Length - ChecksumBytes;
        if (BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(body)) != Checksum(bytes.AsSpan(0, body)))
            throw new TokenException("its checksum does not match: it was damaged or cut");
        return bytes[3..body];
    }

    private static ReplayToken Read(byte[] bytes, byte format, Func<string, Workload?> workloads)
    {
        var r = new TokenReader(bytes);
        string model = r.Text(LongestText);
        if (model != ModelVersion.Current)
            throw new TokenException($"it is of model version {Shown(model)}, this build has {ModelVersion.Current}");
        Policy policy = ReadPolicy(r.Text(LongestText), r.Number(ulong.MaxValue));
        Workload workload = format == ProgrammeFormatVersion ? ReadProgramme(r.Bytes(ProgrammeText.MaxLength)) : ReadWorkload(r.Text(LongestText), workloads);
        string strategyId = r.Text(LongestText);
        string strategy = Catalog<Strategy>.Find(strategyId)?.Id ?? throw new TokenException($"there is no strategy '{Shown(strategyId)}' here");
        Geometry geometry = ReadGeometry(r.Number(Geometry.MaxPages), r.Number(Geometry.CpuLimit));
        if (workload is WrittenProgramme written && !written.Fits(geometry)) throw new TokenException("its programme does not fit into its machine");
        var parameters = new SortedDictionary<string, int>(StringComparer.Ordinal);
        for (int i = r.Count(MostParameters); i > 0; i--) parameters[r.Text(LongestText)] = r.Signed();
        ulong seed = r.Number(ulong.MaxValue);
        ProgrammeEdits edits = ReadEdits(ref r);
        bool fair = r.Byte() == 1;
        byte[] choices = ReadChoices(ref r, geometry.MaxCpus, BitsOf(policy));
        ulong digest = r.Fixed();
        var signature = new RawSignature(r.Text(LongestText), r.Text(LongestText), r.Text(LongestText), r.Text(LongestText));
        StartState? start = format == StartFormatVersion ? ReadStart(ref r) : null;
        if (!r.AtEnd) throw new TokenException("it goes on after its end");
        var cell = new Cell(policy, workload, strategy, geometry, parameters);
        return new ReplayToken(new Scenario(cell, seed, edits, choices, fair) { Start = start }, digest, signature);
    }

    private static Workload ReadWorkload(string id, Func<string, Workload?> workloads) =>
        workloads(id) ?? throw new TokenException($"there is no workload '{Shown(id)}' here");

    private static WrittenProgramme ReadProgramme(byte[] utf8) =>
        ProgrammeText.TryRead(Encoding.UTF8.GetString(utf8), out string error) ?? throw new TokenException($"its programme cannot be run: {error}");

    private static void WriteStart(TokenWriter w, StartState start)
    {
        // A section's arena is at most 2^7 pages of system memory: its state is a tenth of this even before it is compressed.
        if (start.State.Length > MostStart) throw new InvalidOperationException("a section's state does not fit into a token");
        w.Number((ulong)start.Place.Section);
        w.Number((ulong)start.Place.Epoch);
        w.Byte(start.Whole ? (byte)1 : (byte)0);
        w.Bytes(start.State);
    }

    private static StartState ReadStart(ref TokenReader r)
    {
        var place = new SoakPlace(r.Count(MostSections), (long)r.Number(long.MaxValue));
        return new(place, r.Byte() == 1, r.Bytes(MostStart));
    }

    private static Policy ReadPolicy(string text, ulong deviations)
    {
        string[] parts = text.Split(Policy.DropMark, 2);
        Policy policy = Policy.TryParse(parts[0], out _) ?? throw new TokenException($"there is no policy '{Shown(text)}' here");
        ulong known = 0;
        foreach (Deviation d in Enum.GetValues<Deviation>()) known |= (ulong)d;
        if ((deviations & ~known) != 0) throw new TokenException("it plants a bug this build does not know");
        return policy with { Deviations = (Deviation)deviations, Dropped = parts.Length > 1 ? ReadStep(parts[1]) : Step.None };
    }

    /// <summary>By its exact name: the parser of enums also takes numbers, which mean another step in another build.</summary>
    private static Step ReadStep(string name) =>
        Enum.TryParse(name, out Step step) && step != Step.None && step.ToString() == name ? step : throw new TokenException($"there is no step '{Shown(name)}' here");

    private static Geometry ReadGeometry(ulong pages, ulong cpus)
    {
        if (pages < Geometry.MinPages || !ulong.IsPow2(pages) || cpus < 1) throw new TokenException("its machine is impossible");
        return new Geometry((int)pages, (int)cpus);
    }

    private static void WriteEdits(TokenWriter w, ProgrammeEdits edits)
    {
        w.Number((ulong)edits.Removed.Count);
        foreach (var (list, index) in edits.Removed)
        {
            w.Byte((byte)list);
            w.Number((ulong)index);
        }
    }

    private static ProgrammeEdits ReadEdits(ref TokenReader r)
    {
        int count = r.Count(MostEdits);
        var removed = new List<(int, int)>();
        for (int i = 0; i < count; i++)
        {
            int list = r.Byte();
            if (list >= ProgrammeEdits.Lists) throw new TokenException("it edits a CPU that cannot be");
            removed.Add((list, r.Count(WriterStamp.MaxOperations)));
        }
        return new ProgrammeEdits(removed);
    }

    /// <summary>Runs of one CPU: number, length.</summary>
    /// <summary>Bits of a choice: CPUs, or CPUs and the units that let their stores out.</summary>
    private static int BitsOf(Policy policy) => policy.MemoryModel == MemoryModel.Sc ? 3 : 5;

    private static void WriteChoices(TokenWriter w, IReadOnlyList<byte> choices, int bits)
    {
        w.Number((ulong)choices.Count);
        for (int i = 0; i < choices.Count;)
        {
            int run = 1;
            while (i + run < choices.Count && choices[i + run] == choices[i]) run++;
            w.Number(((ulong)run << bits) | choices[i]);
            i += run;
        }
    }

    private static byte[] ReadChoices(ref TokenReader r, int cpus, int bits)
    {
        byte[] choices = new byte[r.Count(MostChoices)];
        for (int i = 0; i < choices.Length;)
        {
            ulong run = r.Number((ulong)MostChoices << bits);
            int cpu = (int)run & ((1 << bits) - 1), length = (int)(run >> bits);
            bool known = cpu < cpus || (cpu >= Machine.FirstUnit && cpu < Machine.FirstUnit + 2 * cpus);
            if (!known || length == 0 || length > choices.Length - i) throw new TokenException("its schedule is malformed");
            choices.AsSpan(i, length).Fill((byte)cpu);
            i += length;
        }
        return choices;
    }

    private static uint Checksum(ReadOnlySpan<byte> bytes) => (uint)(StableHash.Of(bytes) >> 16);

    /// <summary>What a message may quote of something a user gave: short and printable.</summary>
    private static string Shown(string? text)
    {
        var shown = new StringBuilder();
        foreach (char c in text ?? "")
        {
            if (shown.Length == 24) return shown.Append('…').ToString();
            shown.Append(c is > ' ' and < '\x7f' and not '\'' ? c : '?');
        }
        return shown.ToString();
    }
}
