namespace StressFarm.Simulation;

/// <summary>
/// <c>include/linux/list.h</c>: doubly linked lists through the words themselves. A node is the word of its next pointer;
/// prev is the word after it. The caller holds the list's lock.
/// </summary>
public static class Lists
{
    private static Word Prev(Word node) => new(node.Index + 1);

    /// <summary>list_add(): right after <paramref name="head"/>.</summary>
    public static async Op Add(Cpu cpu, Word node, Word head, Step step)
    {
        MemMap memory = cpu.Machine.Memory;
        Word next = memory.WordAt(await cpu.Load(head, step));
        await cpu.Store(Prev(next), memory.AddressOf(node), step);
        await cpu.Store(node, memory.AddressOf(next), step);
        await cpu.Store(Prev(node), memory.AddressOf(head), step);
        await cpu.Store(head, memory.AddressOf(node), step);
    }

    /// <summary>list_add_tail(): right before <paramref name="head"/>.</summary>
    public static async Op AddTail(Cpu cpu, Word node, Word head, Step step)
    {
        MemMap memory = cpu.Machine.Memory;
        Word last = memory.WordAt(await cpu.Load(Prev(head), step));
        await cpu.Store(Prev(head), memory.AddressOf(node), step);
        await cpu.Store(node, memory.AddressOf(head), step);
        await cpu.Store(Prev(node), memory.AddressOf(last), step);
        await cpu.Store(last, memory.AddressOf(node), step);
    }

    /// <summary>list_del(): the node's words become LIST_POISON1 and 2.</summary>
    public static async Op Del(Cpu cpu, Word node, Step step)
    {
        await Unlink(cpu, node, step);
        await cpu.Store(node, Layout.ListPoison1, step);
        await cpu.Store(Prev(node), Layout.ListPoison2, step);
    }

    /// <summary>list_del_init(): the node becomes an empty list.</summary>
    public static async Op DelInit(Cpu cpu, Word node, Step step)
    {
        await Unlink(cpu, node, step);
        ulong self = cpu.Machine.Memory.AddressOf(node);
        await cpu.Store(node, self, step);
        await cpu.Store(Prev(node), self, step);
    }

    private static async Op Unlink(Cpu cpu, Word node, Step step)
    {
        MemMap memory = cpu.Machine.Memory;
        ulong next = await cpu.Load(node, step);
        ulong prev = await cpu.Load(Prev(node), step);
        Word nextNode = memory.WordAt(next), prevNode = memory.WordAt(prev);
        // A wild pointer would be an oops; CONFIG_DEBUG_LIST reports it and leaves the list alone.
        if (nextNode.Index < 0 || prevNode.Index < 0)
        {
            cpu.Judge.KernelSays(cpu, "list_del corruption");
            return;
        }
        await cpu.Store(Prev(nextNode), prev, step);
        await cpu.Store(prevNode, next, step);
    }
}
