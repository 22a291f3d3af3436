namespace StressFarm.Simulation.Invariants;

/// <summary>I40b.</summary>
public sealed class FileSizesAreKept : Invariant
{
    public override string Id => "I40b";
    public override string Statement => "at rest a file's size is what it was last set to";
    public override When When => When.Quiescent;
    public override Severity Severity => Severity.Wrong;
    public override string Mirror => "none";

    public override void AuditMachine(Judge judge)
    {
        Cells cells = judge.Machine.Cells;
        for (int mapping = 0; mapping < PageCache.Mappings; mapping++)
        {
            int size = judge.Ghost.FileSize(mapping);
            ulong says = judge.Memory[cells.ISize(mapping)];
            if (says == (ulong)size) continue;
            judge.Violate(this, null, -1, cells.ISize(mapping).Low.Index, "i_size", $"{size}", $"{says}", $"mapping {mapping} was truncated to {size} pages and its size reads {says}");
            return;
        }
    }
}
