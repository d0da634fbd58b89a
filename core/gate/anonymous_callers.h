// AnonymousCallers: who of those that show no credentials is let through to authorization, as system:anonymous. An
// authenticator may decide that, and otherwise the server's own configuration does. What an authenticator said counts
// until plugins come or go, and while it is away; where one is away that nobody has heard yet, nobody is let in.
// Thread-safe.
#pragma once

#include <cleat/sdk/mutex.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/gate/chains.h"

namespace cleat::gate {

class AnonymousCallers {
 public:
  // What counts where no authenticator decides; no paths: all of them. Before the first request.
  void setOwn(bool allowed, std::vector<std::string> paths) { own_ = {allowed, std::move(paths)}; }
  // Who asks for the path without credentials; 401: nobody who may.
  Task<Result<bus::User>> user(const Chains& chains, std::string path);

 private:
  struct Door {
    bool allowed = true;
    std::vector<std::string> paths = {};
    bool isOpen(const std::string& path) const;
  };
  struct Said {
    uint64_t generation = 0;
    Door door;
  };
  // Null: it cannot be said now.
  Task<std::shared_ptr<const Said>> ask(const Chains& chains, uint64_t generation);
  // What the plugin decides, nothing if it does not; null: it has never been heard and does not answer.
  Task<std::shared_ptr<const std::optional<Door>>> decisionOf(const Chains& chains, std::string plugin);

  Door own_;
  Mutex mutex_;
  std::shared_ptr<const Said> said_ CLEAT_GUARDED_BY(mutex_);
  std::map<std::string, std::shared_ptr<const std::optional<Door>>> heard_ CLEAT_GUARDED_BY(mutex_);
};

}  // namespace cleat::gate
