/*
 * Two CPUs pin and unpin pages of an order-3 folio by GUP-fast; a third splits the folio, unmaps its pages and makes it
 * anew, again and again. The same protocol as GupSplit.cs (StressFarm) and FolioRace.cs (Coyote), for simulation runs that
 * a number of steps ends. Kernel functions are named where their part begins. Needs no preprocessor.
 *
 * SPIN counts what it executes: the jumps and conditions of `do`, `for` and `if` are steps as the accesses are.
 */

mtype = { none, present, migration };

mtype pmd = present;    /* the page table above the slots: maps the whole folio while it is present */
mtype pte[8] = none;    /* slot i maps page i */
byte head[8];           /* compound_head: 0 of a head or a single page, the head + 1 of a tail */
byte order[8];          /* of a head */
short refcount[8];      /* of a folio, at its head */
short pincount[8];
byte free = 0;          /* pages that the allocator has */

/* include/linux/page-flags.h:page_folio */
inline page_folio(page, folio) {
  folio = (head[page] -> head[page] - 1 : page)
}

/* folio_put(): who drops the last reference frees; tails forget their head (free_tail_page_prepare) */
inline folio_put(folio, last, at) {
  atomic { assert(refcount[folio] > 0); refcount[folio]--; last = (refcount[folio] == 0) };
  if
  :: last ->
    assert(pincount[folio] == 0);
    if
    :: order[folio] == 3 ->
      for (at : 1 .. 7) { head[at] = 0 }
      order[folio] = 0;
      free = free + 8
    :: else -> free++
    fi;
    assert(free <= 8)
  :: else
  fi
}

/* mm/gup.c:gup_fast */
proctype Gup() {
  byte slot, folio, now, at;
  bool huge, last;
again:
  if
  :: slot = 0
  :: slot = 1
  :: slot = 2
  :: slot = 3
  :: slot = 4
  :: slot = 5
  :: slot = 6
  :: slot = 7
  fi;
  /* gup_fast_pmd_leaf() or gup_fast_pte_range() */
  if
  :: pmd == present -> huge = true
  :: pmd == none && pte[slot] == present -> huge = false
  :: else -> goto again
  fi;
  /* try_grab_folio_fast(): try_get_folio() */
  page_folio(slot, folio);
  if
  :: atomic { refcount[folio] > 0 -> refcount[folio]++ } /* folio_ref_try_add() */
  :: else -> goto again
  fi;
  page_folio(slot, now);
  if
  :: now != folio -> folio_put(folio, last, at); goto again
  :: else
  fi;
  pincount[folio]++;
  /* the entry may have changed meanwhile: gup_put_folio() */
  if
  :: (huge && pmd != present) || (!huge && (pmd != none || pte[slot] != present)) ->
    pincount[folio]--;
    folio_put(folio, last, at);
    goto again
  :: else
  fi;
  /* what is pinned stays as it is */
  page_folio(slot, now);
  assert(now == folio && refcount[folio] > 0 && pincount[folio] > 0);
  /* unpin_user_page() */
  pincount[folio]--;
  folio_put(folio, last, at);
  goto again
}

proctype Split() {
  byte i, folio, at;
  bool last;
again:
  /* mm/huge_memory.c:split_huge_pages_pid: a reference */
  refcount[0]++;
  /* folio_split(): with a reference too many it ends at once, -EAGAIN */
  if
  :: refcount[0] != 2 -> goto put
  :: else
  fi;
  /* unmap_folio(): __split_huge_pmd_locked() leaves a pinned folio mapped, page by page */
  pmd = migration;
  if
  :: pincount[0] > 0 ->
    refcount[0] = refcount[0] + 7;
    for (i : 0 .. 7) { pte[i] = present }
  :: else ->
    for (i : 0 .. 7) { pte[i] = migration }
    folio_put(0, last, at)
  fi;
  pmd = none;
  /* __folio_split(): folio_ref_freeze() */
  if
  :: atomic { refcount[0] == 1 -> refcount[0] = 0 };
    /* __split_unmapped_folio() */
    for (i : 1 .. 7) { head[i] = 0 }
    order[0] = 0;
    /* folio_ref_unfreeze(): the new folios, the original last */
    for (i : 1 .. 7) { assert(refcount[i] == 0); refcount[i] = 1 }
    refcount[0] = 1
  :: else
  fi;
  /* remap_page(): remove_migration_pte() */
  for (i : 0 .. 7) {
    if
    :: pte[i] == migration -> page_folio(i, folio); refcount[folio]++; pte[i] = present
    :: else
    fi
  }
  /* what a split leaves the caller: a reference of each part */
  if
  :: order[0] == 0 -> for (i : 1 .. 7) { folio_put(i, last, at) }
  :: else
  fi;
put:
  folio_put(0, last, at);
  /* mm/memory.c:zap_pte_range, zap_huge_pmd */
  if
  :: pmd == present -> pmd = none; folio_put(0, last, at); goto anew
  :: else
  fi;
  for (i : 0 .. 7) {
    pte[i] = none;
    page_folio(i, folio);
    folio_put(folio, last, at)
  }
anew:
  /* __do_huge_pmd_anonymous_page(): the pages come back when their last pin is gone */
  free == 8 -> free = 0;
  for (i : 1 .. 7) { head[i] = 1 } /* prep_compound_page() */
  order[0] = 3;
  refcount[0] = 1;
  pmd = present;
  goto again
}

init {
  byte i;
  atomic {
    for (i : 1 .. 7) { head[i] = 1 }
    order[0] = 3;
    refcount[0] = 1;
    run Gup();
    run Gup();
    run Split()
  }
}
