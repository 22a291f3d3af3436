namespace StressFarm.Simulation.Invariants;

/// <summary>I53b: what pfn_valid() says of memory, and whether there are struct pages.</summary>
public sealed class ValidMeansThereIsAMemmap : Invariant
{
    public override string Id => "I53b";
    public override string Statement => "the struct pages of a part of a section go after its bit, and the last ones after \"has a memmap\"; at rest there are struct pages where both are set and nowhere else";
    public override When When => When.Always;
    public override Severity Severity => Severity.Corruption;
    public override string Mirror => "WARN in section_deactivate (Section already deactivated)";
    public override ReadOnlySpan<MomentKind> Listens => [MomentKind.MemmapGoes];

    public override void On(Judge judge, in Moment moment)
    {
        int section = (int)moment.A;
        Cells cells = judge.Machine.Cells;
        ulong bits = judge.Memory[cells.SubsectionMap(section)];
        if ((bits & moment.B) != 0)
            judge.Violate(this, moment.Cpu, moment.Pfn, cells.SubsectionMap(section).Low.Index, "subsection_map", "the bits clear", $"{bits:x}",
                $"the struct pages of parts {moment.B:x} of section {section} go while pfn_valid() is true of them");
        else if (bits == 0 && (judge.Memory[cells.SectionMap(section)] & SectionFlag.HasMemMap) != 0)
            judge.Violate(this, moment.Cpu, moment.Pfn, cells.SectionMap(section).Low.Index, "section_mem_map", "no memmap", $"{judge.Memory[cells.SectionMap(section)]:x}",
                $"the last struct pages of section {section} go while it says that it has a memmap");
    }

    public override void AuditMachine(Judge judge)
    {
        KernelMachine machine = judge.Machine;
        if (!machine.Arena.Hotplug) return;
        int sections = machine.Arena.SystemSections + (machine.Arena.DevicePages > 0 ? 1 : 0);
        for (int section = 0; section < sections; section++)
        {
            ulong bits = judge.Memory[machine.Cells.SubsectionMap(section)];
            bool memmap = (judge.Memory[machine.Cells.SectionMap(section)] & SectionFlag.HasMemMap) != 0;
            int first = MemorySections.First(machine, section), size = MemorySections.Pages(machine, section) / MemorySections.Subsections;
            for (int part = 0; part < MemorySections.Subsections; part++)
            {
                bool valid = memmap && (bits >> part & 1) != 0, gone = judge.Ghost.OwnerOf(first + part * size) == Owner.Removed;
                if (valid != gone) continue;
                judge.Violate(this, null, first + part * size, machine.Cells.SubsectionMap(section).Low.Index, "subsection_map", gone ? "not valid" : "valid", $"{bits:x}{(memmap ? "" : ", no memmap")}",
                    $"part {part} of section {section} has {(gone ? "no struct pages, and pfn_valid() is true of it" : "struct pages, and pfn_valid() is not true of it")}");
                return;
            }
        }
    }

    public override void AuditEmpty(Judge judge) => AuditMachine(judge);
}
