@0xc1ea7c1ea7c1eae1;
# The role `audit`: takes what the audit log says of requests and keeps it, or passes it on. Any number of plugins fill it, and
# each gets all of it.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("cleat::role");

interface Audit {
  write @0 WriteAuditParams -> ();
  # Keeps the events. A failure means that none of them is known to be kept: the same batch comes again, after a while. One
  # plugin is asked to write one batch at a time, in the order of the events.
}

struct WriteAuditParams {
  events @0 :List(Text);
  # Each an Event of audit.k8s.io/v1, in JSON on one line.
}
