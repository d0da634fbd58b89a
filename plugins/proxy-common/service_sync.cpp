#include "proxy-common/service_sync.h"

#include <cleat/sdk/meta.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "proxy-common/netfilter.h"

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
  for (OfFamily& one : families_) (void)co_await sync(one);
  if (std::ranges::all_of(families_, [](const OfFamily& one) { return one.table.empty(); })) {
    for (const OfFamily& one : families_) {
      if (!one.applied) co_return one.applied;
    }
  }
  started_ = true;
  changed();  // what came while the first ones were running, and what failed
  co_return Result<void>();
}

void ServiceSync::changed() {
  for (OfFamily& one : families_) {
    one.dirty = true;
    if (!started_ || std::exchange(one.syncing, true)) continue;
    spawn(syncUntilClean(one));
  }
}

Task<void> ServiceSync::syncUntilClean(OfFamily& one) {
  while (one.dirty) {
    one.dirty = false;
    const Instant began = context_.now();
    Result<void> done = co_await sync(one);
    if (!done) {
      context_.log.error("cannot follow the services of ", nameOf(one.family), ": ", done.error().message);
      one.dirty = true;
      co_await context_.sleep(kRetryAfter);
      continue;
    }
    const Duration took = context_.now() - began;
    if (took < minInterval_) co_await context_.sleep(minInterval_ - took);
  }
  one.syncing = false;
}

Task<Result<void>> ServiceSync::sync(OfFamily& one) {
  const Family family = one.family;
  const std::string& name = context_.config().nodeName();
  const Place place{name, zoneOf(node_.get(name))};
  // Of both families at once.
  if (family == Family::ipv4) health_.keep(makeHealthChecks(services_, slices_, name));
  auto table = std::make_shared<const std::vector<ServicePort>>(makeServiceTable(services_, slices_, place, family));
  if (one.applied && *table == one.table) co_return Result<void>();
  auto work = [apply = &apply_, family, table]() -> Result<void> {
    try {
      return (*apply)(family, *table);
    } catch (const std::exception& error) {
      return fail(Status::internal(error.what()));
    }
  };
  // After a failure nobody knows what is in effect, even when the table becomes again what it was before.
  one.applied = co_await context_.blocking(work);
  if (one.applied) one.table = *table;
  co_return one.applied;
}

Result<void> ProxyPlugin::applyIfPossible(Family family, const std::vector<ServicePort>& table) {
  if (family == Family::ipv4) return apply(family, table);
  if (ipv6_ == Ipv6::unknown) ipv6_ = canTranslate(family) ? Ipv6::works : Ipv6::absent;
  if (ipv6_ == Ipv6::works) return apply(family, table);
  // A machine without IPv6 serves the services of both families by what it has.
  if (!table.empty() && std::exchange(ipv6_, Ipv6::missed) != Ipv6::missed) {
    log().error("services are not reached at their IPv6 addresses: ", canTranslate(family).error().message);
  }
  return {};
}

}  // namespace cleat::proxy
