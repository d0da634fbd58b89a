#include "proxy-common/service_sync.h"

#include <cleat/sdk/meta.h>

#include <memory>
#include <string>
#include <utility>

namespace cleat::proxy {

ServiceSync::ServiceSync(Context& context, Duration minInterval, Apply apply)
    : context_(context), minInterval_(minInterval), apply_(std::move(apply)), services_(context), slices_(context),
      node_(context, {.fieldSelector = "metadata.name=" + context.config().nodeName()}) {
  addServiceIndex(slices_);
  services_.onChange([this](const auto&, const auto&) { changed(); });
  slices_.onChange([this](const auto&, const auto&) { changed(); });
  node_.onChange([this](const auto& before, const auto& now) {
    if (zoneOf(before) != zoneOf(now)) changed();
  });
}

std::string ServiceSync::zoneOf(const Object<core_v1::Node>& node) {
  return node ? std::string(label(node.meta(), "topology.kubernetes.io/zone").value_or("")) : std::string();
}

Task<Result<void>> ServiceSync::start() {
  co_await services_.waitSynced();
  co_await slices_.waitSynced();
  // What is not known of the node yet keeps no service waiting.
  node_.start();
  Result<void> first = co_await sync();
  if (!first) co_return first;
  started_ = true;
  changed();  // what came while the first one was running
  co_return Result<void>();
}

void ServiceSync::changed() {
  dirty_ = true;
  if (!started_ || syncing_) return;
  syncing_ = true;
  spawn(syncUntilClean());
}

Task<void> ServiceSync::syncUntilClean() {
  while (dirty_) {
    dirty_ = false;
    const Instant began = context_.now();
    Result<void> done = co_await sync();
    if (!done) {
      context_.log.error("cannot follow the services: ", done.error().message);
      dirty_ = true;
      co_await context_.sleep(kRetryAfter);
      continue;
    }
    const Duration took = context_.now() - began;
    if (took < minInterval_) co_await context_.sleep(minInterval_ - took);
  }
  syncing_ = false;
}

Task<Result<void>> ServiceSync::sync() {
  const std::string& name = context_.config().nodeName();
  const Place place{name, zoneOf(node_.get(name))};
  auto table = std::make_shared<const std::vector<ServicePort>>(makeServiceTable(services_, slices_, place));
  if (applied_ && *table == table_) co_return Result<void>();
  auto work = [apply = &apply_, table]() -> Result<void> {
    try {
      return (*apply)(*table);
    } catch (const std::exception& error) {
      return fail(Status::internal(error.what()));
    }
  };
  Result<void> done = co_await context_.blocking(work);
  // After a failure nobody knows what is in effect, even when the table becomes again what it was before.
  applied_ = done.has_value();
  if (done) table_ = *table;
  co_return done;
}

}  // namespace cleat::proxy
