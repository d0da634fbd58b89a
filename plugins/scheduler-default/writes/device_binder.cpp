#include "writes/device_binder.h"

#include <capnp/any.h>
#include <cleat/sdk/meta.h>

#include <algorithm>

#include "device-common/pod_claims.h"

namespace cleat::scheduling {
namespace {

using Consumer = resource_v1::ResourceClaimConsumerReference;

constexpr int kMostTries = 10;
constexpr Duration kFirstLook = std::chrono::seconds(1);
constexpr Duration kMostLook = std::chrono::seconds(30);

// What is to be written next so that the claim is the pod's.
struct Step {
  enum class What : uint8_t { nothing, metadata, status } what = What::nothing;
  std::optional<Draft<ResourceClaim>> draft;
};

void removeConsumer(resource_v1::ResourceClaimStatus::Builder status, std::string_view uid) {
  std::vector<Consumer::Reader> kept;
  for (auto consumer : status.asReader().getReservedFor()) {
    if (view(consumer.getUid()) != uid) kept.push_back(consumer);
  }
  status.adoptReservedFor(listOf<Consumer>(orphanageOf(status), kept));
}

bool sameDevices(const Object<ResourceClaim>& a, const Object<ResourceClaim>& b) {
  auto of = [](const Object<ResourceClaim>& claim) {
    return claim->getStatus().getAllocation().getDevices().getResults();
  };
  return capnp::toAny(of(a)) == capnp::toAny(of(b));
}

Result<Step> stepFor(const Object<ResourceClaim>& live, const DeviceGrant& grant, const Object<Pod>& pod) {
  if (!live || live.uid() != grant.claim.uid()) {
    return fail(Status::notFound("resourceclaims.resource.k8s.io", splitKey(grant.key).name));
  }
  if (deletionPending(live.meta())) {
    return fail(Status::internal(concat("claim ", grant.key, " got deleted in the meantime")));
  }
  Step step;
  if (devices::isAllocated(live)) {
    if (!sameDevices(live, grant.claim)) {
      return fail(Status::internal(concat("claim ", grant.key, " got allocated elsewhere in the meantime")));
    }
    if (devices::isReservedFor(live->getStatus(), pod.uid())) return step;
  } else if (!grant.isNew) {
    return fail(Status::internal(concat("claim ", grant.key, " got deallocated in the meantime")));
  }
  step.draft.emplace(live);
  // Nobody deletes it while it has devices.
  if (!devices::isAllocated(live) && addFinalizer(step.draft->meta(), devices::kDeleteProtection)) {
    step.what = Step::What::metadata;
    return step;
  }
  step.what = Step::What::status;
  auto status = (*step.draft)->getStatus();
  if (!devices::isAllocated(live)) status.setAllocation(grant.claim->getStatus().getAllocation());
  devices::reserveFor(status, pod);
  return step;
}

}  // namespace

void DeviceBinder::bind(const Object<Pod>& pod, const std::string& node, std::vector<DeviceGrant> grants) {
  spawn(run(pod, node, std::move(grants)));
}

Task<void> DeviceBinder::run(Object<Pod> pod, std::string node, std::vector<DeviceGrant> grants) {
  for (size_t i = 0; i < grants.size(); ++i) {
    auto writing = write(pod, grants[i]);
    Result<uint64_t> written = co_await std::move(writing);
    if (!written) {
      events_.warning(pod, "FailedScheduling",
                      concat("running PreBind plugin \"DynamicResources\": ", written.error().message));
      outcomes_.failed(pod);
      co_return;
    }
    // What was decided is kept until it is seen: nobody may think the devices free in between.
    bool seen = false;
    while (!seen) {
      auto waiting = claims_.waitFor(*written);
      seen = co_await std::move(waiting);
    }
  }
  outcomes_.bound(pod, node);
}

Task<Result<uint64_t>> DeviceBinder::write(Object<Pod> pod, DeviceGrant grant) {
  Object<ResourceClaim> live = claims_.get(grant.key);
  Status last = Status::internal("too many conflicts");
  for (int i = 0; i < kMostTries; ++i) {
    Result<Step> step = stepFor(live, grant, pod);
    if (!step) co_return fail(step.error());
    if (step->what == Step::What::nothing) co_return live.revision();
    const bool isStatus = step->what == Step::What::status;
    auto pending = isStatus ? client_.updateStatus(std::move(*step->draft))
                            : client_.update<ResourceClaim>(std::move(*step->draft));
    auto written = co_await std::move(pending);
    if (written) {
      live = *written;
      if (isStatus) co_return live.revision();
      continue;
    }
    last = written.error();
    auto looking = look(grant.key);
    live = co_await std::move(looking);
    if (!last.is(409) && last.code < 500 && last.code >= 400) break;
  }
  co_return fail(last);
}

Task<Object<ResourceClaim>> DeviceBinder::look(std::string key) {
  Duration wait = kFirstLook;
  while (true) {
    auto pending = client_.get<ResourceClaim>(key);
    auto live = co_await std::move(pending);
    if (live) co_return *live;
    if (live.error().is(404)) co_return Object<ResourceClaim>();
    context_.log.warn("what claim ", key, " has is not known: ", live.error().message);
    co_await context_.sleep(wait);
    wait = std::min(2 * wait, kMostLook);
  }
}

Task<void> DeviceBinder::release(Object<Pod> pod, std::vector<std::string> claims) {
  for (size_t i = 0; i < claims.size(); ++i) {
    auto one = takeOut(pod, claims[i]);
    co_await std::move(one);
  }
}

Task<void> DeviceBinder::takeOut(Object<Pod> pod, std::string claim) {
  for (int i = 0; i < kMostTries; ++i) {
    auto looking = look(claim);
    const Object<ResourceClaim> live = co_await std::move(looking);
    if (!live || !devices::isReservedFor(live->getStatus(), pod.uid())) co_return;
    Draft<ResourceClaim> draft(live);
    removeConsumer(draft->getStatus(), pod.uid());
    auto pending = client_.updateStatus(std::move(draft));
    auto written = co_await std::move(pending);
    if (written) co_return;
  }
}

void DeviceBinder::deallocate(const std::string& claim, const std::string& podUid) { spawn(clear(claim, podUid)); }

Task<void> DeviceBinder::clear(std::string claim, std::string podUid) {
  const Object<ResourceClaim> live = claims_.get(claim);
  if (!live || !devices::isAllocated(live)) co_return;
  for (auto consumer : live->getStatus().getReservedFor()) {
    if (view(consumer.getUid()) != podUid) co_return;
  }
  Draft<ResourceClaim> draft(live);
  auto status = draft->getStatus();
  status.disownAllocation();
  status.disownReservedFor();
  status.disownDevices();
  auto pending = client_.updateStatus(std::move(draft));
  auto written = co_await std::move(pending);
  // Where somebody was quicker, the pod is tried again for that.
  if (!written) context_.log.info("devices of claim ", claim, " were not given back: ", written.error().message);
}

}  // namespace cleat::scheduling
