namespace StressFarm.Kernel.Layouts;

/// <summary>The machine's step numbers as the kernel's steps. Compiles to nothing.</summary>
public static class TypedSteps
{
    extension(in Access access)
    {
        /// <summary>Which step of the kernel the access belongs to.</summary>
        public Step Step => (Step)access.StepNumber;
    }

    extension(WriterStamp stamp)
    {
        /// <summary>In which step of the kernel it was written.</summary>
        public Step Step => (Step)stamp.StepNumber;
    }
}
