/* The instruction set, as data: the enum, the names, the operand roles that liveness and the
 * verifier read, and the encoding all come from this table.
 *
 * Encoding: 32-bit words. The first word is  op | A << 8 | B << 16 | C << 24.
 *   ABC    one word
 *   ABX    op | A << 8 | Bx << 16          (Bx unsigned, sBx signed 16 bits)
 *   ABCW   one word and an extra word W
 *   ABXW   ABX and an extra word W
 *   JUMP   one word, A B C as the roles say, W = signed offset in words from the next instruction
 *   JUMPW  as JUMP with two extra words: W = descriptor, W2 = offset
 *   CALL   op | n << 8 | window << 16,  W1 = dst | mask << 16,  W2 = descriptor (function id, site ...)
 *          TCALLM has no dst: in its place stands the mask of the arguments that the frame's environment lends it
 * A jump's target is kept as a label until encoding.
 *
 * Roles of A, B, C:
 *   -  not a register (unused or immediate)
 *   u  read, lent: the register keeps its value
 *   c  read, consumed: the register is dead afterwards; also when the instruction throws
 *   d  written, owned result
 *   s  written, never a counted object (or an immortal one): needs no release
 *   b  written, borrowed from the frame's environment or a module: valid while the frame lives
 *   p  written, owned projection out of register B; has a borrowing twin (the next opcode, suffix _B)
 *      that liveness takes when B outlives the result
 *   m  consumed and written: changed in place
 *   v  read and possibly replaced by a scalar (CHECK)
 *   r  first of n consecutive consumed registers (n: see the macro's last column; pairs = 2n)
 * Flags: T may throw or run other code (so it needs an unwinding entry); J jumps; E ends the path (no fall-through);
 *   K has a twin (the next opcode, suffix _K) that skips the following DROP word when its operands are
 *   numbers, floats or bools: then nothing is to be dropped; P pseudo: resolved before encoding.
 *
 * Comments: R[x] register, K[x] constant, site = index into the VM-wide table of call/field sites
 * (symbol + inline cache word), test = index into the function's type checks. */
#ifndef VVM_OPCODES_H
#define VVM_OPCODES_H

