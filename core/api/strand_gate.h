// StrandGate: the gate as the API's handlers have it. What they ask goes on on the strand of the exchange that it is
// asked for, wherever the gate came to its answer (the store's committer, a plugin's strand). They have no other way to
// the gate, so none of them can forget to come back.
//
//   Result<bus::Written> written = co_await gate.ask(exchange, &gate::Gate::remove, user, target, options);
#pragma once

#include "core/base/on_strand.h"
#include "core/gate/gate.h"
#include "core/http/exchange.h"

namespace cleat::api {

class StrandGate {
 public:
  explicit StrandGate(gate::Gate& gate) : gate_(gate) {}

  template <class T, class... Parameters, class... Arguments>
  Task<T> ask(http::Exchange& exchange, Task<T> (gate::Gate::*question)(Parameters...),
              Arguments&&... arguments) const {
    return base::onStrand(*exchange.strand(), (gate_.*question)(std::forward<Arguments>(arguments)...));
  }

  // These answer at once.
  object::KindRegistry& kinds() const { return gate_.kinds(); }
  store::SnapshotRef snapshot() const { return gate_.store().snapshot(); }
  // The state at that revision; says how far we are when it is in the future.
  Result<store::SnapshotRef> snapshotAt(uint64_t revision) const { return gate_.store().at(revision); }

 private:
  gate::Gate& gate_;
};

}  // namespace cleat::api
