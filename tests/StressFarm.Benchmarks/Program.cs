using System.Diagnostics;
using StressFarm.Exploration;
using StressFarm.Simulation;

var machine = new Machine(new Geometry());
var runner = new ScheduleRunner(machine);
var programme = new Programme();
var strategy = new RandomWalk();
Workload workload = Catalog<Workload>.Find(args.Length > 0 ? args[0] : "mixed")!;
var none = new Dictionary<string, int>();
for (int round = 0; round < 4; round++)
{
    long steps = 0, bytes = GC.GetAllocatedBytesForCurrentThread();
    var watch = Stopwatch.StartNew();
    ulong digest = 0;
    int n = 0;
    for (ulong seed = 1; seed <= 20000; seed++, n++)
    {
        programme.Compose(workload, machine.Geometry, seed, none);
        ScheduleResult r = runner.Run(programme, Policy.Control, strategy, seed);
        steps += r.Steps;
        digest = Pcg.Mix(digest ^ r.Digest);
        if (r.End != ScheduleEnd.Done) { Console.WriteLine($"{seed} {r.End} {machine.Violation}"); break; }
    }
    Console.WriteLine($"{n} schedules {steps} steps {steps / watch.Elapsed.TotalSeconds / 1e6:F1} M/s {(GC.GetAllocatedBytesForCurrentThread() - bytes) / (double)steps:F4} B/step digest {digest:x}");
}
