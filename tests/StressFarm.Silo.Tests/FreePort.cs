using System.Net;
using System.Net.Sockets;

namespace StressFarm.Silo.Tests;

/// <summary>
/// Loopback ports for servers that are told theirs. From below those that the kernel gives to whoever asks for any, so that
/// nobody comes to have one between its being found and its being listened on; none is given twice.
/// </summary>
internal static class FreePort
{
    private const int First = 20_000, Count = 12_000;
    private static readonly HashSet<int> s_given = [];

    public static int Take()
    {
        lock (s_given)
        {
            while (true)
            {
                int port = First + Random.Shared.Next(Count);
                if (s_given.Contains(port) || !IsFree(port)) continue;
                s_given.Add(port);
                return port;
            }
        }
    }

    private static bool IsFree(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port) { ExclusiveAddressUse = true };
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
