#include "registry.h"

#include <cleat/sdk/text.h>
#include <sys/stat.h>

#include <filesystem>

#include "grpc_call.h"

using namespace std::chrono_literals;

namespace cleat::csi {
namespace {

namespace fs = std::filesystem;

constexpr Duration kLimit = 5s;

struct PluginInfo {
  std::string type, name, endpoint;
  bool speaksVersion1 = false;
};

Result<PluginInfo> askInfo(const std::string& socket) {
  CLEAT_TRY(const std::string answer, grpcCall(socket, "/pluginregistration.Registration/GetInfo", {}, kLimit));
  PluginInfo info;
  ProtoReader reader(answer);
  while (auto field = reader.next()) {
    if (field->number == 1) info.type = field->bytes;
    if (field->number == 2) info.name = field->bytes;
    if (field->number == 3) info.endpoint = field->bytes;
    if (field->number == 4) {
      const std::string_view version = field->bytes;
      info.speaksVersion1 |= version.starts_with("v1.") || version.starts_with("1.") || version == "v1";
    }
  }
  if (reader.broken()) return fail(Status::internal("what it says of itself is no such message"));
  return info;
}

// Tells it whether it is taken. Who does not listen is taken all the same.
void notify(const std::string& socket, const std::string& problem) {
  ProtoWriter status;
  status.number(1, problem.empty() ? 1 : 0);
  status.text(2, problem);
  (void)grpcCall(socket, "/pluginregistration.Registration/NotifyRegistrationStatus", status.bytes(), kLimit);
}

// Nothing for what is no driver of volumes: plugins of other types share the folder.
Result<std::optional<DriverFacts>> take(const std::string& socket) {
  CLEAT_TRY(const PluginInfo info, askInfo(socket));
  if (info.type != "CSIPlugin") return std::nullopt;
  auto refuse = [&](Status why) {
    notify(socket, why.message);
    return fail(std::move(why));
  };
  if (info.name.empty()) return refuse(Status::badRequest("it has no name"));
  if (!info.speaksVersion1) {
    return refuse(Status::badRequest(concat("driver ", info.name, " supports no version of CSI that begins with 1")));
  }
  auto facts = askDriver(info.name, info.endpoint.empty() ? socket : info.endpoint);
  if (!facts) return refuse(facts.error());
  notify(socket, {});
  return std::optional(std::move(*facts));
}

}  // namespace

bool Registry::Socket::isSame(const Socket& other) const {
  return inode == other.inode && changed.tv_sec == other.changed.tv_sec && changed.tv_nsec == other.changed.tv_nsec;
}

std::map<std::string, Registry::Socket> Registry::sockets() const {
  std::map<std::string, Socket> found;
  std::error_code error;
  for (fs::directory_iterator at(folder_, error), end; !error && at != end; at.increment(error)) {
    struct stat facts{};
    if (stat(at->path().c_str(), &facts) != 0 || !S_ISSOCK(facts.st_mode)) continue;
    found[at->path().filename()] = {facts.st_ino, facts.st_ctim};
  }
  return found;
}

std::vector<std::string> Registry::look() {
  const std::map<std::string, Socket> now = sockets();
  std::vector<std::string> said, due;
  {
    MutexLock lock(mutex_);
    std::erase_if(registered_, [&](const auto& known) {
      const auto& [name, what] = known;
      const auto there = now.find(name);
      const bool stays = there != now.end() && there->second.isSame(what.socket);
      if (!stays && what.driver) said.push_back(concat("driver ", what.driver->name, " is gone"));
      return !stays;
    });
    for (const auto& [name, socket] : now) {
      const auto known = registered_.find(name);
      if (known == registered_.end() || !known->second.problem.empty()) due.push_back(name);
    }
  }
  for (const std::string& name : due) {
    auto taken = take(concat(folder_, "/", name));
    MutexLock lock(mutex_);
    Registered& entry = registered_[name];
    const std::string problem = taken ? std::string() : taken.error().message;
    if (!problem.empty() && problem != entry.problem) said.push_back(concat("cannot register ", name, ": ", problem));
    if (taken && *taken) said.push_back(concat("driver ", (*taken)->name, " is registered"));
    entry = {now.at(name), taken ? std::move(*taken) : std::nullopt, problem};
  }
  return said;
}

std::vector<DriverFacts> Registry::drivers() const {
  MutexLock lock(mutex_);
  std::vector<DriverFacts> all;
  for (const auto& [name, one] : registered_) {
    if (one.driver) all.push_back(*one.driver);
  }
  return all;
}

std::optional<DriverFacts> Registry::find(std::string_view name) const {
  MutexLock lock(mutex_);
  for (const auto& [socket, one] : registered_) {
    if (one.driver && one.driver->name == name) return one.driver;
  }
  return std::nullopt;
}

}  // namespace cleat::csi
