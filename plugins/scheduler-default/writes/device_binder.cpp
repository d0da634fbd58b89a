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

void giveBack(resource_v1::ResourceClaimStatus::Builder status) {
  status.disownAllocation();
  status.disownReservedFor();
  status.disownDevices();
}

bool sameDevices(const Object<ResourceClaim>& a, const Object<ResourceClaim>& b) {
  auto of = [](const Object<ResourceClaim>& claim) {
    return claim->getStatus().getAllocation().getDevices().getResults();
  };
  return capnp::toAny(of(a)) == capnp::toAny(of(b));
}

Result<Step> stepFor(const Object<ResourceClaim>& live, const DeviceGrant& grant, const Object<Pod>& pod,
                     WallTime now) {
  const bool isSame = live && (grant.isToBeMade() ? devices::isMadeFor(live, pod) : live.uid() == grant.claim.uid());
  if (!isSame) {
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
  if (!devices::isAllocated(live)) {
    status.setAllocation(grant.claim->getStatus().getAllocation());
    status.getAllocation().setAllocationTimestamp(formatTime(now));
  }
  devices::reserveFor(status, pod);
  return step;
}

void writeMappings(core_v1::PodStatus::Builder status, const std::string& claim,
                   const std::vector<ResourceMapping>& mappings) {
  auto made = status.initExtendedResourceClaimStatus();
  made.setResourceClaimName(claim);
  auto list = made.initRequestMappings(static_cast<uint32_t>(mappings.size()));
  for (uint32_t i = 0; i < list.size(); ++i) {
    list[i].setContainerName(mappings[i].container);
    list[i].setResourceName(mappings[i].resource);
    list[i].setRequestName(mappings[i].request);
  }
}

}  // namespace

void DeviceBinder::bind(const Object<Pod>& pod, const std::string& node, std::vector<DeviceGrant> grants) {
  spawn(run(pod, node, std::move(grants)));
}

Task<void> DeviceBinder::run(Object<Pod> pod, std::string node, std::vector<DeviceGrant> grants) {
  std::vector<std::string> claims;
  for (size_t i = 0; i < grants.size(); ++i) {
    auto writing = writeOne(pod, grants[i]);
    Result<Object<ResourceClaim>> written = co_await std::move(writing);
    if (!written) {
      sayFailed(pod, written.error().message);
      outcomes_.written(pod);
      outcomes_.failed(pod);
      co_return;
    }
    // What was decided is kept until it is seen: nobody may think the devices free in between.
    bool seen = false;
    while (!seen) {
      auto waiting = claims_.waitFor(written->revision());
      seen = co_await std::move(waiting);
    }
    claims.push_back(written->key());
  }
  outcomes_.written(pod);
  if (readiness_.begin({pod, node, claims})) {
    events_.normal(pod, "BindingConditionsPending", "Scheduling",
                   concat("waiting for binding conditions for device on node ", node));
    co_return;
  }
  outcomes_.ready(pod, node, std::move(claims));
}

void DeviceBinder::sayFailed(const Object<Pod>& pod, const std::string& why) {
  events_.warning(pod, "FailedScheduling", "Scheduling", concat("running PreBind plugin \"DynamicResources\": ", why));
}

DeviceReadiness::Hooks DeviceBinder::readinessHooks() {
  using Wait = DeviceReadiness::Wait;
  return {
      .claim = [this](const std::string& key) { return claims_.get(key); },
      .ready = [this](const Wait& wait) { outcomes_.ready(wait.pod, wait.node, wait.claims); },
      .failed = [this](const Wait& wait, std::string why,
                       std::vector<std::string> unready) { spawn(giveUp(wait, std::move(why), std::move(unready))); }};
}

// Another node may have devices that become ready, or others of this one.
Task<void> DeviceBinder::giveUp(DeviceReadiness::Wait wait, std::string why, std::vector<std::string> unready) {
  sayFailed(wait.pod, why);
  for (size_t i = 0; i < wait.claims.size(); ++i) {
    const bool isUnready = std::ranges::find(unready, wait.claims[i]) != unready.end();
    auto releasing = takeOut(wait.pod, wait.claims[i], isUnready ? Devices::goBack : Devices::stay);
    co_await std::move(releasing);
  }
  outcomes_.failed(wait.pod);
}

Task<Result<Object<ResourceClaim>>> DeviceBinder::writeOne(Object<Pod> pod, DeviceGrant grant) {
  if (grant.isToBeMade()) return make(std::move(pod), std::move(grant));
  Object<ResourceClaim> known = claims_.get(grant.key);
  return write(std::move(pod), std::move(grant), std::move(known));
}

Task<Result<Object<ResourceClaim>>> DeviceBinder::make(Object<Pod> pod, DeviceGrant grant) {
  for (size_t i = 0; i < grant.replaces.size(); ++i) {
    auto removing = remove(claims_.get(grant.replaces[i]));
    co_await std::move(removing);
  }
  Draft<ResourceClaim> draft(grant.claim);
  draft->disownStatus();
  auto creating = client_.create(std::move(draft));
  auto made = co_await std::move(creating);
  if (!made) {
    made.error().message = concat("create claim for extended resources of ", pod.key(), ": ", made.error().message);
    co_return fail(made.error());
  }
  grant.key = made->key();
  auto writing = write(pod, grant, *made);
  Result<Object<ResourceClaim>> written = co_await std::move(writing);
  if (written) {
    auto noting = note(pod, str(made->name()), grant.mappings);
    Result<void> noted = co_await std::move(noting);
    if (noted) co_return written;
    noted.error().message = concat("tell pod ", pod.key(), " of its claim: ", noted.error().message);
    written = fail(noted.error());
  }
  auto removing = remove(*made);
  co_await std::move(removing);
  co_return written;
}

