using System.Runtime.CompilerServices;

namespace StressFarm.Engine;

/// <summary>Whether machines of this process keep step logs: decided by whoever starts it, before anything of a machine is compiled.</summary>
public static class StepLogs
{
    /// <summary>Says it once and for all; what the process was configured with (<see cref="StepLog.SwitchName"/>) holds otherwise.</summary>
    public static void Decide(bool kept)
    {
        AppContext.SetSwitch(StepLog.SwitchName, kept);
        Settle();
    }

    /// <summary>From here on it is a constant for the compiler.</summary>
    public static void Settle() => RuntimeHelpers.RunClassConstructor(typeof(StepLog).TypeHandle);
}
