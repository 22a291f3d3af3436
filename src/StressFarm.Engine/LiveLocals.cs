using System.Reflection;
using System.Reflection.Emit;

namespace StressFarm.Engine;

// Which locals of a suspended method can still be read.
//
// The compiler keeps a method's locals in fields of a struct, and leaves there what is never looked at again: two states that differ in nothing else are the
// same. What is read again is found where it must be true, in the code that the compiler made (`MoveNext`), by the usual analysis of live variables: backwards,
// a field is live before an instruction that reads it, and not before one that overwrites it. A method that is suspended in its state n goes on where
// the jumps at its beginning lead for n; one that suspends itself in n needs what is live there. Whatever is not understood counts as a read: an
// address that is taken, a jump that cannot be followed, a handler of exceptions that may run after any instruction.

/// <summary>For each number of a state in which a method can be suspended, the fields that may be read after it goes on.</summary>
internal static class LiveLocals
{
    /// <summary>The field that says where a method is suspended.</summary>
    public const string StateName = "<>1__state";
    /// <summary>Longer beginnings are not followed.</summary>
    private const int MostJumps = 400;

    private readonly record struct Instruction(int Offset, OpCode Code, long Operand, int[] Targets);

    /// <summary>Null where the code is not understood: then every field counts.</summary>
    /// <param name="machine">the struct that the compiler made of a method</param>
    public static Dictionary<int, HashSet<FieldInfo>>? Of(Type machine)
    {
        MethodInfo? method = machine.GetMethod("MoveNext", BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic);
        if (method?.GetMethodBody() is not { } body || body.GetILAsByteArray() is not { } il) return null;
        return new Analysis(machine, method, body, il).Run();
    }

    private sealed class Analysis
    {
        private readonly Type _machine;
        private readonly MethodInfo _method;
        private readonly MethodBody _body;
        private readonly List<Instruction> _code;
        private readonly Dictionary<int, int> _at;
        private readonly FieldInfo?[] _fields;
        private readonly HashSet<FieldInfo>[] _live;
        private readonly Dictionary<int, HashSet<FieldInfo>> _states = [];
        /// <summary>By instruction that suspends the method: the state's number.</summary>
        private readonly Dictionary<int, int> _suspends = [];

        public Analysis(Type machine, MethodInfo method, MethodBody body, byte[] il)
        {
            (_machine, _method, _body) = (machine, method, body);
            _code = Decode(il);
            _at = Enumerable.Range(0, _code.Count).ToDictionary(i => _code[i].Offset);
            _fields = [.. _code.Select(OwnField)];
            _live = [.. _code.Select(_ => new HashSet<FieldInfo>())];
        }

        public Dictionary<int, HashSet<FieldInfo>>? Run()
        {
            for (int i = 0; i < _code.Count; i++)
            {
                if (IsCopied(_code[i])) return null;
                if (!Suspends(_code[i])) continue;
                if (StateBefore(i) is not { } state) return null;
                _suspends[i] = state;
                _states[state] = [];
            }
            for (bool more = true; more;)
            {
                more = false;
                for (int i = _code.Count - 1; i >= 0; i--) more |= Flow(i);
                foreach (int state in _states.Keys.ToArray())
                {
                    HashSet<FieldInfo> resumed = Resume(state);
                    if (resumed.IsSubsetOf(_states[state])) continue;
                    _states[state].UnionWith(resumed);
                    more = true;
                }
            }
            return _states;
        }

        /// <summary>The builder is handed the method itself.</summary>
        private bool Suspends(Instruction at) =>
            at.Code == OpCodes.Call && _method.Module.ResolveMethod((int)at.Operand, Arguments, null)?.Name is "AwaitUnsafeOnCompleted" or "AwaitOnCompleted";

        /// <summary>All fields are read at once, by whoever is handed the method and is not its builder.</summary>
        private bool IsCopied(Instruction at)
        {
            if (at.Code == OpCodes.Ldobj) return _method.Module.ResolveType((int)at.Operand, Arguments, null) == _machine;
            if (at.Code.OperandType != OperandType.InlineMethod || Suspends(at)) return false;
            return _method.Module.ResolveMethod((int)at.Operand, Arguments, null)!.GetParameters().Any(p => p.ParameterType == _machine || p.ParameterType == _machine.MakeByRefType());
        }

