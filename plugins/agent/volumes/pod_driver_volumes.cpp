#include "volumes/pod_driver_volumes.h"

#include <cleat/sdk/file.h>
#include <cleat/sdk/meta.h>

#include <boost/json.hpp>

#include "volume-common/attachment_names.h"
#include "volumes/expansion.h"

namespace cleat::agent {
namespace {

// Behind the name of a volume that a driver has been asked to mount, and has not said yet that it has: no volume's name
// has a point in it.
constexpr const char* kAttempt = ".attempt";

std::unexpected<Status> setUpFailed(std::string_view volume, Status why) {
  why.message = concat("MountVolume.SetUp failed for volume \"", volume, "\" : ", why.message);
  return fail(std::move(why));
}

// Whether the files are given to the pod's group, as the driver's policy has it.
bool takesGroup(const DriverVolume& volume, const DriverPolicy& policy) {
  if (volume.block || volume.readOnly || policy.group == DriverPolicy::Group::none) return false;
  if (policy.group == DriverPolicy::Group::file) return true;
  if (volume.fsType.empty()) return false;
  if (!volume.isCsi || volume.volume.empty()) return true;
  // What several nodes write has the owners that it has.
  for (const std::string& mode : volume.accessModes) {
    if (mode == "ReadWriteOnce" || mode == "ReadWriteOncePod") return true;
  }
  return false;
}

Result<void> checkLifecycle(const DriverVolume& volume, const DriverPolicy& policy) {
  if (!volume.isCsi || !policy.isSaid) return {};
  const bool isOwn = volume.volume.empty();
  if (isOwn ? policy.isEphemeral : policy.isPersistent) return {};
  return fail(Status::badRequest(concat("volume mode \"", isOwn ? "Ephemeral" : "Persistent",
                                        "\" not supported by driver ", volume.driver, " (only supports [",
                                        policy.modes.empty() ? "\"Persistent\"" : policy.modes, "])")));
}

}  // namespace

const PodDriverVolumes::Mounted* PodDriverVolumes::find(std::string_view name) const {
  auto found = mounted_.find(name);
  return found == mounted_.end() ? nullptr : &found->second;
}

bool PodDriverVolumes::isDue(const Mounted& mounted, const DriverVolume& volume) const {
  if (mounted.volume != volume) return true;
  return mounted.republishes && node_.context.now() - mounted.at >= node_.lookAgain;
}

Task<Result<void>> PodDriverVolumes::mount(Object<core_v1::Pod> pod, const LastingVolumes& lasting) {
  for (auto volume : pod->getSpec().getVolumes()) {
    const std::string name = str(volume.getName());
    auto inOwnRight = driverVolumeOf(*pod, volume);
    if (!inOwnRight) co_return setUpFailed(name, std::move(inOwnRight.error()));
    std::optional<DriverVolume> driven = std::move(*inOwnRight);
    std::string shown = name;
    if (auto found = lasting.find(name); found != lasting.end()) {
      driven = found->second.driver;
      shown = found->second.name;
    }
    if (!driven) continue;
    if (volume.getPersistentVolumeClaim().getReadOnly()) driven->readOnly = true;
    auto before = mounted_.find(name);
    if (before != mounted_.end() && !isDue(before->second, *driven)) continue;
    auto mounting = mountOne(pod, name, std::move(*driven));
    Result<void> mounted = co_await std::move(mounting);
    if (!mounted) co_return setUpFailed(shown, std::move(mounted.error()));
  }
  co_return Result<void>();
}

Task<Result<SecretTexts>> PodDriverVolumes::secret(SecretName name) {
  SecretTexts texts;
  if (name.name.empty()) co_return texts;
  auto found = co_await node_.client.get<core_v1::Secret>(name.ns, name.name);
  if (!found) {
    co_return fail(
        Status::unavailable(concat("failed to get secret ", name.ns, "/", name.name, ": ", found.error().message)));
  }
  for (auto entry : (*found)->getData()) texts[str(entry.getKey())] = std::string(view(entry.getValue()));
  co_return texts;
}

Task<Result<void>> PodDriverVolumes::addTokens(Object<core_v1::Pod> pod, const DriverPolicy& policy,
                                               MountWishes& wishes) {
  if (policy.tokens.empty()) co_return Result<void>();
  constexpr const char* kKey = "csi.storage.k8s.io/serviceAccount.tokens";
  boost::json::object tokens;
  for (const DriverPolicy::Token& wanted : policy.tokens) {
    TokenRequestSpec spec{.podNamespace = std::string(pod.ns()),
                          .podName = std::string(pod.name()),
                          .podUid = std::string(pod.uid()),
                          .serviceAccount = str(pod->getSpec().getServiceAccountName()),
                          .audience = wanted.audience,
                          .expirationSeconds = wanted.expirationSeconds};
    if (spec.serviceAccount.empty()) spec.serviceAccount = "default";
    auto asking = node_.tokens.issued(std::move(spec));
    CLEAT_CO_TRY(const IssuedToken token, co_await std::move(asking));
    tokens[wanted.audience] = {{"token", token.token}, {"expirationTimestamp", formatTime(token.expiresAt)}};
  }
  const std::string json = boost::json::serialize(tokens);
  if (policy.tokensAreSecret) {
    wishes.publishSecrets[kKey] = json;
  } else {
    wishes.attributes[kKey] = json;
  }
  co_return Result<void>();
}

Task<Result<MountWishes>> PodDriverVolumes::wishesFor(Object<core_v1::Pod> pod, const DriverVolume& volume,
                                                      const DriverPolicy& policy) {
  MountWishes wishes{.attributes = volume.attributes};
  if (volume.isCsi && !volume.volume.empty() && policy.attaches) {
    auto waiting = node_.attachments.wait(volume.driver, volume.handle, podUid(), isEnding_);
    CLEAT_CO_TRY(wishes.publishContext, co_await std::move(waiting));
  }
  auto staging = secret(volume.stageSecret);
  CLEAT_CO_TRY(wishes.stageSecrets, co_await std::move(staging));
  auto publishing = secret(volume.publishSecret);
  CLEAT_CO_TRY(wishes.publishSecrets, co_await std::move(publishing));
  if (volume.isCsi && policy.tellsPod) {
    wishes.attributes["csi.storage.k8s.io/pod.name"] = str(pod.name());
    wishes.attributes["csi.storage.k8s.io/pod.namespace"] = str(pod.ns());
    wishes.attributes["csi.storage.k8s.io/pod.uid"] = str(pod.uid());
    wishes.attributes["csi.storage.k8s.io/serviceAccount.name"] = str(pod->getSpec().getServiceAccountName());
    wishes.attributes["csi.storage.k8s.io/ephemeral"] = volume.volume.empty() ? "true" : "false";
  }
  auto adding = addTokens(pod, policy, wishes);
  CLEAT_CO_TRY(co_await std::move(adding));
  auto fsGroup = pod->getSpec().getSecurityContext().getFsGroup();
  if (isSet(fsGroup) && takesGroup(volume, policy)) wishes.group = static_cast<uint32_t>(fsGroup.getValue());
  co_return wishes;
}

Task<Result<void>> PodDriverVolumes::mountOne(Object<core_v1::Pod> pod, std::string name, DriverVolume volume) {
  DriverPolicy policy;
  if (volume.isCsi) policy = co_await node_.policies.of(volume.driver);
  CLEAT_CO_TRY(checkLifecycle(volume, policy));
  auto looking = node_.drivers.check(volume, policy.isSaid);
  CLEAT_CO_TRY(co_await std::move(looking));
  const bool attached = volume.isCsi && !volume.volume.empty() && policy.attaches;
  const MountedVolume mounted{volume.driver, volume.handle, volume.volume, concat(folder_, "/volumes/", name),
                              attached};
  auto ready = [mounted, name, folder = folder_, records = records()]() -> Result<void> {
    CLEAT_TRY(makeFolders(folder, 0750));
    CLEAT_TRY(makeFolders(mounted.target, 0755));
    return noteMounted(records, name + kAttempt, mounted);
  };
  CLEAT_CO_TRY(co_await node_.context.blocking(ready));
  auto wishing = wishesFor(pod, volume, policy);
  CLEAT_CO_TRY(const MountWishes wishes, co_await std::move(wishing));
  auto mounting = node_.drivers.mount(volume, mounted.target, pod, wishes);
  CLEAT_CO_TRY(const MountedAt place, co_await std::move(mounting));
  auto note = [mounted, name, records = records()]() -> Result<void> {
    CLEAT_TRY(noteMounted(records, name, mounted));
    return forgetMounted(records, name + kAttempt);
  };
  CLEAT_CO_TRY(co_await node_.context.blocking(note));
  Mounted& entry = mounted_[name];
  entry.path = place.path;
  entry.groupIsSet = place.groupIsSet;
  entry.takesGroup = takesGroup(volume, policy);
  entry.republishes = policy.republishes;
  entry.at = node_.context.now();
  entry.volume = std::move(volume);
  co_return Result<void>();
}

Task<void> PodDriverVolumes::follow(Object<core_v1::Pod> pod) {
  std::vector<std::string> names;
  for (const auto& [name, mounted] : mounted_) names.push_back(name);
  for (const std::string& name : names) {
    auto found = mounted_.find(name);
    if (found == mounted_.end()) continue;
    Mounted& mounted = found->second;
    if (mounted.volume.volume.empty() || mounted.volume.readOnly) continue;
    if (node_.context.now() - mounted.asked < node_.lookAgain) continue;
    mounted.asked = node_.context.now();
    auto expanding = expandIfLarger(node_, pod, name, mounted.volume, mounted.path);
    co_await std::move(expanding);
  }
}

Task<Result<void>> PodDriverVolumes::unmount() {
  mounted_.clear();
  auto read = [records = records()] { return mountedIn(records); };
  CLEAT_CO_TRY(const auto all, co_await node_.context.blocking(read));
  for (const auto& [name, mounted] : all) {
    const bool isAttempt = name.ends_with(kAttempt);
    auto unmounting = node_.drivers.unmount(mounted, podUid());
    Result<void> unmounted = co_await std::move(unmounting);
    // Whoever has never mounted it may not be there to be asked.
    if (!unmounted && !isAttempt) {
      const std::string& shown = mounted.volume.empty() ? name : mounted.volume;
      unmounted.error().message =
          concat("UnmountVolume.TearDown failed for volume \"", shown, "\" : ", unmounted.error().message);
      co_return fail(unmounted.error());
    }
    if (mounted.attached) {
      auto releasing = node_.attachments.release(volumes::uniqueVolumeName(mounted.driver, mounted.handle), podUid());
      CLEAT_CO_TRY(co_await std::move(releasing));
    }
    auto forget = [records = records(), one = name] { return forgetMounted(records, one); };
    CLEAT_CO_TRY(co_await node_.context.blocking(forget));
  }
  co_return Result<void>();
}

std::map<std::string, std::set<std::string>> attachedVolumesIn(const std::string& podsFolder) {
  std::map<std::string, std::set<std::string>> all;
  const auto pods = listFolder(podsFolder);
  if (!pods) return all;
  for (const std::string& uid : *pods) {
    const auto mounted = mountedIn(concat(podsFolder, "/", uid, "/volume-drivers"));
    if (!mounted) continue;
    for (const auto& [name, each] : *mounted) {
      if (each.attached) all[volumes::uniqueVolumeName(each.driver, each.handle)].insert(uid);
    }
  }
  return all;
}

}  // namespace cleat::agent
