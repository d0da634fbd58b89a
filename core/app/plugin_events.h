// PluginEvents: what happens to plugins, as events of the cluster that `kubectl get events` shows, about an object of
// the kind Plugin that nobody stores. The same happening is told once in a while, not each time.
#pragma once

#include <cleat/sdk/mutex.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/base/executor.h"
#include "core/bus/cluster.h"
#include "core/host/plugin_host.h"
#include "core/object/catalogue.h"

namespace cleat::app {

class PluginEvents : public std::enable_shared_from_this<PluginEvents> {
 public:
  PluginEvents(base::Executor& executor, object::KindRegistry& kinds) : executor_(executor), kinds_(kinds) {}
  // Until `stop`, they are written through this.
  void writeTo(bus::Cluster& cluster);
  void stop();

  void note(const host::PluginNotice& notice);

 private:
  Task<void> write(bus::Cluster& cluster, host::PluginNotice notice, int32_t count);

  struct Told {
    int64_t at = 0;
    int32_t count = 0;  // since then
  };
  base::Executor& executor_;
  object::KindRegistry& kinds_;
  Mutex mutex_;
  bus::Cluster* cluster_ CLEAT_GUARDED_BY(mutex_) = nullptr;
  // What happens before there is anything to write through, such as a plugin that does not start; the first of it.
  std::vector<host::PluginNotice> waiting_ CLEAT_GUARDED_BY(mutex_);
  std::map<std::string, Told> told_ CLEAT_GUARDED_BY(mutex_);  // by plugin and reason
};

}  // namespace cleat::app
