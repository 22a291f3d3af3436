namespace StressFarm.Kernel.Ghosts;

/// <summary>Sees the steps, and hears what protocols and the ghost tell. Whoever builds the machine says who that is.</summary>
public abstract class Witness : StepObserver
{
    /// <param name="cpu">whose step it was</param>
    /// <param name="pfn">the page, or -1</param>
    /// <param name="obj">its object, or <see cref="Ghost.NoObject"/></param>
    /// <param name="a">see <see cref="MomentKind"/></param>
    /// <param name="b">see <see cref="MomentKind"/></param>
    public abstract void Hear(MomentKind fact, StepCpu cpu, int pfn, int obj, ulong a = 0, ulong b = 0);

    /// <summary>A page is taken over by another owner from one who has not got it.</summary>
    public abstract void OwnerClash(StepCpu cpu, int pfn, Owner from, Owner to);

    /// <summary>What a debug kernel's check would print at this point (CHECKS=1).</summary>
    public abstract void KernelSays(StepCpu cpu, string text);
}
