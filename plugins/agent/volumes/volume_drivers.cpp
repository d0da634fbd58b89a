#include "volumes/volume_drivers.h"

#include <cleat/sdk/file.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/quantity.h>

#include <algorithm>
#include <filesystem>
#include <utility>

namespace cleat::agent {
namespace {

namespace fs = std::filesystem;

constexpr Duration kMountLimit = std::chrono::minutes(2);

// A record has a line for each.
Result<void> checkLine(std::string_view what, std::string_view text) {
  const bool isLine = std::ranges::none_of(text, [](char letter) { return static_cast<unsigned char>(letter) < ' '; });
  if (isLine) return {};
  return fail(Status::badRequest(concat(what, " ", inQuotes(text), " has control characters in it")));
}

Result<std::optional<DriverVolume>> checked(DriverVolume volume) {
  CLEAT_TRY(checkLine("driver", volume.driver));
  CLEAT_TRY(checkLine("volumeHandle", volume.handle));
  return volume;
}

SecretName nameOf(core_v1::SecretReference::Reader secret) {
  return {str(secret.getNamespace()), str(secret.getName())};
}

SecretName nameOf(core_v1::Pod::Reader pod, core_v1::LocalObjectReference::Reader secret) {
  return {str(pod.getMetadata().getNamespace()), str(secret.getName())};
}

template <class Entries>
std::map<std::string, std::string> pairsOf(Entries entries) {
  std::map<std::string, std::string> pairs;
  for (auto entry : entries) pairs[str(entry.getKey())] = str(entry.getValue());
  return pairs;
}

}  // namespace

Result<std::optional<DriverVolume>> driverVolumeOf(core_v1::PersistentVolume::Reader volume) {
  auto spec = volume.getSpec();
  if (!spec.hasCsi() && !spec.hasFlexVolume()) return std::nullopt;
  DriverVolume made{.volume = str(volume.getMetadata().getName())};
  for (auto amount : spec.getCapacity()) {
    if (view(amount.getKey()) == "storage") {
      made.capacityBytes =
          static_cast<uint64_t>(std::max<int64_t>(Quantity::parseOrZero(amount.getValue()).value(), 0));
    }
  }
  made.block = view(spec.getVolumeMode()) == "Block";
  made.mountOptions = strings(spec.getMountOptions());
  made.accessModes = strings(spec.getAccessModes());
  if (spec.hasCsi()) {
    auto csi = spec.getCsi();
    made.isCsi = true;
    made.driver = str(csi.getDriver());
    made.handle = str(csi.getVolumeHandle());
    made.fsType = str(csi.getFsType());
    made.readOnly = csi.getReadOnly();
    made.attributes = pairsOf(csi.getVolumeAttributes());
    made.stageSecret = nameOf(csi.getNodeStageSecretRef());
    made.publishSecret = nameOf(csi.getNodePublishSecretRef());
    made.expandSecret = nameOf(csi.getNodeExpandSecretRef());
    return checked(std::move(made));
  }
  auto flex = spec.getFlexVolume();
  made.driver = str(flex.getDriver());
  made.handle = made.volume;
  made.fsType = str(flex.getFsType());
  made.readOnly = flex.getReadOnly();
  made.attributes = pairsOf(flex.getOptions());
  made.publishSecret = nameOf(flex.getSecretRef());
  return checked(std::move(made));
}

Result<std::optional<DriverVolume>> driverVolumeOf(core_v1::Pod::Reader pod, core_v1::Volume::Reader volume) {
  if (!volume.hasCsi() && !volume.hasFlexVolume()) return std::nullopt;
  DriverVolume made{.handle = concat("inline-", pod.getMetadata().getUid(), "-", volume.getName())};
  if (volume.hasCsi()) {
    auto csi = volume.getCsi();
    made.isCsi = true;
    made.driver = str(csi.getDriver());
    made.fsType = str(csi.getFsType());
    made.readOnly = csi.getReadOnly().getValue();
    made.attributes = pairsOf(csi.getVolumeAttributes());
    made.publishSecret = nameOf(pod, csi.getNodePublishSecretRef());
    return checked(std::move(made));
  }
  auto flex = volume.getFlexVolume();
  made.driver = str(flex.getDriver());
  made.fsType = str(flex.getFsType());
  made.readOnly = flex.getReadOnly();
  made.attributes = pairsOf(flex.getOptions());
  made.publishSecret = nameOf(pod, flex.getSecretRef());
  return checked(std::move(made));
}

template <class Writer>
void writePairs(Writer list, const std::map<std::string, std::string>& pairs) {
  uint32_t at = 0;
  for (const auto& [key, value] : pairs) {
    list[at].setKey(key);
    list[at++].setValue(value);
  }
}

void writeSecrets(capnp::List<role::VolumeSecret>::Builder list, const SecretTexts& texts) {
  uint32_t at = 0;
  for (const auto& [key, value] : texts) {
    list[at].setKey(key);
    list[at++].setValue(kj::arrayPtr(reinterpret_cast<const kj::byte*>(value.data()), value.size()));
  }
}

template <class Params>
void writeUse(Params params, const DriverVolume& volume) {
  params.setDriver(volume.driver);
  params.setHandle(volume.handle);
  params.setFsType(volume.fsType);
  params.setBlock(volume.block);
  params.setCapacityBytes(volume.capacityBytes);
  params.adoptMountOptions(textList(orphanageOf(params), volume.mountOptions));
  params.adoptAccessModes(textList(orphanageOf(params), volume.accessModes));
}

Task<Result<VolumeDrivers::Driver>> VolumeDrivers::find(std::string driver) {
  if (auto known = drivers_.find(driver); known != drivers_.end()) co_return known->second;
  auto listing = fillers_.of(role::volume::describe);
  CLEAT_CO_TRY(const std::vector<std::string> plugins, co_await std::move(listing));
  std::optional<Status> silent;
  for (const std::string& plugin : plugins) {
    auto description = co_await fillers_.call(plugin, role::volume::describe);
    if (!description) {
      silent = description.error();
      continue;
    }
    for (auto one : (*description)->getDrivers()) {
      const bool isEphemeral = contains((*description)->getEphemeral(), view(one));
      drivers_.emplace(str(one), Driver{plugin, isEphemeral});
    }
    for (auto detail : (*description)->getDetails()) {
      if (auto known = drivers_.find(str(detail.getName())); known != drivers_.end()) {
        known->second.expands = detail.getExpands();
      }
    }
  }
  if (auto known = drivers_.find(driver); known != drivers_.end()) co_return known->second;
  // Perhaps it is the one that could not say.
  if (silent) co_return fail(*silent);
  co_return fail(Status::unavailable(
      concat("driver name ", driver, " not found in the list of volume drivers of this node (node_roles.volume)")));
}

Task<Result<void>> VolumeDrivers::check(DriverVolume volume, bool isSaid) {
  CLEAT_CO_TRY(const Driver driver, co_await find(volume.driver));
  if (volume.volume.empty() && !isSaid && !driver.isEphemeral) {
    co_return fail(Status::badRequest(concat("volume mode \"Ephemeral\" not supported by driver ", volume.driver,
                                             " (only supports [\"Persistent\"])")));
  }
  co_return Result<void>();
}

Task<Result<MountedAt>> VolumeDrivers::mount(DriverVolume volume, std::string target, Object<core_v1::Pod> pod,
                                             MountWishes wishes) {
  CLEAT_CO_TRY(const Driver driver, co_await find(volume.driver));
  auto fill = [&](role::MountVolumeParams::Builder params) {
    writeUse(params, volume);
    params.setTarget(target);
    params.setReadOnly(volume.readOnly);
    writePairs(params.initAttributes(static_cast<unsigned>(wishes.attributes.size())), wishes.attributes);
    writePairs(params.initPublishContext(static_cast<unsigned>(wishes.publishContext.size())), wishes.publishContext);
    writeSecrets(params.initStageSecrets(static_cast<unsigned>(wishes.stageSecrets.size())), wishes.stageSecrets);
    writeSecrets(params.initPublishSecrets(static_cast<unsigned>(wishes.publishSecrets.size())), wishes.publishSecrets);
    params.setVolume(volume.volume);
    params.setPodNamespace(str(pod.ns()));
    params.setPodName(str(pod.name()));
    params.setPodUid(str(pod.uid()));
    params.setHasGroup(wishes.group.has_value());
    params.setGroup(wishes.group.value_or(0));
  };
  CallOptions options;
  options.timeout = kMountLimit;
  auto mounted = co_await fillers_.call(driver.plugin, role::volume::mount, fill, options);
  if (!mounted) {
    drivers_.erase(volume.driver);  // another may have it by now
    co_return fail(mounted.error());
  }
  MountedAt place{str((*mounted)->getPath()), (*mounted)->getGroupIsSet()};
  if (place.path.empty()) place.path = target;
  if (!place.path.starts_with('/') || fs::path(place.path).lexically_normal() != fs::path(place.path)) {
    co_return fail(
        Status::internal(concat("driver ", volume.driver, " gave ", inQuotes(place.path), ", which is no path")));
  }
  co_return place;
}

Task<Result<bool>> VolumeDrivers::expand(DriverVolume volume, std::string path, SecretTexts secrets) {
  CLEAT_CO_TRY(const Driver driver, co_await find(volume.driver));
  if (!driver.expands) co_return false;
  auto fill = [&](role::ExpandVolumeParams::Builder params) {
    writeUse(params, volume);
    params.setPath(path);
    writeSecrets(params.initSecrets(static_cast<unsigned>(secrets.size())), secrets);
  };
  CallOptions options;
  options.timeout = kMountLimit;
  auto expanded = co_await fillers_.call(driver.plugin, role::volume::expand, fill, options);
  if (!expanded) co_return fail(expanded.error());
  co_return true;
}

Task<Result<std::vector<VolumeDrivers::Description>>> VolumeDrivers::describeAll() {
  auto listing = fillers_.of(role::volume::describe);
  CLEAT_CO_TRY(const std::vector<std::string> plugins, co_await std::move(listing));
  std::vector<Description> all;
  for (const std::string& plugin : plugins) {
    auto description = co_await fillers_.call(plugin, role::volume::describe);
    if (!description) co_return fail(description.error());
    for (auto detail : (*description)->getDetails()) {
      if (detail.getNodeId().size() == 0) continue;
      all.push_back(
          {str(detail.getName()), str(detail.getNodeId()), pairsOf(detail.getTopology()), detail.getMostVolumes()});
    }
  }
  std::ranges::sort(all, {}, &Description::name);
  co_return all;
}

Task<Result<void>> VolumeDrivers::unmount(MountedVolume mounted, std::string podUid) {
  CLEAT_CO_TRY(const Driver driver, co_await find(mounted.driver));
  auto fill = [&](role::UnmountVolumeParams::Builder params) {
    params.setDriver(mounted.driver);
    params.setHandle(mounted.handle);
    params.setTarget(mounted.target);
    params.setVolume(mounted.volume);
    params.setPodUid(podUid);
  };
  CallOptions options;
  options.timeout = kMountLimit;
  auto unmounted = co_await fillers_.call(driver.plugin, role::volume::unmount, fill, options);
  if (!unmounted) {
    drivers_.erase(mounted.driver);
    co_return fail(unmounted.error());
  }
  co_return Result<void>();
}

Result<void> noteMounted(const std::string& records, const std::string& name, const MountedVolume& mounted) {
  CLEAT_TRY(makeFolders(records, 0700));
  return writeFile(concat(records, "/", name), concat(mounted.driver, "\n", mounted.handle, "\n", mounted.volume, "\n",
                                                      mounted.target, "\n", mounted.attached ? "attached" : "", "\n"));
}

Result<std::map<std::string, MountedVolume>> mountedIn(const std::string& records) {
  std::map<std::string, MountedVolume> all;
  std::error_code error;
  for (fs::directory_iterator at(records, error), end; !error && at != end; at.increment(error)) {
    CLEAT_TRY(const std::string text, readFile(at->path().string()));
    std::vector<std::string> lines(1);
    for (char letter : text) {
      if (letter == '\n') {
        lines.emplace_back();
      } else {
        lines.back() += letter;
      }
    }
    // One that was not written to its end was written before anything was mounted.
    // (The last line came later than the others.)
    if (lines.size() < 5) continue;
    const bool attached = lines.size() == 6 && lines[4] == "attached";
    all[at->path().filename()] = {lines[0], lines[1], lines[2], lines[3], attached};
  }
  if (error && error != std::errc::no_such_file_or_directory) {
    return fail(Status::internal(concat("cannot read ", records, ": ", error.message())));
  }
  return all;
}

Result<void> forgetMounted(const std::string& records, const std::string& name) {
  std::error_code error;
  fs::remove(concat(records, "/", name), error);
  if (error) return fail(Status::internal(concat("cannot remove the record of ", name, ": ", error.message())));
  return {};
}

}  // namespace cleat::agent
