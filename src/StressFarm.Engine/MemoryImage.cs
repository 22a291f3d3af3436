namespace StressFarm.Engine;

/// <summary>The lines that were written, as they were at some moment.</summary>
internal sealed class MemoryImage
{
    public int[] Lines = [];
    public ulong[] Words = [], Writers = [];
    public int Count;
}

public abstract partial class WordMemory
{
    internal void Save(MemoryImage image)
    {
        if (image.Lines.Length < _dirtyCount)
        {
            int room = _dirtyCount + 16;
            (image.Lines, image.Words, image.Writers) = (new int[room], new ulong[room * 8], new ulong[room * 8]);
        }
        image.Count = _dirtyCount;
        DirtyLines.CopyTo(image.Lines);
        int at = 0;
        foreach (int line in DirtyLines)
        {
            _words.AsSpan(line * 8, 8).CopyTo(image.Words.AsSpan(at));
            _writers.AsSpan(line * 8, 8).CopyTo(image.Writers.AsSpan(at));
            at += 8;
        }
    }

    internal void Load(MemoryImage image)
    {
        ReadOnlySpan<int> lines = image.Lines.AsSpan(0, image.Count);
        // Mostly a few steps back on one path: what was written by then is the beginning of what is written now.
        int kept = DirtyLines.StartsWith(lines) ? image.Count : 0;
        foreach (int line in DirtyLines[kept..])
        {
            _lineDirty[line] = false;
            _writers.AsSpan(line * 8, 8).Clear();
            Pristine(line).CopyTo(_words.AsSpan(line * 8, 8));
        }
        _dirtyCount = kept;
        foreach (int line in lines[kept..]) MarkDirty(line);
        int at = 0;
        foreach (int line in lines)
        {
            image.Words.AsSpan(at, 8).CopyTo(_words.AsSpan(line * 8, 8));
            image.Writers.AsSpan(at, 8).CopyTo(_writers.AsSpan(line * 8, 8));
            at += 8;
        }
    }

    /// <summary>What the words hold, however they came to it: a line that was written and is as after a reset counts for nothing.</summary>
    internal void AddTo(ref StateHash hash)
    {
        foreach (int line in DirtyLines)
        {
            ReadOnlySpan<ulong> words = _words.AsSpan(line * 8, 8);
            if (words.SequenceEqual(Pristine(line))) continue;
            var part = new StateHash((ulong)line + 1);
            part.Add(words);
            hash.Merge(in part);
        }
    }
}
