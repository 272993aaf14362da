/* The pages, and what each says before its functions. A new type goes onto one of them. */
#include "tools/library/library.h"

const struct page library_pages[] = {
    {"prelude", "Functions of the prelude",
     "What may be called anywhere by its bare name. A parameter of type Time takes a Duration, a Float in seconds or a Number in "
     "milliseconds; a negative one is a ValueError.",
     {""}},
    {"any", "Every value",
     "What every value has, besides the operators. A class may define its own.",
     {"any", "Type", "Function", "void"}},
    {"number", "Number",
     "A whole number from -2^63 to 2^63-1. Arithmetic whose result does not fit throws OverflowError; division truncates toward zero.",
     {"Number"}},
    {"float", "Float",
     "A 64-bit floating-point number (IEEE 754). Its text form is the shortest decimal that reads back equal.",
     {"Float"}},
    {"bool", "Bool", "`true` or `false`. Conditions take nothing else.", {"Bool"}},
    {"string", "String",
     "A text of Unicode code points, which never changes: methods give new ones. Lengths and indices count code points; a Char is a "
     "String of length 1. Other names: Char.",
     {"String"}},
    {"list", "List",
     "Values in a row, which never change: methods give new Lists, in place where nobody else holds the old one. Also written Array. "
     "A method that calls a function stops at the first error it throws.",
     {"List"}},
    {"dict", "Dict",
     "Values by key, in order of insertion; never changes. Keys need equality that cannot change: functions and instances with `state` "
     "fields are none. Also written Map.",
     {"Dict"}},
    {"set", "Set", "Values, each once, in order of insertion; never changes. Members need equality that cannot change.", {"Set"}},
    {"tuple", "Tuple", "A fixed number of values, `(1, \"a\")`; never changes. Its parts are `.0`, `.1` and so on.", {"Tuple"}},
    {"range", "Range",
     "The Numbers from one to another, `0..3` without and `0..=3` with the end, without a List being made of them.",
     {"Range"}},
    {"option", "Option", "`Some(value)` or `None`. Where a value may be missing, this is its type.", {"Option"}},
    {"result", "Result", "`Ok(value)` or `Err(error)`. What can fail without throwing gives it; `?` hands an Err on.", {"Result"}},
    {"generator", "Generator", "Values one after another, made when they are asked for, by a function with `yield`.", {"Generator"}},
    {"stream", "Stream", "Values one after another that may have to be waited for; nothing happens until they are asked for.", {"Stream"}},
    {"math", "Math", "Constants and functions of mathematics. Also written `math`.", {"Math"}},
    {"json", "Json", "Reading and writing JSON texts (RFC 8259). Also written `json` and `JSON`.", {"Json"}},
    {"file", "File",
     "Files and folders. An operation blocks the task that calls it, not the others of its isolate. What fails is an Err with an "
     "IOError: `kind` is \"FileNotFound\", \"PermissionDenied\", \"AlreadyExists\", \"NotADirectory\", \"IsADirectory\", "
     "\"DirectoryNotEmpty\", \"DiskFull\" or \"Other\", `path` is what it is about. A path with the code point 0 is a ValueError. "
     "Also written `fs`.",
     {"File"}},
    {"env", "Env", "The process: its arguments, its environment, its surroundings. Also written `env`.", {"Env"}},
    {"time", "Time, Date, Duration",
     "Clocks, dates and lengths of time. Where a Time is wanted, a Duration, a Float in seconds or a Number in milliseconds will do.",
     {"Time", "Date", "Duration"}},
    {"random", "Random", "Random numbers, from one generator per isolate or from one with a seed.", {"Random"}},
    {"future", "Future and Promise",
     "A value that comes later: a Future is the side that waits, a Promise the side that settles. Both may cross to other "
     "isolates. An Iterable is a List, Set, Range or Tuple.",
     {"Future", "Promise"}},
    {"task", "Tasks",
     "Asynchronous calls of one isolate: groups of them, their end, calls at a later time.",
     {"Task", "TaskGroup", "CancellationToken", "Timer"}},
    {"worker", "Worker and WorkerPool",
     "Isolates that run in parallel. What a worker's function captures, and what it gives, is sent: it must be sendable. An "
     "Iterable is a List, Set, Range or Tuple.",
     {"Worker", "WorkerPool", "TaskScheduler", "Parallel", "Priority"}},
    {"atomic", "Atomic", "A Number or Bool that isolates share; each operation is one step, and all are seen in one order.", {"Atomic"}},
    {"actor", "Actors",
     "Actors keep state of their own and change it one message at a time. `A(…)` or `spawn A(…)` of an actor gives its ActorRef; "
     "`ref ! M(args)` sends, where M is the name of a handler.",
     {"ActorRef", "ActorSystem", "Mailbox", "Message", "ActorState", "Overflow", "Actor"}},
    {"supervisor", "Supervision",
     "A Supervisor decides what becomes of actors that fail. `Supervisor().spawn_child(A, …)` gives the ActorRef of a child; a "
     "restart keeps ref and mailbox.",
     {"Supervisor", "RestartPolicy", "SupervisionStrategy", "BackoffStrategy", "SupervisorDirective"}},
    {"channel", "Channel, Sender, Receiver",
     "Values from any isolate to any other, in order. It closes when the last Sender is gone.",
     {"Channel", "Sender", "Receiver", "SendError"}},
    {"error", "Errors",
     "What `throw` throws and `catch` catches. Every error has `message`, `cause` (an Option), `suppressed` (a List of errors), `name` "
     "and `stackTrace`. Programs may extend every class.",
     {"Error", "RuntimeError", "TypeError", "ArityError", "ValueError", "ArithmeticError", "OverflowError", "DivisionByZeroError",
      "IndexOutOfBoundsError", "KeyError", "AttributeError", "AccessError", "ImmutableError", "UninitializedError", "MatchError",
      "UnwrapError", "PanicError", "StackOverflowError", "OutOfMemoryError", "MemoryLimitError", "DeadlockError", "WorkerPoolError",
      "IsolationError", "NotSendableError", "AssertionError", "ParseError", "TimeoutError", "CancellationError", "AggregateError",
      "IOError", "NetworkError", "ChannelError", "ChannelClosedError", "ChannelFullError", "ChannelEmptyError", "ActorError",
      "ActorStoppedError", "MailboxFullError", "UnknownMessageError"}},
    {"test", "system:test", "What tests say. In scope after `import \"system:test\"` only.",
     {"system:test", "Expectation"}},
};
const size_t library_page_count = sizeof library_pages / sizeof *library_pages;
