using BenchmarkDotNet.Running;
using StressFarm.Benchmarks;

// --quick: a table within a minute, by stopwatch. Otherwise BenchmarkDotNet, which is slow and exact.
if (args.Contains("--quick"))
    return QuickTable.Print([.. args.Where(a => a != "--quick")], Console.Out);
// --peers: the same protocol in SPIN, in Coyote and here, in a quarter of a minute.
if (args.Contains("--peers"))
    return PeerTable.Print(() => PeerComparison.Measure(), Console.Out, Console.Error);
BenchmarkSwitcher.FromAssembly(typeof(CheckedSteps).Assembly).Run(args);
return 0;
