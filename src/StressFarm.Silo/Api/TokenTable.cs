using System.Security.Cryptography;
using StressFarm.Campaigns;

namespace StressFarm.Silo.Api;

/// <summary>
/// The tokens that are let in now. The file is looked at again when it has changed; while it cannot be used nobody is let in,
/// since what was to be revoked is not known.
/// </summary>
public sealed class TokenTable
{
    /// <summary>Longer than any token: more is not even hashed.</summary>
    private const int MaxTokenLength = 256;
    private static readonly TimeSpan s_lookEvery = TimeSpan.FromSeconds(1);
    private readonly Lock _lock = new();
    private readonly string? _path;
    private readonly TimeProvider _clock;
    private readonly ILogger<TokenTable> _log;
    private IReadOnlyList<TokenEntry>? _entries;
    private (string File, DateTime Written, long Length, UnixFileMode Mode) _seen;
    private long _looked;

    public TokenTable(ApiOptions options, TimeProvider clock, ILogger<TokenTable> log)
    {
        (_path, _clock, _log) = (options.TokenFile, clock, log);
        if (_path is null) return;
        _seen = Stamp();
        _entries = TokenFile.Load(_path);
        _looked = clock.GetTimestamp();
    }

    /// <summary>A token is demanded.</summary>
    public bool Configured => _path is not null;

    /// <summary>The file can be used.</summary>
    public bool Usable => _path is null || Current() is not null;

    /// <summary>Who a token belongs to, or null. Takes the same time whichever entry it is, or none.</summary>
    public ApiCaller? Find(string token)
    {
        if (token.Length is 0 or > MaxTokenLength || Current() is not { } entries) return null;
        byte[] hash = TokenFile.HashOf(token);
        TokenEntry? found = null;
        foreach (TokenEntry entry in entries)
            if (CryptographicOperations.FixedTimeEquals(hash, entry.Hash)) found = entry;
        return found is null ? null : new(found.Name, found.Role);
    }

    private IReadOnlyList<TokenEntry>? Current()
    {
        lock (_lock)
        {
            if (_clock.GetElapsedTime(_looked) < s_lookEvery) return _entries;
            _looked = _clock.GetTimestamp();
            var stamp = Stamp();
            if (stamp == _seen) return _entries;
            _seen = stamp;
            try
            {
                _entries = TokenFile.Load(_path!);
                _log.TokensRead(_entries.Count);
            }
            catch (SpecException e)
            {
                _entries = null;
                _log.TokensBroken(e.Message);
            }
            return _entries;
        }
    }

    private (string, DateTime, long, UnixFileMode) Stamp()
    {
        try
        {
            var file = new FileInfo(_path!);
            // A mounted secret is a link, and stays the same link when the secret changes.
            if (file.ResolveLinkTarget(returnFinalTarget: true) is FileInfo target) file = target;
            return file.Exists ? (file.FullName, file.LastWriteTimeUtc, file.Length, OperatingSystem.IsWindows() ? default : file.UnixFileMode) : default;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return default;
        }
    }
}
