// What is behind PluginHost: the table of plugins, and the tasks that start, restart and replace them. Shared with
// those tasks, so that one that is still in progress when the host goes finds everything in place.
#pragma once

#include <cleat/sdk/mutex.h>
#include <cleat/sdk/text_table.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/host/instance.h"
#include "core/host/plugin_host.h"

namespace cleat::host {

// A plugin of the table. All of it but its name is under the host's lock.
struct PluginHost::Entry {
  enum class State { starting, running, restarting, stopped };
  static const char* stateName(State state);
  bool fills(std::string_view role) const { return std::ranges::find(spec.roles, role) != spec.roles.end(); }

  const std::string name;
  PluginSpec spec;
  Manifest manifest;
  std::shared_ptr<Instance> instance;
  std::weak_ptr<Instance> starting;  // the one that was launched last
  std::shared_ptr<Activity> activity;
  State state = State::starting;
  std::string message;
  std::string selfReport;  // what the plugin has said of itself since it was started
  bool swapping = false;
  bool stuck = false;  // it is being ended for that
  uint32_t restarts = 0;
  nanoseconds nextDelay{0};
  int64_t runningSince = 0;
  base::TimerId restartTimer = 0;
  Ref<const Message> description;  // of a kinds plugin
  Ref<const Message> interests;    // of an admission plugin, as its last start said
};

struct PluginHost::State final : gate::Roles, std::enable_shared_from_this<State> {
  using EntryRef = std::shared_ptr<Entry>;

  State(base::Executor& executor, object::KindRegistry& kinds, HostOptions given);
  void begin();  // once it is shared

  // gate::Roles.
  std::vector<std::string> chain(std::string_view role) const override;
  Ref<const Message> interests(const std::string& plugin) const override;
  uint64_t generation() const override { return changes.load(std::memory_order_acquire); }
  Task<RoleAnswer> call(std::string_view plugin, RoleCall call) override;
  Task<RoleAnswer> callRole(RoleCall call);
  // What the operator says of how it is asked; under the lock.
  const AskPolicy* policyOf(MethodId method, std::string_view plugin) const CLEAT_REQUIRES_SHARED(mutex);
  // The plugin has to fill the role of the method.
  Task<RoleAnswer> callFiller(std::string plugin, RoleCall call);
  // A plugin has come or gone, or said what it wants to see.
  void changed() { changes.fetch_add(1, std::memory_order_acq_rel); }
  std::atomic<uint64_t> changes{1};

  EntryRef find(std::string_view name) const;  // takes the lock
  std::string dataDirOf(const std::string& name) const { return options.dataDir + "/" + name; }

  // Reads and checks what the specification names: the file, which may become another one, and whether it fits to what
  // the specification says.
  Result<Manifest> readSigned(const PluginSpec& spec) const;
  Result<Manifest> examine(const PluginSpec& spec) const;
  // The manifest of a file that is about to be started again, if it asks for nothing more than what the entry was
  // allowed.
  Result<Manifest> asAllowedBefore(const EntryRef& entry, Manifest manifest) const;
  // A new instance of the entry's plugin: started, ready, and with what it described.
  struct Launched {
    std::shared_ptr<Instance> instance;
    std::shared_ptr<Activity> activity;
    Ref<const Message> description, interests;
  };
  enum class Launch { alone, besideAnother };  // whose place it takes: until then it does not write
  Task<Result<Launched>> launch(EntryRef entry, PluginSpec spec, Manifest manifest, Launch how = Launch::alone);
  // In the table of plugins, and out of it.
  Result<EntryRef> enter(PluginSpec& spec, Manifest manifest);
  void leave(const EntryRef& entry);
  Task<Result<void>> replace(EntryRef entry, PluginSpec spec, bool grant);
  // Makes what the store holds of kinds that have come visible.
  Result<void> adopt() const { return services->adoptKinds ? services->adoptKinds() : Result<void>(); }
  Task<Result<void>> introduce(EntryRef entry, Manifest manifest, Launched& launched);
  Result<std::shared_ptr<Link>> makeLink(const PluginSpec& spec, const Manifest& manifest,
                                         std::shared_ptr<Instance> instance, std::shared_ptr<Activity> activity);
  // Puts a launched instance into its roles. Takes the lock; gives the one that was there.
  std::shared_ptr<Instance> install(const EntryRef& entry, Launched launched);

  void stuck(const EntryRef& entry, const std::string& why);
  // What may happen again and again; of each kind one a minute is told.
  void trouble(const std::string& plugin, const char* reason, const std::string& message);
  void notice(const std::string& plugin, const char* reason, const std::string& message, bool warning = true) const;
  void gone(const EntryRef& entry, const std::shared_ptr<Instance>& instance, const std::string& why);
  void restartLater(const EntryRef& entry, const std::string& why);
  Task<void> restart(EntryRef entry);
  // Whoever has been started for it is not needed any more: it was taken out or replaced meanwhile, or all is stopping.
  bool isTooLateFor(const EntryRef& entry) const;
  Ref<const Message> describePlugins() const;
  void report(const Watchdog::Report& report);
  base::Counter& counter(const char* name, const char* help, const std::string& plugin);

  HostOptions options;
  base::Metrics ownMetrics;
  base::Metrics& metrics;
  std::shared_ptr<HostServices> services;
  std::shared_ptr<UnderWay> starts;  // of plugins that nobody else knows of
  mutable SharedMutex mutex;
  Mutex troublesMutex;
  // By plugin and reason: when it was told last.
  std::map<std::pair<std::string, std::string>, int64_t> troubles CLEAT_GUARDED_BY(troublesMutex);
  std::vector<EntryRef> entries CLEAT_GUARDED_BY(mutex);  // in the order of loading
  TextTable<EntryRef> byName CLEAT_GUARDED_BY(mutex);     // the same
  bool stopping CLEAT_GUARDED_BY(mutex) = false;
};

}  // namespace cleat::host
