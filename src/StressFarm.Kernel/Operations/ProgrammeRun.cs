namespace StressFarm.Kernel.Operations;

/// <summary>Runs a list of operations on a CPU, one after the other.</summary>
public static class ProgrammeRun
{
    public static async Op Run(Cpu cpu, List<OpCall> calls)
    {
        for (int i = 0; i < calls.Count; i++)
        {
            OpCall call = calls[i];
            cpu.Begin(call.Operation, i);
            await call.Operation.Run(cpu, call);
        }
    }

    /// <summary>The teardown, under a number past the set-up's operations.</summary>
    public static Op TearDown(Cpu cpu, int number, bool drain = true)
    {
        cpu.Begin(null, number);
        return Teardown.Run(cpu, drain);
    }
}
