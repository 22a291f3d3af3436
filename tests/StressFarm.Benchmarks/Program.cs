using BenchmarkDotNet.Running;
using StressFarm.Benchmarks;

// --quick: a table within a minute, by stopwatch. Otherwise BenchmarkDotNet, which is slow and exact.
if (args.Contains("--quick"))
    return QuickTable.Print([.. args.Where(a => a != "--quick")], Console.Out);
BenchmarkSwitcher.FromAssembly(typeof(CheckedSteps).Assembly).Run(args);
return 0;