        private Type[]? Arguments => _machine.IsGenericType ? _machine.GetGenericArguments() : null;

        private FieldInfo? OwnField(Instruction at)
        {
            if (at.Code != OpCodes.Ldfld && at.Code != OpCodes.Stfld && at.Code != OpCodes.Ldflda) return null;
            FieldInfo? field = _method.Module.ResolveField((int)at.Operand, Arguments, null);
            return field?.DeclaringType == _machine ? field : null;
        }

        /// <summary>The number that was put into the state's field before.</summary>
        private int? StateBefore(int at)
        {
            int i = at - 1;
            while (i >= 0 && !(_code[i].Code == OpCodes.Stfld && _fields[i]?.Name == StateName)) i--;
            while (--i >= 0)
                if (Constant(_code[i]) is { } number) return number;
            return null;
        }

        /// <summary>What is live before an instruction, from what is live after it. True when that is more than was known.</summary>
        private bool Flow(int at)
        {
            HashSet<FieldInfo> live = _live[at];
            int before = live.Count;
            bool overwrites = Overwrites(at);
            foreach (int next in Following(at))
                foreach (FieldInfo field in _live[next])
                    if (!overwrites || field != _fields[at]) live.Add(field);
            if (_suspends.TryGetValue(at, out int state)) live.UnionWith(_states[state]);
            if (_fields[at] is { } own && !overwrites) live.Add(own);
            return live.Count > before;
        }

        private bool Overwrites(int at) =>
            _code[at].Code == OpCodes.Stfld || (_code[at].Code == OpCodes.Ldflda && at + 1 < _code.Count && _code[at + 1].Code == OpCodes.Initobj);

        private IEnumerable<int> Following(int at)
        {
            Instruction code = _code[at];
            foreach (int target in code.Targets) yield return _at[target];
            if (code.Code.FlowControl is not (FlowControl.Branch or FlowControl.Return or FlowControl.Throw) && at + 1 < _code.Count) yield return at + 1;
            // After a finally block comes whatever was left for.
            if (code.Code == OpCodes.Endfinally)
                foreach (Instruction leave in _code)
                    if (leave.Code == OpCodes.Leave || leave.Code == OpCodes.Leave_S) yield return _at[leave.Targets[0]];
            foreach (ExceptionHandlingClause clause in _body.ExceptionHandlingClauses)
                if (code.Offset >= clause.TryOffset && code.Offset < clause.TryOffset + clause.TryLength) yield return _at[clause.HandlerOffset];
        }

        /// <summary>What is live when the method goes on in a state: the jumps that ask for the state are followed, and what they lead over is read.</summary>
        private HashSet<FieldInfo> Resume(int state)
        {
            var live = new HashSet<FieldInfo>();
            var stack = new Stack<int?>();
            int local = -1, at = 0;
            for (int jumps = 0; jumps < MostJumps; jumps++)
            {
                Instruction code = _code[at];
                OpCode op = code.Code;
                if (op == OpCodes.Nop) { }
                else if (op == OpCodes.Ldarg_0) stack.Push(null);
                else if (op == OpCodes.Ldfld && _fields[at] is { } field && stack.TryPop(out _))
                {
                    if (field.Name != StateName) live.Add(field);
                    stack.Push(field.Name == StateName ? state : null);
                }
                else if (Constant(code) is { } number) stack.Push(number);
                else if (Stored(code) is { } into && stack.TryPop(out int? value))
                {
                    // From here on the state is another, or it was never kept in a local.
                    if (into == local) break;
                    if (value == state && local < 0) local = into;
                    else if (local >= 0 && value is not null) break;
                }
                else if (Loaded(code) is { } from && from == local) stack.Push(state);
                else if (op == OpCodes.Sub && stack.Count >= 2)
                {
                    int? right = stack.Pop(), left = stack.Pop();
                    stack.Push(left - right);
                }
                else if (op == OpCodes.Switch && stack.TryPop(out int? which) && which is { } chosen)
                {
                    at = chosen >= 0 && chosen < code.Targets.Length ? _at[code.Targets[chosen]] : at + 1;
                    continue;
                }
                else if (op.FlowControl == FlowControl.Branch && op != OpCodes.Leave && op != OpCodes.Leave_S)
                {
                    at = _at[code.Targets[0]];
                    continue;
                }
                else if (op.FlowControl == FlowControl.Cond_Branch && op != OpCodes.Switch && Jumps(op, stack) is { } taken)
                {
                    at = taken ? _at[code.Targets[0]] : at + 1;
                    continue;
                }
                else break;
                at++;
            }
            live.UnionWith(_live[at]);
            return live;
        }