/* V(name, format, roleA, roleB, roleC, flags) */
#define VVM_OPCODES(V) \
    /* -- moves and drops -- */ \
    V(NOP, ABC, '-', '-', '-', 0) \
    V(MOVE, ABC, 'd', 'c', '-', 0)        /* R[A] = R[B]; liveness turns it into COPY/TAKE where B lives on, is borrowed or a parameter */ \
    V(COPY, ABC, 'd', 'u', '-', 0)        /* R[A] = retain R[B] */ \
    V(TAKE, ABC, 'd', 'c', '-', 0)        /* B a parameter at its last use: given: move and clear its bit; lent: retain */ \
    V(LEND, ABC, 'b', 'u', '-', 0)        /* R[A] = R[B] without counting: argument of the next call */ \
    V(GIVE, ABC, 'd', 'c', '-', 0)        /* argument C of the next call from parameter B at its last use: moves given bit B of this frame to bit C of the call's mask */ \
    V(ARG, ABC, 'd', 'c', '-', VVM_OP_P)  /* argument transfer: becomes MOVE, COPY, LEND or GIVE; stands directly before its call (only ARGs between) */ \
    V(KEEP, ABC, 'u', '-', '-', VVM_OP_P) /* a read without effect: a variable never read is held to the end of its block */ \
    V(DROP, ABC, 'c', '-', '-', 0)        /* release R[A] */ \
    V(DROPP, ABC, 'c', '-', '-', 0)       /* A parameter: release it if given, clear its bit */ \
    V(DROP2, ABC, 'c', 'c', '-', 0)       /* release R[A] and R[B]; C & 1: A is a parameter, C & 2: B is */ \
    V(LOADI, ABX, 's', '-', '-', 0)       /* R[A] = Number sBx */ \
    V(LOADK, ABX, 's', '-', '-', 0)       /* R[A] = K[Bx] (constants are immortal) */ \
    V(UNSET, ABC, 's', '-', '-', 0)       /* R[A] = unset */ \
    V(SELECTED, ABC, 's', '-', '-', 0)    /* R[A] = Number: the arm that the call of __select just before has chosen */ \
    V(LOADW, ABX, 'd', '-', '-', 0)       /* R[A] = R[Bx], bits only; made by the encoder for registers above 255 */ \
    V(STOREW, ABX, 'c', '-', '-', 0)      /* R[Bx] = R[A], bits only; likewise */ \
    /* -- arithmetic: R[A] = R[B] op R[C]; an `I` form has the signed immediate C -- */ \
    V(ADD, ABC, 'd', 'u', 'u', VVM_OP_T | VVM_OP_K) V(ADD_K, ABC, 'd', 'u', 'u', VVM_OP_T) \
    V(SUB, ABC, 'd', 'u', 'u', VVM_OP_T | VVM_OP_K) V(SUB_K, ABC, 'd', 'u', 'u', VVM_OP_T) \
    V(MUL, ABC, 'd', 'u', 'u', VVM_OP_T | VVM_OP_K) V(MUL_K, ABC, 'd', 'u', 'u', VVM_OP_T) \
    V(DIV, ABC, 'd', 'u', 'u', VVM_OP_T | VVM_OP_K) V(DIV_K, ABC, 'd', 'u', 'u', VVM_OP_T) \
    V(MOD, ABC, 'd', 'u', 'u', VVM_OP_T | VVM_OP_K) V(MOD_K, ABC, 'd', 'u', 'u', VVM_OP_T) \
    V(ADDI, ABC, 'd', 'u', '-', VVM_OP_T | VVM_OP_K) V(ADDI_K, ABC, 'd', 'u', '-', VVM_OP_T) \
    V(SUBI, ABC, 'd', 'u', '-', VVM_OP_T | VVM_OP_K) V(SUBI_K, ABC, 'd', 'u', '-', VVM_OP_T) \
    V(MULI, ABC, 'd', 'u', '-', VVM_OP_T | VVM_OP_K) V(MULI_K, ABC, 'd', 'u', '-', VVM_OP_T) \
    V(ADDF, ABC, 's', 'u', 'u', VVM_OP_T) V(SUBF, ABC, 's', 'u', 'u', VVM_OP_T) V(MULF, ABC, 's', 'u', 'u', VVM_OP_T) V(DIVF, ABC, 's', 'u', 'u', VVM_OP_T) /* of two Floats: chosen by liveness */ \
    V(POW, ABC, 'd', 'u', 'u', VVM_OP_T) V(APPEND, ABC, 'd', 'u', 'u', VVM_OP_T) /* ++ */ \
    V(BAND, ABC, 's', 'u', 'u', VVM_OP_T) V(BOR, ABC, 's', 'u', 'u', VVM_OP_T) V(BXOR, ABC, 's', 'u', 'u', VVM_OP_T) \
    V(SHL, ABC, 's', 'u', 'u', VVM_OP_T) V(SHR, ABC, 's', 'u', 'u', VVM_OP_T) V(USHR, ABC, 's', 'u', 'u', VVM_OP_T) \
    V(NEG, ABC, 'd', 'u', '-', VVM_OP_T) V(NOT, ABC, 's', 'u', '-', VVM_OP_T) V(BNOT, ABC, 's', 'u', '-', VVM_OP_T) \
    V(EQ, ABC, 's', 'u', 'u', VVM_OP_T | VVM_OP_K) V(EQ_K, ABC, 's', 'u', 'u', VVM_OP_T) \
    V(NE, ABC, 's', 'u', 'u', VVM_OP_T | VVM_OP_K) V(NE_K, ABC, 's', 'u', 'u', VVM_OP_T) \
    V(LT, ABC, 's', 'u', 'u', VVM_OP_T | VVM_OP_K) V(LT_K, ABC, 's', 'u', 'u', VVM_OP_T) \
    V(LE, ABC, 's', 'u', 'u', VVM_OP_T | VVM_OP_K) V(LE_K, ABC, 's', 'u', 'u', VVM_OP_T) \
    V(GT, ABC, 's', 'u', 'u', VVM_OP_T | VVM_OP_K) V(GT_K, ABC, 's', 'u', 'u', VVM_OP_T) \
    V(GE, ABC, 's', 'u', 'u', VVM_OP_T | VVM_OP_K) V(GE_K, ABC, 's', 'u', 'u', VVM_OP_T) \
    /* -- jumps -- */ \
    V(JMP, JUMP, '-', '-', '-', VVM_OP_J | VVM_OP_E) \
    V(JF, JUMP, 'u', '-', '-', VVM_OP_T | VVM_OP_J) /* if R[A] is false; TypeError unless Bool */ \
    V(JT, JUMP, 'u', '-', '-', VVM_OP_T | VVM_OP_J) \
    V(JEQ, JUMP, '-', 'u', 'u', VVM_OP_T | VVM_OP_J) /* if (R[B] == R[C]) is A (0 or 1); likewise below */ \
    V(JLT, JUMP, '-', 'u', 'u', VVM_OP_T | VVM_OP_J) V(JLE, JUMP, '-', 'u', 'u', VVM_OP_T | VVM_OP_J) \
    V(JGT, JUMP, '-', 'u', 'u', VVM_OP_T | VVM_OP_J) V(JGE, JUMP, '-', 'u', 'u', VVM_OP_T | VVM_OP_J) \
    V(JEQI, JUMP, '-', 'u', '-', VVM_OP_T | VVM_OP_J) /* signed immediate C */ \
    V(JLTI, JUMP, '-', 'u', '-', VVM_OP_T | VVM_OP_J) V(JLEI, JUMP, '-', 'u', '-', VVM_OP_T | VVM_OP_J) \
    V(JGTI, JUMP, '-', 'u', '-', VVM_OP_T | VVM_OP_J) V(JGEI, JUMP, '-', 'u', '-', VVM_OP_T | VVM_OP_J) \
    V(JBAD, JUMP, 'u', '-', '-', VVM_OP_T | VVM_OP_J) /* `?`: if R[A] is None or Err; TypeError unless Option/Result */ \
    V(JBADQ, JUMP, 'u', '-', '-', VVM_OP_J)           /* `??`: if R[A] is None or Err */ \
    V(JSET, JUMP, 'u', '-', '-', VVM_OP_J)            /* if R[A] is not unset (default arguments) */ \
    /* -- Option and Result -- */ \
    V(WRAP, ABC, 'd', 'c', '-', VVM_OP_T)             /* R[A] = layer C around R[B] */ \
    V(UNWRAP, ABC, 'd', 'c', '-', 0)                  /* the content of Some/Ok; anything else: itself */ \
    V(PEEL, ABC, 'p', 'u', '-', VVM_OP_T) V(PEEL_B, ABC, 'p', 'u', '-', 0) /* content of any layered R[B] (patterns) */ \
    /* -- variables outside the frame -- */ \
    V(GETENV, ABX, 'b', '-', '-', 0)                  /* captured immutable variable Bx of the running closure */ \
    V(GETENVC, ABX, 'd', '-', '-', VVM_OP_T)          /* content of captured cell Bx; UninitializedError */ \
    V(SETENVC, ABX, 'c', '-', '-', VVM_OP_T)          /* captured cell Bx = R[A] */ \
    V(GETENVK, ABX, 'd', '-', '-', 0)                 /* the captured cell Bx itself, retained, to capture it again */ \
    V(NEWCELL, ABC, 'd', 'c', '-', VVM_OP_T)          /* R[A] = new cell holding R[B] */ \
    V(GETCELL, ABC, 'd', 'u', '-', VVM_OP_T) V(SETCELL, ABC, 'u', 'c', '-', VVM_OP_T) \
    V(SETONCE, ABC, 'u', 'c', '-', VVM_OP_T)          /* as SETCELL; ImmutableError unless the cell is unset */ \
    V(CLOSURE, ABCW, 'd', 'r', '-', VVM_OP_T)         /* closure of function W over R[B] ... R[B+C-1] */ \
    V(SIBLING, ABXW, 'd', '-', '-', 0)                /* function W over the running closure's own environment */ \
    V(SIBLINGOF, ABCW, 'd', 'u', '-', 0)              /* function W over the environment of closure R[B] */ \
    V(GETMOD, ABXW, 'b', '-', '-', VVM_OP_T)          /* module variable W; UninitializedError, NotSendableError elsewhere */ \
    V(SETMOD, ABXW, 'c', '-', '-', VVM_OP_T)          /* binds module variable W (checked, made immortal, published) */ \
    V(GETMODS, ABXW, 'd', '-', '-', VVM_OP_T)         /* module `state` variable W; IsolationError outside main */ \
    V(SETMODS, ABXW, 'c', '-', '-', VVM_OP_T) \
    /* -- making values: n registers from B -- */ \
    V(LIST, ABC, 'd', 'r', '-', VVM_OP_T) V(LISTADD, ABC, 'm', 'r', '-', VVM_OP_T) V(LISTCAT, ABC, 'm', 'c', '-', VVM_OP_T) /* append all of iterable R[B] */ \
    V(TUPLE, ABC, 'd', 'r', '-', VVM_OP_T) \
    V(DICT, ABC, 'd', '-', '-', VVM_OP_T) V(DICTADD, ABC, 'm', 'c', 'c', VVM_OP_T) V(DICTCAT, ABC, 'm', 'c', '-', VVM_OP_T) /* {}; R[A][R[B]] = R[C]; ...R[B] */ \
    V(SET, ABC, 'd', '-', '-', VVM_OP_T) V(SETADD, ABC, 'm', 'c', '-', VVM_OP_T) V(SETCAT, ABC, 'm', 'c', '-', VVM_OP_T) \
    V(RANGE, ABC, 'd', 'u', 'u', VVM_OP_T) V(RANGEI, ABC, 'd', 'u', 'u', VVM_OP_T) \
    V(STRUCT, ABCW, 'd', 'r', '-', VVM_OP_T)          /* struct of type id W */ \
    V(ENUM, ABCW, 'd', 'r', '-', VVM_OP_T)            /* payload variant; W = index of a VVM_VARIANT constant */ \
    V(NEWOBJ, ABXW, 'd', '-', '-', VVM_OP_T)          /* instance of type id W, fields unset, a trace if it is an Error */ \
    V(INITDONE, ABC, 'u', '-', '-', VVM_OP_T)         /* all fields set? UninitializedError; marks it finished (escaped or not) */ \
    V(TEXT, ABC, 'd', 'c', '-', VVM_OP_T)             /* R[A] = toString of R[B] */ \
    V(CONCAT, ABC, 'd', 'r', '-', VVM_OP_T)           /* of the C strings from R[B] */ \
    /* -- members -- */ \
    V(GETFIELD, ABXW, 'd', 'u', '-', VVM_OP_T)        /* R[A] = R[B].site W; owned: it may be a getter's, or be assigned to meanwhile */ \
    V(SETFIELD, ABXW, 'u', 'c', '-', VVM_OP_T)        /* instance R[A].site W = R[B]; ImmutableError unless `state` or in construction */ \
    V(RSET, ABXW, 'm', 'c', '-', VVM_OP_T)            /* R[A] with field site W replaced by R[B] */ \
    V(TUPGET, ABC, 'p', 'u', '-', VVM_OP_T) V(TUPGET_B, ABC, 'p', 'u', '-', VVM_OP_T) /* R[B].C */ \
    V(INDEX, ABC, 'p', 'u', 'u', VVM_OP_T) V(INDEX_B, ABC, 'p', 'u', 'u', VVM_OP_T) \
    V(INDEXI, ABC, 'p', 'u', '-', VVM_OP_T) V(INDEXI_B, ABC, 'p', 'u', '-', VVM_OP_T) /* R[B][C], C unsigned immediate */ \
    V(LSET, ABC, 'm', 'u', 'c', VVM_OP_T)             /* R[A] with [R[B]] = R[C] */ \
    /* -- patterns: jump if R[A] does not fit -- */ \
    V(JNTYPE, JUMPW, 'u', '-', '-', VVM_OP_T | VVM_OP_J)   /* W = test */ \
    V(JNVAR, JUMPW, 'u', '-', '-', VVM_OP_J)          /* W = index of a VVM_VARIANT constant (type and variant) */ \
    V(JNLAYER, JUMP, 'u', '-', '-', VVM_OP_J)         /* C = enum vvm_layer */ \
    V(JNLEN, JUMP, 'u', '-', '-', VVM_OP_J)           /* B: 0 list of exactly C, 1 list of at least C, 2 tuple of exactly C */ \
    V(JNFIELD, JUMPW, 'u', '-', '-', VVM_OP_T | VVM_OP_J)  /* struct, instance or dict without member site W */ \
    V(ELEM, ABC, 'p', 'u', '-', 0) V(ELEM_B, ABC, 'p', 'u', '-', 0)       /* list or tuple element C, known to exist */ \
    V(ELEMR, ABC, 'p', 'u', '-', 0) V(ELEMR_B, ABC, 'p', 'u', '-', 0)     /* C-th from the end, 1 = last */ \
    V(SLOT, ABC, 'p', 'u', '-', 0) V(SLOT_B, ABC, 'p', 'u', '-', 0)       /* field C of a record of known type; ir.w: of a struct or variant, which never change */ \
    V(REST, ABCW, 'd', 'u', '-', VVM_OP_T)            /* list R[B] from C to length - W */ \
    V(MATCHFAIL, ABC, 'u', '-', '-', VVM_OP_T | VVM_OP_E) /* MatchError */ \
    /* -- type tests -- */ \
    V(CHECK, ABX, 'v', '-', '-', VVM_OP_T)            /* test Bx: TypeError with its text; Number -> Float where wanted */ \
    V(IS, ABXW, 's', 'u', '-', VVM_OP_T)              /* R[A] = R[B] is test W */ \
    V(AS, ABXW, 'd', 'c', '-', VVM_OP_T)              /* R[A] = R[B] as test W */ \
    V(DEFP, ABC, '-', 'c', '-', 0)                    /* parameter A = R[B], owned: its given bit is set */ \
    /* -- calls: frame window at register `window`: 3 header slots, then n arguments; consumes callee and arguments -- */ \
    V(CALL, CALL, 'd', '-', '-', VVM_OP_T | VVM_OP_CALL)    /* callee value stands in R[window] */ \
    V(CALLF, CALL, 'd', '-', '-', VVM_OP_T | VVM_OP_CALL)   /* W2 = function id; header slots unset */ \
    V(CALLM, CALL, 'd', '-', '-', VVM_OP_T | VVM_OP_CALL)   /* W2 = site; argument 0 is the receiver */ \
    V(CALLS, CALL, 'd', '-', '-', VVM_OP_T | VVM_OP_CALL)   /* super call: W2 = site with type id: method of that type; argument 0 = this */ \
    V(CALLB, CALL, 'd', '-', '-', VVM_OP_T | VVM_OP_CALL)   /* callback of a built-in: arguments adapted (5.4); callee in R[window] */ \
    V(CALLN, CALL, 'd', '-', '-', VVM_OP_T | VVM_OP_CALL)   /* named or spread arguments: W2 = call shape; callee in R[window] */ \
    V(CALLMN, CALL, 'd', '-', '-', VVM_OP_T | VVM_OP_CALL)  /* likewise for a method: the shape names the site */ \
    V(LOOP, CALL, 'd', '-', '-', VVM_OP_T | VVM_OP_CALL)    /* a library loop over the function's own parameters (loop.h), W2 = kind: calls \
                                                               the callback for one element, goes on at AGAIN, or behind it when all are done */ \
    V(AGAIN, ABC, 'c', '-', '-', VVM_OP_T)                  /* stands behind its LOOP: takes the callback's result in R[A] and runs the LOOP again; B = kind */ \
    V(TCALL, CALL, '-', '-', '-', VVM_OP_T | VVM_OP_CALL | VVM_OP_E | VVM_OP_TAIL) \
    V(TCALLF, CALL, '-', '-', '-', VVM_OP_T | VVM_OP_CALL | VVM_OP_E | VVM_OP_TAIL) \
    V(TCALLM, CALL, '-', '-', '-', VVM_OP_T | VVM_OP_CALL | VVM_OP_E | VVM_OP_TAIL) \
    V(TCALLN, CALL, '-', '-', '-', VVM_OP_T | VVM_OP_CALL | VVM_OP_E | VVM_OP_TAIL) \
    V(TCALLMN, CALL, '-', '-', '-', VVM_OP_T | VVM_OP_CALL | VVM_OP_E | VVM_OP_TAIL) \
    V(TSELF, CALL, '-', '-', '-', VVM_OP_T | VVM_OP_CALL | VVM_OP_E | VVM_OP_TAIL) /* this very function again with n == parameter count; W2: VVM_TSELF_WORD */ \
    V(ACALL, CALL, 'd', '-', '-', VVM_OP_T | VVM_OP_CALL | VVM_OP_TAIL)  /* await in tail position: an async callee takes over this */ \
    V(ACALLF, CALL, 'd', '-', '-', VVM_OP_T | VVM_OP_CALL | VVM_OP_TAIL) /* fiber and Future (never comes back); any other is called */ \
    V(ACALLM, CALL, 'd', '-', '-', VVM_OP_T | VVM_OP_CALL | VVM_OP_TAIL) /* normally, and the next instruction awaits its value */ \
    V(RETURN, ABC, 'c', '-', '-', VVM_OP_E) V(RETP, ABC, 'c', '-', '-', VVM_OP_E) /* of an owned register; of a parameter (move if given, else retain) */ \
    V(RETB, ABC, 'u', '-', '-', VVM_OP_E) V(RETV, ABC, '-', '-', '-', VVM_OP_E)   /* of a borrowed one (retain); void */ \
    V(AWAIT, ABC, 'd', 'c', '-', VVM_OP_T)            /* suspends until settled; other values: themselves */ \
    V(THROW, ABC, 'c', '-', '-', VVM_OP_T | VVM_OP_E) /* a String is thrown as Error(text) */ \
    V(JCANCEL, JUMP, 'u', '-', '-', VVM_OP_J)         /* if R[A] is this task's own cancellation (only a `catch` that names it takes it) */ \
    /* -- generators (vm/exec/generator.h); W = id of the generator function the yield stands in, or is nested in -- */ \
    V(GENERATE, ABC, '-', '-', '-', VVM_OP_T)         /* after the parameters: the call returns a Generator that goes on behind this */ \
    V(ITERATE, ABC, 'd', 'c', '-', VVM_OP_T)          /* R[A] = a Generator nobody else holds over the iterable R[B] */ \
    V(YIELD, ABCW, '-', 'c', '-', VVM_OP_T)           /* hands R[B] to the caller of next() */ \
    V(DELEGATE, ABCW, '-', 'c', '-', VVM_OP_T)        /* hands out all of the Generator R[B]; C: this frame is done then */ \
    /* -- pseudo: protected regions -- */ \
    V(TRY, JUMP, '-', '-', '-', VVM_OP_P)             /* from here errors go to the label; the error is put into R[A] (owned) there */ \
    V(ENDTRY, ABC, '-', '-', '-', VVM_OP_P)           /* closes the innermost open region */ \
    V(LABEL, ABC, '-', '-', '-', VVM_OP_P)

