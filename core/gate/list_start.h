// Where a list begins: the state of the cluster that it is of, and behind which object, as its options say. What of it
// the client has to bring back for the next page is a token that means nothing to anybody else.
#pragma once

#include <cleat/sdk/status.h>

#include <optional>
#include <string>

#include "core/bus/cluster.h"
#include "core/store/store.h"

namespace cleat::gate {

// The revision that the list is of (0: whichever is the present one), and the last object given.
struct ListPosition {
  uint64_t revision = 0;
  std::string ns, name;
};

struct ListStart {
  store::SnapshotRef snapshot;
  std::optional<ListPosition> after;  // none: from the beginning
};

// 400 for a token that is none; 410 where what it, or the options, ask for is gone; 504 for what is still to come.
Result<ListStart> listStart(store::Store& store, const bus::ListOptions& options);

std::string continueToken(const ListPosition& at);
// The token for the rest of a list as it is now; empty of one that is none.
std::string continueTokenAtPresent(const std::string& token);

}  // namespace cleat::gate
