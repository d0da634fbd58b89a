@0xd3a95c1e7b40f628;
# The role `store-engine`: keeps what the server must not forget, in place of the SQLite database that is built in ([store] engine).
# It knows keys, values and revisions and nothing else. One plugin fills it; the server calls it alone, one call at a time, and
# nobody else reaches it. It is loaded before all others: there are no objects yet that it could read or write.
#
# A call that failed may have been done or not: the server opens the store anew before the next one, and says what it knows to be
# there.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("cleat::role");

interface StoreEngine {
  open @0 OpenStoreParams -> OpenStoreResults;
  # Before anything else, and again after a call that failed, or when the plugin has been started anew.

  write @1 WriteStoreParams -> ();
  # A batch, in the order of revisions: all of it or nothing, and durable when it answers.

  read @2 ReadStoreParams -> ReadStoreResults;
  # The kept changes, oldest first, some at a time. What is live is always among them.

  note @3 StoreNoteParams -> StoreNoteResults;
  setNote @4 SetStoreNoteParams -> ();
  # Numbers that are kept under a name.

  compact @5 CompactStoreParams -> ();
  # Forgets what was overwritten or deleted at or before a revision. Nobody waits for it to be durable.
}

struct OpenStoreParams {
  unsynced @0 :Bool;
  # The data is for a test: nothing waits for the disk.
  hasKnown @1 :Bool;
  known @2 :UInt64;
  # With `hasKnown`: changes after this revision have been told to nobody. They are undone, for good.
}

struct OpenStoreResults {
  lastRevision @0 :UInt64;
  # The last that was written; 0: none.
  horizon @1 :UInt64;
  # The revision up to which history has been given up; 0: none has.
}

struct StoreRecord {
  key @0 :Text;
  # "/registry/pods/default/web"
  revision @1 :UInt64;
  # Each takes the next.
  replaces @2 :UInt64;
  # The revision of the same key that this one takes the place of; 0: none. May be left 0 in what is read.
  deleted @3 :Bool;
  value @4 :Data;
  # Of a deletion the last state.
}

struct WriteStoreParams {
  records @0 :List(StoreRecord);
  isFirst @1 :Bool;
  # A batch begins with these; what was left of another is forgotten.
  isLast @2 :Bool;
  # It ends with these. Until then nothing of it counts: a large batch comes in several calls.
}

struct ReadStoreParams {
  after @0 :UInt64;
  # Those with a larger revision.
  mostBytes @1 :UInt32;
  # How much at once, more or less.
}

struct ReadStoreResults {
  records @0 :List(StoreRecord);
  ended @1 :Bool;
  # There are no more.
}

struct StoreNoteParams {
  name @0 :Text;
}

struct StoreNoteResults {
  value @0 :UInt64;
  # 0: nothing was noted.
}

struct SetStoreNoteParams {
  name @0 :Text;
  value @1 :UInt64;
}

struct CompactStoreParams {
  revision @0 :UInt64;
}
