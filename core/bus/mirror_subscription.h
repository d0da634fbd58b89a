// A Subscription to the copy that an SharedWatch keeps: what is in it, then every change to it.
#pragma once

#include <memory>

#include "core/base/executor.h"
#include "core/bus/cluster.h"
#include "core/bus/shared_watch.h"

namespace cleat::bus {

// `lease` is kept as long as the subscription. `clock` paces bookmarks.
std::unique_ptr<Subscription> makeMirrorSubscription(base::Executor& clock, std::shared_ptr<SharedWatch> watch,
                                                     std::shared_ptr<void> lease);

}  // namespace cleat::bus
