namespace StressFarm.Engine;

/// <summary>Every CPU's store buffer as it was between two steps.</summary>
internal sealed class StoreBuffersMark
{
    public StoreBuffers.Kept[] Buffers = [];
}

internal sealed partial class StoreBuffers
{
    internal struct Kept
    {
        public int Count, Epoch, EarlyWord;
        public bool EarlyTaken;
        public ulong EarlyValue;
        public Access InOrder, OutOfOrder;
        public Entry[] Entries;
    }

    public void Save(StoreBuffersMark mark)
    {
        int count = _machine.ActiveCpus;
        if (mark.Buffers.Length < count) mark.Buffers = [.. Enumerable.Range(0, count).Select(_ => new Kept { Entries = new Entry[Depth] })];
        for (int i = 0; i < count; i++)
        {
            Buffer own = _buffers[i];
            ref Kept kept = ref mark.Buffers[i];
            (kept.Count, kept.Epoch, kept.EarlyWord, kept.EarlyTaken, kept.EarlyValue) = (own.Count, own.Epoch, own.EarlyWord, own.EarlyTaken, own.EarlyValue);
            (kept.InOrder, kept.OutOfOrder) = (own.InOrder.Pending, own.OutOfOrder.Pending);
            own.Entries.AsSpan(0, own.Count).CopyTo(kept.Entries);
        }
    }

    public void Load(StoreBuffersMark mark)
    {
        for (int i = 0; i < _machine.ActiveCpus; i++)
        {
            Buffer own = _buffers[i];
            ref Kept kept = ref mark.Buffers[i];
            (own.Count, own.Epoch, own.EarlyWord, own.EarlyTaken, own.EarlyValue) = (kept.Count, kept.Epoch, kept.EarlyWord, kept.EarlyTaken, kept.EarlyValue);
            (own.InOrder.Pending, own.OutOfOrder.Pending) = (kept.InOrder, kept.OutOfOrder);
            kept.Entries.AsSpan(0, kept.Count).CopyTo(own.Entries);
        }
    }

    /// <summary>What waits in a CPU's buffer, in order; barriers by how many came since, not by how many there ever were.</summary>
    public void AddTo(ref StateHash hash, int cpu)
    {
        Buffer own = _buffers[cpu];
        bool taken = own.EarlyWord >= 0 && own.EarlyTaken;
        hash.Add((ulong)(uint)own.EarlyWord << 32 | (uint)own.Count << 1 | (taken ? 1u : 0));
        if (taken) hash.Add(own.EarlyValue);
        for (int i = 0; i < own.Count; i++)
        {
            ref Entry entry = ref own.Entries[i];
            hash.Add((ulong)(uint)entry.Word << 32 | (uint)(Weak ? own.Epoch - entry.Epoch : 0));
            hash.Add(entry.Old);
            hash.Add(entry.Mask);
        }
    }
}
