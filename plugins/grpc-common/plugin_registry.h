// Which programs of one type ("CSIPlugin", "DRAPlugin") are on this node: each has a socket in the folder of
// registrations, by which it says what it is and is told whether it is taken, as with the kubelet
// (pluginregistration/v1).
//
//   co_await expectRegistrations(context(), folder);
//   registry_ = std::make_shared<PluginRegistry<DriverFacts>>(folder, "CSIPlugin", ask);
//   …
//   std::vector<DriverFacts> all = co_await lookAround(context(), locks_, registry_);
//   if (auto driver = registry_->find("disks.example")) use(*driver);
//
// Facts has a `name`, which is the plugin's, and is what is to be known of it.
#pragma once

#include <cleat/sdk/context.h>
#include <cleat/sdk/keyed_lock.h>
#include <cleat/sdk/mutex.h>
#include <cleat/sdk/status.h>
#include <cleat/sdk/text.h>

#include <ctime>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace cleat::grpc {

struct PluginInfo {
  std::string type, name, endpoint;
  std::vector<std::string> versions;  // that it supports, as it calls them
};

// A socket of that name which is made anew is another one.
struct PluginSocket {
  uint64_t inode = 0;
  timespec changed{};
  bool isSame(const PluginSocket& other) const;
};

std::map<std::string, PluginSocket> pluginSockets(const std::string& folder);  // by their names
// `endpoint` is the socket itself where it names no other.
Result<PluginInfo> askPlugin(const std::string& socket);
// Tells it whether it is taken: it is where there is no problem. Who does not listen is taken all the same.
void tellPlugin(const std::string& socket, const std::string& problem);

template <class Facts>
class PluginRegistry {
 public:
  // What is to be known of one that wants to be taken, or why it is not.
  using Take = std::function<Result<Facts>(const PluginInfo&)>;

  PluginRegistry(std::string folder, std::string type, Take take)
      : folder_(std::move(folder)), type_(std::move(type)), take_(std::move(take)) {}

  // Looks at the folder: takes plugins whose sockets are new, and forgets those whose sockets have gone. Gives what is
  // to be said of it. One call at a time; blocks: for Context::blocking.
  std::vector<std::string> look() CLEAT_EXCLUDES(mutex_) {
    const std::map<std::string, PluginSocket> now = pluginSockets(folder_);
    std::vector<std::string> said;
    for (const std::string& name : forgetOthers(now, said)) {
      auto taken = takeAt(concat(folder_, "/", name));
      MutexLock lock(mutex_);
      Registered& entry = registered_[name];
      const std::string problem = taken ? std::string() : taken.error().message;
      if (!problem.empty() && problem != entry.problem) said.push_back(concat("cannot register ", name, ": ", problem));
      if (taken && *taken) said.push_back(concat("driver ", (*taken)->name, " is registered"));
      entry = {now.at(name), taken ? std::move(*taken) : std::nullopt, problem};
    }
    return said;
  }

  std::vector<Facts> all() const CLEAT_EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    std::vector<Facts> found;
    for (const auto& [socket, one] : registered_) {
      if (one.facts) found.push_back(*one.facts);
    }
    return found;
  }

  std::optional<Facts> find(std::string_view name) const CLEAT_EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    for (const auto& [socket, one] : registered_) {
      if (one.facts && one.facts->name == name) return one.facts;
    }
    return std::nullopt;
  }

 private:
  struct Registered {
    PluginSocket socket;
    std::optional<Facts> facts;  // none: it is of another type, or could not be taken, and is tried again
    std::string problem;
  };

  // Gives the names of the sockets that are to be asked.
  std::vector<std::string> forgetOthers(const std::map<std::string, PluginSocket>& now, std::vector<std::string>& said)
      CLEAT_EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    std::erase_if(registered_, [&](const auto& known) {
      const auto& [name, what] = known;
      const auto there = now.find(name);
      const bool stays = there != now.end() && there->second.isSame(what.socket);
      if (!stays && what.facts) said.push_back(concat("driver ", what.facts->name, " is gone"));
      return !stays;
    });
    std::vector<std::string> due;
    for (const auto& [name, socket] : now) {
      const auto known = registered_.find(name);
      if (known == registered_.end() || !known->second.problem.empty()) due.push_back(name);
    }
    return due;
  }

  // Nothing for what is of another type: all share the folder.
  Result<std::optional<Facts>> takeAt(const std::string& socket) {
    CLEAT_TRY(const PluginInfo info, askPlugin(socket));
    if (info.type != type_) return std::nullopt;
    auto facts = info.name.empty() ? Result<Facts>(fail(Status::badRequest("it has no name"))) : take_(info);
    tellPlugin(socket, facts ? std::string() : facts.error().message);
    if (!facts) return fail(facts.error());
    return std::optional(std::move(*facts));
  }

  const std::string folder_, type_;
  const Take take_;
  mutable Mutex mutex_;
  std::map<std::string, Registered> registered_ CLEAT_GUARDED_BY(mutex_);  // by the socket's name
};

// Registrars expect the folder; where it cannot be made, somebody else may make it later.
Task<void> expectRegistrations(Context& context, std::string folder);

// What is registered now. Logs what has come and gone; one look at a time, by the lock's key "registry".
template <class Facts>
Task<std::vector<Facts>> lookAround(Context& context, KeyedLock& locks,
                                    std::shared_ptr<PluginRegistry<Facts>> registry) {
  auto turn = co_await locks.lock("registry");
  auto look = [registry] { return registry->look(); };
  const std::vector<std::string> said = co_await context.blocking(look);
  for (const std::string& line : said) context.log.info(line);
  co_return registry->all();
}

}  // namespace cleat::grpc
