using BenchmarkDotNet.Running;
using StressFarm.Benchmarks;

// --against CHECKOUT: this build and another one in turn. --peers: the same protocol in SPIN, in Coyote and here. --quick: a table
// within two minutes. Otherwise BenchmarkDotNet, which is slow and exact.
if (Sampler.Served(args)) return 0;
if (args.Contains("--against")) return AgainstCommand.Run(args, Console.Out, Console.Error);
if (args.Contains("--peers")) return PeerTable.Print(() => PeerComparison.Measure(), Console.Out, Console.Error);
if (args.Contains("--quick")) return QuickTable.Print([.. args.Where(a => a != "--quick")], Console.Out);
BenchmarkSwitcher.FromAssembly(typeof(CheckedSteps).Assembly).Run(args);
return 0;
