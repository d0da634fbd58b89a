@0xd70f8c2b95e14a63;
# The role `scheduler-extension`: has a say in where a scheduler puts pods, without being one. Any number of plugins fill it; a
# scheduler asks those that its configuration names. Pods that are the same to a scheduler are asked about together, and of
# all nodes at once: a bitmap says which, a column how good they are.
#
# Nodes have numbers. The scheduler says which node has which, with the first question and whenever that changes.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("cleat::role");

interface SchedulerExtension {
  describe @0 () -> ExtensionDescription;
  # What it wants to be asked. Before anything else, and again when it was not there for a while.

  judge @1 JudgeParams -> JudgeResults;
  # Which of the nodes are for the pods, and how good they are (PreFilter, Filter and Score). objects: a pod of each group,
  # then the nodes that have changed.

  reserve @2 PlacementsParams -> VerdictsResults;
  # Pods have been given nodes, and are about to be bound: takes what they need. Whoever is refused is placed anew. objects:
  # the pods.

  unreserve @3 PlacementsParams -> ();
  # What was taken for them is free again: they are not bound after all. Also said of placements whose `reserve` came to
  # nothing.

  permit @4 PlacementsParams -> VerdictsResults;
  # The last word on one pod, which may take its time: the pod is bound when this is answered. By the deadline at the latest;
  # afterwards the pod is refused.

  preBind @5 PlacementsParams -> VerdictsResults;
  # What has to be done before one pod is bound.

  postBind @6 PlacementsParams -> ();
  # The pod is bound.
}

struct ExtensionDescription {
  judges @0 :Bool;
  reserves @1 :Bool;
  permits @2 :Bool;
  preBinds @3 :Bool;
  postBinds @4 :Bool;
  resources @5 :List(Text);
  # Only pods that ask for one of these; none: all.
}

struct JudgeParams {
  table @0 :UInt64;
  # Which numbering of the nodes this is; it grows with each change.
  before @1 :UInt64;
  # The numbering that the changes below make `table` of; 0: they are all of it.
  size @2 :UInt32;
  # How many numbers there are.
  changed @3 :List(UInt32);
  # The numbers of the nodes among the objects.
  gone @4 :List(UInt32);
  # Numbers that are nobody's now.
  groups @5 :List(JudgedGroup);
}

struct JudgedGroup {
  pods @0 :UInt32;
  # How many such pods are waiting to be placed now.
  candidates @1 :Data;
  # Bit n%8 of byte n/8: the scheduler itself has nothing against node n but, perhaps, that it is full now.
}

struct JudgeResults {
  stale @0 :Bool;
  # `before` is not what is known here: all nodes are to be sent. Nothing else counts then.
  groups @1 :List(JudgedVerdict);
}

struct JudgedVerdict {
  refusal @0 :Text;
  # Why no node is for the pods at all; empty: it depends on the node.
  allowed @1 :Data;
  # As `candidates`; as long as these, or empty: all of them.
  reason @2 :Text;
  # Why the others are not, in the words of a pod's condition: "had too few gpus".
  scores @3 :List(UInt8);
  # By node, 0 to 100; as many as there are numbers, or none: all are as good.
  room @4 :List(UInt16);
  # By node: how many of these pods it takes; or none: as many as the scheduler likes.
  worse @5 :List(UInt16);
  # By node: by how many hundredths its score falls with each of these pods that it is given, to 0 at the lowest; or none: it
  # stays.
  worseAfter @6 :List(UInt16);
  # By node: so many of these pods leave its score as it is, before it begins to fall; or none: not one.
  againAfterMs @7 :UInt32;
  # When it is worth asking again about pods that found no node because of this, if nothing else happens that may help
  # them; 0: nothing is known of that.
}

struct PlacementsParams {
  nodes @0 :List(Text);
  # By pod.
  timeoutMs @1 :UInt32;
  # Of permit: how long it may take.
}

struct VerdictsResults {
  refusals @0 :List(Text);
  # By pod: why not; empty: it may be. None at all: all may.
}
