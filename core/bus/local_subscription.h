// A Subscription to the objects of the store in this process: what exists, straight from a snapshot (read piece by
// piece, never copied), then every later change from the hub.
#pragma once

#include "core/base/executor.h"
#include "core/bus/cluster.h"
#include "core/bus/watch.h"
#include "core/store/store.h"

namespace cleat::bus {

// `spec.afterRevision` does not matter. `clock` paces the bookmarks (SYNCED again, at most once a minute). All three
// must outlive the subscription; one thread at a time uses it; nothing calls back after it is gone.
std::unique_ptr<Subscription> subscribeToStore(base::Executor& clock, store::Store& store, Hub& hub, WatchSpec spec);

}  // namespace cleat::bus
