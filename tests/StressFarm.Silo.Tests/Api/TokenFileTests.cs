using Microsoft.Extensions.Logging;
using StressFarm.Silo.Api;

namespace StressFarm.Silo.Tests.Api;

public sealed class TokenFileTests : IDisposable
{
    private readonly string _path = Path.Combine(Directory.CreateTempSubdirectory("stressfarm-tokens-").FullName, "tokens");

    public void Dispose() => Directory.Delete(Path.GetDirectoryName(_path)!, recursive: true);

    [Fact]
    public void A_token_is_random_and_only_its_hash_is_kept()
    {
        string a = TokenFile.Add(_path, "a", "read"), b = TokenFile.Add(_path, "b", "admin");
        Assert.NotEqual(a, b);
        Assert.True(a.Length >= 43);
        string text = File.ReadAllText(_path);
        Assert.DoesNotContain(a, text);
        Assert.Equal([(ApiRole.Read, "a"), (ApiRole.Admin, "b")], TokenFile.Load(_path).Select(e => (e.Role, e.Name)));
        if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_path));
        Assert.Throws<SpecException>(() => TokenFile.Add(_path, "a", "read"));
        Assert.Throws<SpecException>(() => TokenFile.Add(_path, "c", "root"));
        Assert.Throws<SpecException>(() => TokenFile.Add(_path, "c d", "read"));
        Assert.Throws<SpecException>(() => TokenFile.Add(_path, "c\nadmin x", "read"));
        Assert.Equal(text, File.ReadAllText(_path));
    }

    [Theory]
    [InlineData("")]
    [InlineData("# nobody\n")]
    [InlineData("read me")]
    [InlineData("root me 0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("read me sf_secretsecretsecretsecretsecretsecretsecretsecretsecretsecret")]
    [InlineData("read me 000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("read m/e 0000000000000000000000000000000000000000000000000000000000000000")]
    public void A_wrong_line_is_told_without_showing_it(string text)
    {
        Write(text);
        SpecException wrong = Assert.Throws<SpecException>(() => TokenFile.Load(_path));
        Assert.DoesNotContain('\n', wrong.Message);
        Assert.DoesNotContain("secret", wrong.Message);
    }

    [Theory]
    [InlineData(UnixFileMode.OtherRead)]
    [InlineData(UnixFileMode.OtherWrite)]
    [InlineData(UnixFileMode.GroupWrite)]
    public void A_file_that_is_open_to_others_is_not_used(UnixFileMode open)
    {
        if (OperatingSystem.IsWindows()) return;
        TokenFile.Add(_path, "a", "read");
        File.SetUnixFileMode(_path, UnixFileMode.UserRead | UnixFileMode.UserWrite | open);
        Assert.Contains("chmod 600", Assert.Throws<SpecException>(() => TokenFile.Load(_path)).Message);
        Assert.Throws<SpecException>(() => TokenFile.Add(_path, "b", "read"));
    }

    [Fact]
    public void The_file_is_read_again_when_it_changed_and_nobody_is_let_in_while_it_is_broken()
    {
        string token = TokenFile.Add(_path, "a", "read");
        var clock = new StillClock();
        var table = new TokenTable(new ApiOptions { TokenFile = _path }, clock, LoggerFactory.Create(_ => { }).CreateLogger<TokenTable>());
        Assert.Equal(new ApiCaller("a", ApiRole.Read), table.Find(token));
        string second = TokenFile.Add(_path, "b", "admin");
        clock.Pass(2);
        Assert.Equal(new ApiCaller("b", ApiRole.Admin), table.Find(second));
        string good = File.ReadAllText(_path);
        Write(good + "nonsense\n");
        clock.Pass(2);
        Assert.Null(table.Find(token));
        Assert.False(table.Usable);
        Write(good.Split('\n')[1] + "\n");
        clock.Pass(2);
        Assert.Null(table.Find(token));
        Assert.NotNull(table.Find(second));
        File.Delete(_path);
        clock.Pass(2);
        Assert.Null(table.Find(second));
        Assert.Null(table.Find(""));
        Assert.Null(table.Find(new string('x', 100_000)));
    }

    [Fact]
    public void A_secret_that_is_mounted_as_a_link_is_read_again_when_it_changed()
    {
        if (OperatingSystem.IsWindows()) return;
        // As Kubernetes mounts it: tokens -> ..data/tokens, ..data -> a folder for each version.
        string folder = Path.GetDirectoryName(_path)!;
        string Version(string name, out string token)
        {
            string file = Path.Combine(Directory.CreateDirectory(Path.Combine(folder, name)).FullName, "tokens");
            token = TokenFile.Add(file, "reader", "read");
            return name;
        }
        File.CreateSymbolicLink(Path.Combine(folder, "..data"), Version("..1", out string revoked));
        File.CreateSymbolicLink(_path, "..data/tokens");
        var clock = new StillClock();
        var table = new TokenTable(new ApiOptions { TokenFile = _path }, clock, LoggerFactory.Create(_ => { }).CreateLogger<TokenTable>());
        Assert.NotNull(table.Find(revoked));
        File.Delete(Path.Combine(folder, "..data"));
        File.CreateSymbolicLink(Path.Combine(folder, "..data"), Version("..2", out string given));
        clock.Pass(2);
        Assert.Null(table.Find(revoked));
        Assert.NotNull(table.Find(given));
    }

    private void Write(string text)
    {
        File.WriteAllText(_path, text);
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(_path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    private sealed class StillClock : TimeProvider
    {
        private long _now;
        public override long TimestampFrequency => 1;
        public override long GetTimestamp() => _now;
        public void Pass(long seconds) => _now += seconds;
    }
}