Task<Result<void>> DeviceBinder::note(Object<Pod> pod, std::string claim, std::vector<ResourceMapping> mappings) {
  Object<Pod> current = pod;
  Status last = Status::internal("too many conflicts");
  for (int i = 0; i < kMostTries; ++i) {
    Draft<Pod> draft(current);
    writeMappings(draft->getStatus(), claim, mappings);
    auto updating = client_.updateStatus(std::move(draft));
    auto updated = co_await std::move(updating);
    if (updated) co_return Result<void>();
    last = updated.error();
    if (!last.is(409)) break;
    auto looking = client_.get<Pod>(pod.ns(), pod.name());
    auto live = co_await std::move(looking);
    if (!live) co_return fail(live.error());
    if (live->uid() != pod.uid()) break;
    current = *live;
  }
  co_return fail(last);
}

void DeviceBinder::saysItStays(const Object<ResourceClaim>& claim, const Status& why) {
  context_.log.warn("claim ", claim.key(), " stays although it is of no use: ", why.message);
}

// Whoever made it takes the finalizer away: nobody else has a part in it.
Task<void> DeviceBinder::remove(Object<ResourceClaim> claim) {
  Object<ResourceClaim> live = claim;
  for (int i = 0; live && live.uid() == claim.uid() && i < kMostTries; ++i) {
    Draft<ResourceClaim> draft(live);
    if (removeFinalizer(draft.meta(), devices::kDeleteProtection)) {
      auto freeing = client_.update<ResourceClaim>(std::move(draft));
      auto freed = co_await std::move(freeing);
      if (!freed && freed.error().is(409)) {
        auto looking = lookUp(claim.key());
        live = co_await std::move(looking);
        continue;
      }
      if (!freed) {
        if (!freed.error().is(404)) saysItStays(claim, freed.error());
        co_return;
      }
    }
    DeleteOptions only;
    only.preconditionUid = claim.uid();
    auto removing = client_.remove<ResourceClaim>(claim.ns(), claim.name(), only);
    auto removed = co_await std::move(removing);
    if (!removed && !removed.error().is(404)) saysItStays(claim, removed.error());
    co_return;
  }
}

Task<Result<Object<ResourceClaim>>> DeviceBinder::write(Object<Pod> pod, DeviceGrant grant,
                                                        Object<ResourceClaim> live) {
  Status last = Status::internal("too many conflicts");
  for (int i = 0; i < kMostTries; ++i) {
    Result<Step> step = stepFor(live, grant, pod, context_.wallNow());
    if (!step) co_return fail(step.error());
    if (step->what == Step::What::nothing) co_return live;
    const bool isStatus = step->what == Step::What::status;
    auto pending = isStatus ? client_.updateStatus(std::move(*step->draft))
                            : client_.update<ResourceClaim>(std::move(*step->draft));
    auto written = co_await std::move(pending);
    if (written) {
      live = *written;
      if (isStatus) co_return live;
      continue;
    }
    last = written.error();
    auto looking = lookUp(grant.key);
    live = co_await std::move(looking);
    if (!last.is(409) && last.code < 500 && last.code >= 400) break;
  }
  co_return fail(last);
}

Task<Object<ResourceClaim>> DeviceBinder::lookUp(std::string key) {
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
    auto one = takeOut(pod, claims[i], Devices::stay);
    co_await std::move(one);
  }
}

Task<void> DeviceBinder::takeOut(Object<Pod> pod, std::string claim, Devices devices) {
  for (int i = 0; i < kMostTries; ++i) {
    auto looking = lookUp(claim);
    const Object<ResourceClaim> live = co_await std::move(looking);
    if (!live || !devices::isReservedFor(live->getStatus(), pod.uid())) co_return;
    if (devices::isForExtendedResources(live) && devices::isMadeFor(live, pod)) {
      auto removing = remove(live);
      co_await std::move(removing);
      co_return;
    }
    Draft<ResourceClaim> draft(live);
    if (devices == Devices::goBack && live->getStatus().getReservedFor().size() == 1) {
      giveBack(draft->getStatus());
    } else {
      removeConsumer(draft->getStatus(), pod.uid());
    }
    auto pending = client_.updateStatus(std::move(draft));
    auto written = co_await std::move(pending);
    if (written) co_return;
  }
}

void DeviceBinder::deallocate(const std::string& claim, const std::string& podUid) { spawn(clear(claim, podUid)); }

Task<void> DeviceBinder::clear(std::string claim, std::string podUid) {
  const Object<ResourceClaim> live = claims_.get(claim);
  if (live && devices::isForExtendedResources(live) && isControlledBy(live.meta(), podUid)) {
    auto removing = remove(live);
    co_await std::move(removing);
    co_return;
  }
  if (!live || !devices::isAllocated(live)) co_return;
  for (auto consumer : live->getStatus().getReservedFor()) {
    if (view(consumer.getUid()) != podUid) co_return;
  }
  Draft<ResourceClaim> draft(live);
  giveBack(draft->getStatus());
  auto pending = client_.updateStatus(std::move(draft));
  auto written = co_await std::move(pending);
  // Where somebody was quicker, the pod is tried again for that.
  if (!written) context_.log.info("devices of claim ", claim, " were not given back: ", written.error().message);
}

}  // namespace cleat::scheduling