enum vvm_format { VVM_FORMAT_ABC, VVM_FORMAT_ABX, VVM_FORMAT_ABCW, VVM_FORMAT_ABXW /* op A B 0, W */, VVM_FORMAT_JUMP,
                  VVM_FORMAT_JUMPW, VVM_FORMAT_CALL };

enum { VVM_OP_T = 1, VVM_OP_J = 2, VVM_OP_E = 4, VVM_OP_K = 8, VVM_OP_P = 16, VVM_OP_CALL = 32, VVM_OP_TAIL = 64 };

enum vvm_opcode {
#define VVM_X(name, format, a, b, c, flags) VVM_OPC_##name,
    VVM_OPCODES(VVM_X)
#undef VVM_X
    VVM_OPCODE_COUNT
};

/* W2 of TSELF: where to go on (behind the checks that hold already), and the parameters that stay where they are. */
#define VVM_TSELF_WORD(entry, kept) ((uint32_t)(entry) | (uint32_t)(kept) << 16)
#define VVM_TSELF_ENTRY(word) ((word) & 0xffff)
#define VVM_TSELF_KEPT(word) ((word) >> 16)

struct vvm_opcode_info { const char *name; unsigned char format; char a, b, c; unsigned char flags; };
extern const struct vvm_opcode_info vvm_opcode_info[VVM_OPCODE_COUNT];

#endif
