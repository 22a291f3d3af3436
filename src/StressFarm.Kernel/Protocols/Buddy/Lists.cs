namespace StressFarm.Kernel.Protocols;

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
        ulong first = await cpu.Load(head, step);
        Word next = cpu.Memory.WordAt(first);
        await cpu.Store(Prev(next), cpu.Memory.AddressOf(node), step);
        await cpu.Store(node, cpu.Memory.AddressOf(next), step);
        await cpu.Store(Prev(node), cpu.Memory.AddressOf(head), step);
        await cpu.Store(head, cpu.Memory.AddressOf(node), step);
    }

    /// <summary>list_add_tail(): right before <paramref name="head"/>.</summary>
    public static async Op AddTail(Cpu cpu, Word node, Word head, Step step)
    {
        ulong prev = await cpu.Load(Prev(head), step);
        Word last = cpu.Memory.WordAt(prev);
        await cpu.Store(Prev(head), cpu.Memory.AddressOf(node), step);
        await cpu.Store(node, cpu.Memory.AddressOf(head), step);
        await cpu.Store(Prev(node), cpu.Memory.AddressOf(last), step);
        await cpu.Store(last, cpu.Memory.AddressOf(node), step);
    }

    /// <summary>list_del(): the node's words become LIST_POISON1 and 2.</summary>
    public static Op Del(Cpu cpu, Word node, Step step) => Unlink(cpu, node, step, Layout.ListPoison1, Layout.ListPoison2);

    /// <summary>list_del_init(): the node becomes an empty list.</summary>
    public static Op DelInit(Cpu cpu, Word node, Step step)
    {
        ulong self = cpu.Memory.AddressOf(node);
        return Unlink(cpu, node, step, self, self);
    }

    private static async Op Unlink(Cpu cpu, Word node, Step step, ulong nextAfter, ulong prevAfter)
    {
        ulong next = await cpu.Load(node, step);
        ulong prev = await cpu.Load(Prev(node), step);
        Word nextNode = cpu.Memory.WordAt(next), prevNode = cpu.Memory.WordAt(prev);
        // A wild pointer would be an oops; CONFIG_DEBUG_LIST reports it and leaves the list alone.
        if (nextNode.Index < 0 || prevNode.Index < 0)
        {
            cpu.Printk("list_del corruption");
        }
        else
        {
            await cpu.Store(Prev(nextNode), prev, step);
            await cpu.Store(prevNode, next, step);
        }
        await cpu.Store(node, nextAfter, step);
        await cpu.Store(Prev(node), prevAfter, step);
    }
}
