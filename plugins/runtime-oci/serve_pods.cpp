#include "role_messages.h"
#include "runtime_oci.h"

#include <cleat/sdk/file.h>
#include <cleat/sdk/text.h>

#include <sys/statvfs.h>

#include <cerrno>
#include <utility>

namespace cleat::runtime {
namespace {

// How long before the deadline nextEvents answers that nothing has happened.
constexpr std::chrono::milliseconds kAnswerAhead{200};

Result<struct statvfs> filesystemOf(const std::string& folder) {
  struct statvfs facts;
  if (statvfs(folder.c_str(), &facts) != 0)
    return fail(systemError("cannot look at the filesystem of " + folder, errno));
  return facts;
}

void write(role::FilesystemUsage::Builder to, const std::string& folder, const struct statvfs& facts, int64_t nowNs) {
  to.setPath(folder);
  to.setTimestampNs(nowNs);
  to.setCapacityBytes(uint64_t(facts.f_blocks) * facts.f_frsize);
  to.setAvailableBytes(uint64_t(facts.f_bavail) * facts.f_frsize);
  to.setUsedBytes(uint64_t(facts.f_blocks - facts.f_bfree) * facts.f_frsize);
  to.setInodes(facts.f_files);
  to.setInodesFree(facts.f_ffree);
  to.setInodesUsed(facts.f_files - facts.f_ffree);
}

}  // namespace

Task<Result<void>> RuntimeOci::status(Call<role::RuntimeStatus>& call) {
  call.results().setReady(true);
  call.results().setName("cleat-oci");
  call.results().setVersion("0.1.0");
  const Abilities& abilities = pods_->abilities();
  auto capabilities = call.results().initCapabilities();
  capabilities.setUserNamespaces(abilities.userNamespaces);
  capabilities.setIdMappedMounts(abilities.userNamespaces);
  capabilities.setSeccomp(abilities.seccomp);
  capabilities.setSupplementalGroupsPolicy(true);
  capabilities.setRecursiveReadOnlyMounts(abilities.recursiveReadOnly);
  capabilities.setNoNewPrivileges(true);
  capabilities.setImageVolumes(true);
  capabilities.setCdi(true);
  co_return Result<void>();
}

Task<Result<void>> RuntimeOci::runSandbox(role::SandboxConfig::Reader config, Call<role::SandboxResults>& call) {
  CLEAT_CO_TRY(SandboxState * sandbox, co_await pods_->runSandbox(sandboxFrom(config)));
  write(call.results().initSandbox(), sandbox->record, sandbox->ready);
  co_return Result<void>();
}

Task<Result<void>> RuntimeOci::stopSandbox(role::SandboxParams::Reader params, Call<void>&) {
  return pods_->stopSandbox(str(params.getSandboxId()));
}

Task<Result<void>> RuntimeOci::removeSandbox(role::SandboxParams::Reader params, Call<void>&) {
  return pods_->removeSandbox(str(params.getSandboxId()));
}

Task<Result<void>> RuntimeOci::updateSandbox(role::UpdateSandboxParams::Reader params, Call<void>&) {
  return pods_->updateSandbox(str(params.getSandboxId()), resourcesFrom(params.getResources()));
}

Task<Result<void>> RuntimeOci::listSandboxes(Call<role::ListSandboxesResults>& call) {
  auto list = call.results().initSandboxes(unsigned(pods_->sandboxes().size()));
  unsigned i = 0;
  for (const auto& [id, sandbox] : pods_->sandboxes()) write(list[i++], sandbox->record, sandbox->ready);
  co_return Result<void>();
}

Task<Result<void>> RuntimeOci::createContainer(role::ContainerConfig::Reader config,
                                               Call<role::ContainerResults>& call) {
  CLEAT_CO_TRY(std::string id, co_await pods_->createContainer(containerFrom(config)));
  call.results().setContainerId(id);
  co_return Result<void>();
}

Task<Result<void>> RuntimeOci::startContainer(role::ContainerParams::Reader params, Call<void>&) {
  return pods_->startContainer(str(params.getContainerId()));
}

Task<Result<void>> RuntimeOci::stopContainer(role::StopContainerParams::Reader params, Call<void>&) {
  return pods_->stopContainer(str(params.getContainerId()), std::chrono::seconds(params.getTimeoutSeconds()));
}

Task<Result<void>> RuntimeOci::removeContainer(role::ContainerParams::Reader params, Call<void>&) {
  return pods_->removeContainer(str(params.getContainerId()));
}

Task<Result<void>> RuntimeOci::updateContainer(role::UpdateContainerParams::Reader params, Call<void>&) {
  return pods_->updateContainer(str(params.getContainerId()), resourcesFrom(params.getResources()));
}

Task<Result<void>> RuntimeOci::reopenLog(role::ContainerParams::Reader params, Call<void>&) {
  return pods_->reopenLog(str(params.getContainerId()));
}

Task<Result<void>> RuntimeOci::listContainers(Call<role::ListContainersResults>& call) {
  auto list = call.results().initContainers(unsigned(pods_->containers().size()));
  unsigned i = 0;
  for (const auto& [id, container] : pods_->containers()) write(list[i++], container->record, container->pid);
  co_return Result<void>();
}

Task<Result<void>> RuntimeOci::nextEvents(role::NextEventsParams::Reader params, Call<role::NextEventsResults>& call) {
  EventLog::News news = co_await pods_->events().next(params.getCursor(), call.deadline() - kAnswerAhead);
  auto results = call.results();
  results.setCursor(news.cursor);
  results.setLost(news.lost);
  auto list = results.initEvents(unsigned(news.events.size()));
  for (unsigned i = 0; i < list.size(); ++i) {
    list[i].setType(news.events[i].type);
    list[i].setSandboxId(news.events[i].sandboxId);
    list[i].setContainerId(news.events[i].containerId);
  }
  co_return Result<void>();
}

Task<Result<void>> RuntimeOci::stats(Call<role::StatsResults>& call) {
  CLEAT_CO_TRY(std::vector<ContainerUsage> usage, co_await pods_->usage());
  auto list = call.results().initContainers(unsigned(usage.size()));
  for (unsigned i = 0; i < list.size(); ++i) {
    const ContainerUsage& each = usage[i];
    list[i].setContainerId(each.id);
    list[i].setTimestampNs(each.timestampNs);
    list[i].setCpuUsageNs(each.usage.cpuNs);
    list[i].setMemoryUsageBytes(each.usage.memoryBytes);
    list[i].setMemoryWorkingSetBytes(each.usage.memoryWorkingSetBytes);
    list[i].setMemoryRssBytes(each.usage.memoryRssBytes);
    list[i].setRootfsUsedBytes(each.rootfsUsedBytes);
  }
  co_return Result<void>();
}

Task<Result<void>> RuntimeOci::imageFilesystem(Call<role::ImageFilesystemResults>& call) {
  std::string images = store_->folder(), containers = pods_->containerWork().settings().folder;
  auto look = [images, containers]() -> Result<std::pair<struct statvfs, struct statvfs>> {
    CLEAT_TRY(makeFolders(containers, 0700));
    CLEAT_TRY(auto ofImages, filesystemOf(images));
    CLEAT_TRY(auto ofContainers, filesystemOf(containers));
    return std::make_pair(ofImages, ofContainers);
  };
  CLEAT_CO_TRY(auto usage, co_await context().blocking(look));
  int64_t now = context().wallNow().time_since_epoch().count();
  write(call.results().initImages(1)[0], images, usage.first, now);
  write(call.results().initContainers(1)[0], containers, usage.second, now);
  co_return Result<void>();
}

}  // namespace cleat::runtime
