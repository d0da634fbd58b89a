#include "volumes/pod_volumes.h"

#include <cleat/sdk/file.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/quantity.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <functional>

#include "volumes/group_ownership.h"
#include "volumes/local_folders.h"
#include "volumes/mounts.h"

namespace cleat::agent {
namespace {

std::string_view typeOf(core_v1::Volume::Reader volume) {
  if (volume.hasNfs()) return "nfs";
  if (volume.hasIscsi()) return "iscsi";
  return "of this type";
}

size_t hashOf(const VolumeState& volume) {
  std::string all = concat(static_cast<int>(volume.kind), volume.path, volume.inMemory, volume.sizeBytes,
                           volume.hostPathType, volume.folder, volume.group.value_or(0));
  for (const auto& [path, file] : volume.files) {
    all += concat(path, '\0', file.mode, file.owner.value_or(0), '\0', file.content, '\0');
  }
  return std::hash<std::string>()(all);
}

Result<void> applyEmptyDir(const VolumeState& volume) {
  CLEAT_TRY(makeFolders(volume.path, 0755));
  if (volume.inMemory) {
    CLEAT_TRY(mountMemory(volume.path, volume.sizeBytes));
  }
  if (volume.group && chown(volume.path.c_str(), static_cast<uid_t>(-1), *volume.group) != 0) {
    return fail(systemError("cannot set the group of " + volume.path, errno));
  }
  mode_t mode = volume.group ? 02777 : 0777;
  if (chmod(volume.path.c_str(), mode) != 0) return fail(systemError("cannot set the mode of " + volume.path, errno));
  return {};
}

Result<void> applyContent(const VolumeState& volume, const std::string& stamp) {
  CLEAT_TRY(makeFolders(volume.path, 0755));
  if (volume.inMemory) {
    CLEAT_TRY(mountMemory(volume.path, 0));
  }
  if (chmod(volume.path.c_str(), volume.group ? 02755 : 0755) != 0) {
    return fail(systemError("cannot set the mode of " + volume.path, errno));
  }
  return writeAtomically(volume.path, volume.files, stamp, volume.group);
}

Result<void> applyHostPath(const VolumeState& volume) {
  const std::string& type = volume.hostPathType;
  struct stat status{};
  bool exists = stat(volume.path.c_str(), &status) == 0;
  if (type.empty()) return {};
  if (!exists && type == "DirectoryOrCreate") return makeFolders(volume.path, 0755);
  if (!exists && type == "FileOrCreate") {
    Fd made(open(volume.path.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0644));
    if (!made) return fail(systemError("cannot make " + volume.path, errno));
    return {};
  }
  auto refuse = [&](std::string_view what) {
    return fail(Status::badRequest(concat("hostPath type check failed: ", volume.path, " is not ", what)));
  };
  if (type.starts_with("Directory") && (!exists || !S_ISDIR(status.st_mode))) return refuse("a directory");
  if (type.starts_with("File") && (!exists || !S_ISREG(status.st_mode))) return refuse("a file");
  if (type == "Socket" && (!exists || !S_ISSOCK(status.st_mode))) return refuse("a socket file");
  if (type == "CharDevice" && (!exists || !S_ISCHR(status.st_mode))) return refuse("a character device");
  if (type == "BlockDevice" && (!exists || !S_ISBLK(status.st_mode))) return refuse("a block device");
  return {};
}

Result<void> applyLocal(const VolumeState& volume) {
  if (!volume.folder.empty()) {
    CLEAT_TRY(makeLocalFolder(volume.root, volume.folder));
  }
  struct stat status{};
  if (stat(volume.path.c_str(), &status) != 0) {
    return fail(Status::badRequest(concat("path \"", volume.path, "\" does not exist")));
  }
  if (!S_ISDIR(status.st_mode)) return fail(Status::badRequest(concat("path \"", volume.path, "\" is no folder")));
  if (!volume.group) return {};
  const auto change = volume.groupOnMismatchOnly ? GroupChange::onRootMismatch : GroupChange::always;
  return giveToGroup(volume.path, *volume.group, change);
}

std::unexpected<Status> failed(std::string_view volume, Status why) {
  why.message = concat("MountVolume.SetUp failed for volume \"", volume, "\" : ", why.message);
  return fail(std::move(why));
}

struct Applied {
  std::string failedVolume;
  Result<void> result;
};

}  // namespace

Result<void> applyVolume(const VolumeState& volume, const std::string& stamp) {
  switch (volume.kind) {
    case VolumeState::Kind::emptyDir: return applyEmptyDir(volume);
    case VolumeState::Kind::content: return applyContent(volume, stamp);
    case VolumeState::Kind::hostPath: return applyHostPath(volume);
    case VolumeState::Kind::local:
    case VolumeState::Kind::driver: return applyLocal(volume);
  }
  return {};
}

Result<std::string> PodVolumes::pathOf(core_v1::Volume::Reader volume) const {
  if (volume.hasHostPath()) return str(volume.getHostPath().getPath());
  if (const auto* mounted = byDriver_.find(view(volume.getName()))) return mounted->path;
  if (!volume.hasPersistentVolumeClaim() && !volume.hasEphemeral()) {
    return concat(folder_, "/volumes/", volume.getName());
  }
  auto lasting = lasting_.find(view(volume.getName()));
  if (lasting != lasting_.end()) return lasting->second.path;
  return fail(Status::unavailable(concat("volume ", inQuotes(view(volume.getName())), " is not mounted")));
}

bool PodVolumes::isDevice(std::string_view volume) const {
  auto lasting = lasting_.find(volume);
  return lasting != lasting_.end() && lasting->second.block;
}

// As events call it: a volume that lasts by its own name.
std::string PodVolumes::shownName(std::string_view volume) const {
  auto lasting = lasting_.find(volume);
  return lasting == lasting_.end() ? str(volume) : lasting->second.name;
}

// What a claim has once turned out to be it is for as long as the pod is here.
Task<Result<void>> PodVolumes::findClaims(Object<core_v1::Pod> pod) {
  for (auto volume : pod->getSpec().getVolumes()) {
    const std::string name = str(volume.getName());
    if (claimNameOf(*pod, volume).empty() || lasting_.contains(name)) continue;
    auto finding = claims_.find(pod, name);
    CLEAT_CO_TRY(LastingVolume found, co_await std::move(finding));
    lasting_[name] = std::move(found);
  }
  co_return Result<void>();
}

Result<VolumeState> PodVolumes::stateOf(core_v1::Pod::Reader pod, core_v1::Volume::Reader volume,
                                        const ContentSources& sources) const {
  VolumeState state;
  state.name = str(volume.getName());
  CLEAT_TRY(state.path, pathOf(volume));
  auto fsGroup = pod.getSpec().getSecurityContext().getFsGroup();
  if (isSet(fsGroup)) state.group = static_cast<uint32_t>(fsGroup.getValue());
  if (volume.hasEmptyDir()) {
    auto emptyDir = volume.getEmptyDir();
    state.inMemory = view(emptyDir.getMedium()) == "Memory";
    state.sizeBytes = static_cast<uint64_t>(Quantity::parseOrZero(emptyDir.getSizeLimit()).value());
    if (emptyDir.getMedium().size() != 0 && !state.inMemory) {
      return fail(Status::badRequest(concat("this node has no storage medium ", emptyDir.getMedium())));
    }
    return state;
  }
  if (const auto* mounted = byDriver_.find(state.name)) {
    state.kind = VolumeState::Kind::driver;
    state.groupOnMismatchOnly = view(pod.getSpec().getSecurityContext().getFsGroupChangePolicy()) == "OnRootMismatch";
    if (!mounted->takesGroup || mounted->groupIsSet) state.group.reset();
    return state;
  }
  if (auto lasting = lasting_.find(state.name); lasting != lasting_.end()) {
    const LastingVolume& found = lasting->second;
    state.kind = found.isLocal ? VolumeState::Kind::local : VolumeState::Kind::hostPath;
    state.hostPathType = found.hostPathType;
    state.folder = found.folder;
    state.root = claims_.root();
    state.groupOnMismatchOnly = view(pod.getSpec().getSecurityContext().getFsGroupChangePolicy()) == "OnRootMismatch";
    const bool readOnly = volume.getPersistentVolumeClaim().getReadOnly();
    if (!found.isLocal || readOnly) state.group.reset();
    return state;
  }
  if (volume.hasHostPath()) {
    state.kind = VolumeState::Kind::hostPath;
    state.hostPathType = str(volume.getHostPath().getType());
    state.group.reset();
    return state;
  }
  if (!hasContent(volume)) {
    return fail(Status::badRequest(concat("this node does not support volumes ", typeOf(volume))));
  }
  state.kind = VolumeState::Kind::content;
  state.inMemory = volume.hasSecret() || volume.hasProjected();
  CLEAT_TRY(auto files, contentOf(pod, volume, sources));
  state.files = std::move(files);
  if (state.group) {
    for (auto& [path, file] : state.files) file.mode |= 0440;
  }
  return state;
}

Task<Result<PodVolumes::Secrets>> PodVolumes::obtain(Object<core_v1::Pod> pod) {
  Secrets secrets;
  for (auto& spec : tokensOf(*pod)) {
    std::string key = tokenKey(spec);
    Result<std::string> token = co_await tokens_.token(spec);
    if (!token) co_return failed("kube-api-access", std::move(token.error()));
    secrets.tokens[key] = std::move(*token);
  }
  for (auto& spec : certificatesOf(*pod)) {
    auto pending = certificates_.credential(spec);
    Result<PodCredential> credential = co_await std::move(pending);
    if (!credential) co_return failed(spec.volume, std::move(credential.error()));
    secrets.credentials[{spec.volume, spec.source}] = std::move(*credential);
  }
  co_return std::move(secrets);
}

Task<Result<void>> PodVolumes::prepare(Object<core_v1::Pod> pod, ReferencedObjects objects, PodFacts facts) {
  auto finding = findClaims(pod);
  CLEAT_CO_TRY(co_await std::move(finding));
  auto mounting = byDriver_.mount(pod, lasting_);
  CLEAT_CO_TRY(co_await std::move(mounting));
  auto following = byDriver_.follow(pod);
  co_await std::move(following);
  auto obtaining = obtain(pod);
  CLEAT_CO_TRY(const Secrets secrets, co_await std::move(obtaining));
  const ContentSources sources{objects, facts, secrets.tokens, secrets.credentials};
  std::vector<VolumeState> due;
  std::vector<size_t> hashes;
  for (auto volume : pod->getSpec().getVolumes()) {
    if (volume.hasImage()) continue;  // the runtime mounts it
    if (isDevice(view(volume.getName()))) continue;
    Result<VolumeState> state = stateOf(*pod, volume, sources);
    if (!state) co_return failed(shownName(view(volume.getName())), std::move(state.error()));
    size_t hash = hashOf(*state);
    auto before = applied_.find(state->name);
    if (before != applied_.end() && before->second == hash) continue;
    due.push_back(std::move(*state));
    hashes.push_back(hash);
  }
  if (due.empty()) co_return Result<void>();
  std::string stamp = concat(formatTime(context_.wallNow()).substr(0, 10), "_", context_.random64());
  auto apply = [due, stamp, folder = folder_]() -> Applied {
    if (auto made = makeFolders(folder, 0750); !made) return {due.front().name, made};
    for (const auto& volume : due) {
      if (auto applied = applyVolume(volume, stamp); !applied) return {volume.name, applied};
    }
    return {};
  };
  Applied applied = co_await context_.blocking(apply);
  if (!applied.result) co_return failed(shownName(applied.failedVolume), std::move(applied.result.error()));
  for (size_t i = 0; i < due.size(); ++i) applied_[due[i].name] = hashes[i];
  co_return Result<void>();
}

Task<Result<std::string>> PodVolumes::bind(core_v1::Volume::Reader volume, std::string subPath, std::string container,
                                           uint32_t index) {
  std::string target = concat(folder_, "/volume-subpaths/", volume.getName(), "/", container, "/", index);
  CLEAT_CO_TRY(std::string from, pathOf(volume));
  auto mount = [from, subPath, target]() -> Result<std::string> {
    CLEAT_TRY(bindSubPath(from, subPath, target));
    return target;
  };
  co_return co_await context_.blocking(mount);
}

Task<Result<void>> PodVolumes::remove() {
  applied_.clear();
  auto unmounting = byDriver_.unmount();
  CLEAT_CO_TRY(co_await std::move(unmounting));
  lasting_.clear();
  auto work = [folder = folder_]() -> Result<void> {
    CLEAT_TRY(unmountBelow(folder));
    return removeTree(folder);
  };
  co_return co_await context_.blocking(work);
}

}  // namespace cleat::agent