        /// <summary>Whether a jump that asks for numbers is taken; null where they are not known.</summary>
        private static bool? Jumps(OpCode op, Stack<int?> stack)
        {
            string name = op.Name!.Replace(".s", "", StringComparison.Ordinal);
            if (name is "brtrue" or "brfalse") return stack.TryPop(out int? only) && only is { } asked ? asked != 0 == (name == "brtrue") : null;
            if (stack.Count < 2 || stack.Pop() is not { } right || stack.Pop() is not { } left) return null;
            return name switch
            {
                "beq" => left == right,
                "bne.un" => left != right,
                "ble.un" => (uint)left <= (uint)right,
                "bgt.un" => (uint)left > (uint)right,
                "blt.un" => (uint)left < (uint)right,
                "bge.un" => (uint)left >= (uint)right,
                "ble" => left <= right,
                "bgt" => left > right,
                "blt" => left < right,
                "bge" => left >= right,
                _ => null,
            };
        }

        private static int? Constant(Instruction at) => at.Code.Name switch
        {
            "ldc.i4.m1" => -1,
            "ldc.i4" or "ldc.i4.s" => (int)at.Operand,
            ['l', 'd', 'c', '.', 'i', '4', '.', >= '0' and <= '8'] name => name[^1] - '0',
            _ => null,
        };

        private static int? Stored(Instruction at) => Slot(at, "stloc");
        private static int? Loaded(Instruction at) => Slot(at, "ldloc");

        private static int? Slot(Instruction at, string kind)
        {
            string name = at.Code.Name!;
            if (!name.StartsWith(kind, StringComparison.Ordinal) || name.Contains("loca", StringComparison.Ordinal)) return null;
            return name.Length > kind.Length && char.IsDigit(name[^1]) ? name[^1] - '0' : (int)at.Operand;
        }
    }

    private static readonly Dictionary<int, OpCode> s_codes = typeof(OpCodes).GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(f => (OpCode)f.GetValue(null)!).ToDictionary(c => (int)(ushort)c.Value);

    private static List<Instruction> Decode(byte[] il)
    {
        var code = new List<Instruction>();
        for (int at = 0; at < il.Length;)
        {
            int begin = at;
            int value = il[at++];
            if (value == 0xfe) value = value << 8 | il[at++];
            OpCode op = s_codes[value];
            int size = op.OperandType switch
            {
                OperandType.InlineNone => 0,
                OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
                OperandType.InlineVar => 2,
                OperandType.InlineI8 or OperandType.InlineR => 8,
                _ => 4,
            };
            long operand = size switch
            {
                1 => (sbyte)il[at],
                2 => BitConverter.ToUInt16(il, at),
                4 => BitConverter.ToInt32(il, at),
                8 => BitConverter.ToInt64(il, at),
                _ => 0,
            };
            if (op.OperandType == OperandType.ShortInlineVar) operand = il[at];
            at += size;
            int[] targets = [];
            if (op.OperandType == OperandType.InlineSwitch)
            {
                int count = (int)operand, end = at + 4 * count;
                targets = [.. Enumerable.Range(0, count).Select(i => end + BitConverter.ToInt32(il, at + 4 * i))];
                at = end;
            }
            else if (op.OperandType is OperandType.InlineBrTarget or OperandType.ShortInlineBrTarget)
            {
                targets = [at + (int)operand];
            }
            code.Add(new Instruction(begin, op, operand, targets));
        }
        return code;
    }
}
