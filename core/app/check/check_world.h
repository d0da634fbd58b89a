// CheckWorld: what plugins that are being checked have around them, shared by all of one run: threads, the kinds that
// the configuration enables with the plugins that bring them, keys of an authority that nobody trusts, and a folder
// that goes with it. Each plugin has a cluster of its own in it (check_cluster.h).
#pragma once

#include <cleat/sdk/status.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/app/check/check_population.h"
#include "core/app/temporary_folder.h"
#include "core/base/asio_executor.h"
#include "core/base/config.h"
#include "core/base/metrics.h"
#include "core/bus/watch.h"
#include "core/gate/gate.h"
#include "core/host/plugin_host.h"
#include "core/object/catalogue.h"
#include "core/store/store.h"

namespace cleat::app {

class CheckWorld {
 public:
  static Result<std::unique_ptr<CheckWorld>> make(base::AsioExecutor& executor, base::Config config,
                                                  std::vector<PopulationObject> population);
  ~CheckWorld();

  base::AsioExecutor& executor() { return executor_; }
  object::KindRegistry& kinds() { return kinds_; }
  // Of the kinds' plugins; its authorizer allows everything.
  host::PluginHost& roles() { return *host_; }
  base::Metrics& metrics() { return metrics_; }
  const base::Config& config() const { return config_; }
  const host::Installation& installation() const { return installation_; }
  const std::string& folder() const { return folder_->path(); }

  // What is to be in each plugin's cluster.
  const std::vector<PopulationObject>& population() const { return population_; }
  // Its kind; null: no plugin brings it.
  object::KindRef kindOf(const PopulationObject& object) const;
  // The kinds of the population that there are, in the order in which their first objects stand there.
  std::vector<object::KindRef> populationKinds() const;

  // The kinds that there are without this plugin, and what it describes: whether that can be added.
  Result<std::unique_ptr<object::KindRegistry>> kindsWith(const std::string& plugin,
                                                          role::KindsDescription::Reader description);

 private:
  CheckWorld(base::AsioExecutor& executor, base::Config config, std::vector<PopulationObject> population)
      : executor_(executor), config_(std::move(config)), population_(std::move(population)) {}
  Result<void> makeFolders();
  Result<void> loadKinds();

  base::AsioExecutor& executor_;
  const base::Config config_;
  const std::vector<PopulationObject> population_;
  std::optional<TemporaryFolder> folder_;
  base::Metrics metrics_;
  host::Installation installation_;
  object::KindRegistry kinds_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<bus::Hub> hub_;
  std::unique_ptr<host::PluginHost> host_;
  std::unique_ptr<gate::Gate> gate_;
  std::vector<std::pair<std::string, Ref<const object::Message>>> descriptions_;  // by plugin, as they were loaded
};

}  // namespace cleat::app
