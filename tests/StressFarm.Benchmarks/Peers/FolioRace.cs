using Microsoft.Coyote.Runtime;

namespace StressFarm.Benchmarks;

/// <summary>
/// The protocol as a program for Coyote, the same as gup-split.pml: a page table and the words of eight pages, each access of
/// which comes after a scheduling point. It ends once the accesses are used up that it was given.
/// </summary>
public sealed class FolioRace
{
    private const int Pages = 8;

    private enum Entry : byte { None, Present, Migration }

    private readonly Entry[] _pte = new Entry[Pages];
    /// <summary>compound_head: 0 of a head or a single page, the head + 1 of a tail.</summary>
    private readonly int[] _head = new int[Pages];
    private readonly int[] _order = new int[Pages];
    private readonly int[] _refcount = new int[Pages];
    private readonly int[] _pincount = new int[Pages];
    private readonly Action<bool, string> _assert;
    private Entry _pmd;
    private int _free;
    private long _left;

    /// <param name="accesses">how many shared accesses there are, of all CPUs together</param>
    /// <param name="assert">what checks and says what is wrong</param>
    public FolioRace(long accesses, Action<bool, string> assert)
    {
        (_left, _assert) = (accesses, assert);
        for (int i = 1; i < Pages; i++) _head[i] = 1;
        (_order[0], _refcount[0], _pmd, _free) = (3, 1, Entry.Present, 0);
    }

    /// <summary>Shared accesses so far, each with a scheduling point of its own.</summary>
    public long Accesses { get; private set; }
    /// <summary>Pages that were chosen at random. Coyote counts such a choice as a step as well.</summary>
    public long Choices { get; private set; }
    public long Pins { get; private set; }
    public long Splits { get; private set; }
    /// <summary>Splits that somebody's reference prevented.</summary>
    public long Again { get; private set; }

    /// <summary>A CPU of the first two.</summary>
    public void PinAndUnpin(Func<int, int> pick)
    {
        while (_left > 0)
        {
            Choices++;
            Pin(pick(Pages));
        }
    }

    /// <summary>The third.</summary>
    public void SplitAndMakeAnew()
    {
        while (_left > 0)
        {
            Split();
            Zap();
            Fault();
        }
    }

    /// <summary>Here another CPU may come first.</summary>
    private void Step()
    {
        SchedulingPoint.Interleave();
        Accesses++;
        _left--;
    }

    /// <summary><c>mm/gup.c:gup_fast</c> of one page, and <c>unpin_user_page</c>.</summary>
    private void Pin(int slot)
    {
        bool huge = Pmd() == Entry.Present;
        if (!huge && (Pmd() != Entry.None || Pte(slot) != Entry.Present)) return;
        // try_grab_folio_fast()
        int folio = PageFolio(slot);
        if (!TryGet(folio)) return;
        if (PageFolio(slot) != folio)
        {
            Put(folio);
            return;
        }
        Add(_pincount, folio, 1);
        bool same = huge ? Pmd() == Entry.Present : Pmd() == Entry.None && Pte(slot) == Entry.Present;
        if (same)
        {
            Pins++;
            _assert(PageFolio(slot) == folio && _refcount[folio] > 0 && _pincount[folio] > 0, "a pinned page has another folio");
        }
        Add(_pincount, folio, -1);
        Put(folio);
    }

    /// <summary><c>mm/huge_memory.c:split_huge_pages_pid</c> and <c>__folio_split</c>.</summary>
    private void Split()
    {
        Add(_refcount, 0, 1);
        if (Load(_refcount, 0) != 2)
        {
            Again++;
            Put(0);
            return;
        }
        // unmap_folio(): what is pinned stays mapped, page by page
        SetPmd(Entry.Migration);
        bool pinned = Load(_pincount, 0) > 0;
        if (pinned) Add(_refcount, 0, Pages - 1);
        for (int i = 0; i < Pages; i++) SetPte(i, pinned ? Entry.Present : Entry.Migration);
        if (!pinned) Put(0);
        SetPmd(Entry.None);
        bool split = Freeze();
        if (split)
        {
            for (int i = 1; i < Pages; i++) Store(_head, i, 0);
            Store(_order, 0, 0);
            for (int i = 1; i < Pages; i++) Store(_refcount, i, 1);
            Store(_refcount, 0, 1);
        }
        for (int i = 0; i < Pages; i++)
        {
            if (Pte(i) != Entry.Migration) continue;
            Add(_refcount, PageFolio(i), 1);
            SetPte(i, Entry.Present);
        }
        for (int i = split ? Pages - 1 : 0; i >= 0; i--) Put(i);
        if (split) Splits++;
        else Again++;
    }

    /// <summary><c>folio_ref_freeze</c>.</summary>
    private bool Freeze()
    {
        Step();
        if (_refcount[0] != 1) return false;
        _refcount[0] = 0;
        return true;
    }

    /// <summary><c>mm/memory.c:zap_pte_range</c>, <c>zap_huge_pmd</c>.</summary>
    private void Zap()
    {
        if (Pmd() == Entry.Present)
        {
            SetPmd(Entry.None);
            Put(0);
            return;
        }
        for (int i = 0; i < Pages; i++)
        {
            SetPte(i, Entry.None);
            Put(PageFolio(i));
        }
    }

    /// <summary><c>__do_huge_pmd_anonymous_page</c>: a new folio, once the last pin of the pages is gone.</summary>
    private void Fault()
    {
        do Step();
        while (_free != Pages);
        _free = 0;
        for (int i = 1; i < Pages; i++) Store(_head, i, 1);
        Store(_order, 0, 3);
        Store(_refcount, 0, 1);
        SetPmd(Entry.Present);
    }

    private int PageFolio(int page)
    {
        int head = Load(_head, page);
        return head == 0 ? page : head - 1;
    }

    /// <summary><c>folio_ref_try_add</c>.</summary>
    private bool TryGet(int folio)
    {
        Step();
        if (_refcount[folio] == 0) return false;
        _refcount[folio]++;
        return true;
    }

    /// <summary><c>folio_put</c>: who drops the last reference frees.</summary>
    private void Put(int folio)
    {
        Step();
        _assert(_refcount[folio] > 0, "a reference too many was dropped");
        if (--_refcount[folio] > 0) return;
        _assert(_pincount[folio] == 0, "a pinned folio was freed");
        if (Load(_order, folio) == 3)
        {
            for (int i = 1; i < Pages; i++) Store(_head, i, 0);
            Store(_order, folio, 0);
            Add(ref _free, Pages);
        }
        else
        {
            Add(ref _free, 1);
        }
        _assert(_free <= Pages, "a page was freed twice");
    }

    private Entry Pmd()
    {
        Step();
        return _pmd;
    }

    private void SetPmd(Entry entry)
    {
        Step();
        _pmd = entry;
    }

    private Entry Pte(int slot)
    {
        Step();
        return _pte[slot];
    }

    private void SetPte(int slot, Entry entry)
    {
        Step();
        _pte[slot] = entry;
    }

    private int Load(int[] words, int page)
    {
        Step();
        return words[page];
    }

    private void Store(int[] words, int page, int value)
    {
        Step();
        words[page] = value;
    }

    private void Add(int[] words, int page, int value) => Add(ref words[page], value);

    private void Add(ref int word, int value)
    {
        Step();
        word += value;
    }
}
