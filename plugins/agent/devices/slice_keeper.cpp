#include "devices/slice_keeper.h"

#include <cleat/sdk/fillers.h>

using namespace std::chrono_literals;

namespace cleat::agent {
namespace {

constexpr Duration kAskAgain = 1s;
constexpr Duration kComesBack = 30s;  // so long a driver may be away

}  // namespace

Task<void> SliceKeeper::keep() {
  Fillers fillers(context_);
  while (true) {
    auto listing = fillers.of(role::deviceDriver::describe);
    auto plugins = co_await std::move(listing);
    if (plugins && !plugins->empty()) break;
    co_await context_.sleep(kAskAgain);
  }
  const std::string ours = "spec.nodeName=" + context_.config().nodeName();
  slices_ = std::make_unique<Informer<resource_v1::ResourceSlice>>(context_, InformerOptions{.fieldSelector = ours});
  slices_->start();
  co_await slices_->waitSynced();
  while (true) {
    auto asking = drivers_.describeAll();
    auto described = co_await std::move(asking);
    // A plugin that does not answer has its drivers still.
    if (described) {
      health_.set(std::move(described->health));
      auto removing = removeSlicesWithout(std::move(described->drivers));
      co_await std::move(removing);
    }
    co_await context_.sleep(kAskAgain);
  }
}

Task<void> SliceKeeper::removeSlicesWithout(std::set<std::string> drivers) {
  std::erase_if(missing_, [&](const auto& one) { return drivers.contains(one.first); });
  std::vector<Object<resource_v1::ResourceSlice>> due;
  slices_->forEach([&](const Object<resource_v1::ResourceSlice>& slice) {
    const std::string driver = str(slice->getSpec().getDriver());
    if (drivers.contains(driver)) return;
    const Instant since = missing_.try_emplace(driver, context_.now()).first->second;
    if (context_.now() - since >= kComesBack) due.push_back(slice);
  });
  for (const auto& slice : due) {
    auto gone = co_await client_.remove<resource_v1::ResourceSlice>("", slice.name());
    if (gone || gone.error().is(404)) {
      context_.log.info("the driver ", slice->getSpec().getDriver(), " is not here: its ResourceSlice ", slice.name(),
                        " is removed");
    } else {
      context_.log.warn("cannot remove the ResourceSlice ", slice.name(), ": ", gone.error());
    }
  }
}

}  // namespace cleat::agent
