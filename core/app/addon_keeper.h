// AddonKeeper: keeps in the cluster what addons bring (role `addon`, sdk/schema/role/addon.capnp). Each is asked every
// few seconds what there is to be; that is applied as the addon's own user, and what it no longer brings is deleted.
// What was made is noted in a file of the folder, so that it is known after a restart; of an addon that is not loaded
// any more all stays. What does not succeed stands in the addon's health.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/app/rounds.h"
#include "core/base/executor.h"
#include "core/bus/cluster.h"
#include "core/host/plugin_host.h"
#include "core/object/catalogue.h"

namespace cleat::app {

// An object, by which it is found again whatever becomes of its kind.
struct BroughtObject {
  std::string apiVersion, kind, ns, name;
  bool operator==(const BroughtObject&) const = default;
  std::string named() const;  // "Service kube-system/kube-dns"
};
// Of a manifest in YAML or JSON; the error says what it lacks.
Result<BroughtObject> objectOf(const std::string& manifest);

class AddonKeeper : public std::enable_shared_from_this<AddonKeeper> {
 public:
  AddonKeeper(base::Executor& executor, object::KindRegistry& kinds, host::PluginHost& host, std::string folder)
      : executor_(executor), kinds_(kinds), host_(host), folder_(std::move(folder)) {}

  void begin(bus::Cluster& cluster);
  // Nothing is asked or written any more when this has returned. Not on one of the executor's threads.
  void stop() { rounds_->stop(); }

 private:
  struct Wanted {
    std::string manifest;
    bool isReplaceable = false, isLeftAlone = false;
  };

  Task<Rounds::Next> round();
  // Whether all is as it should be.
  Task<bool> keep(std::string addon);
  Task<Result<void>> apply(bus::UserRef user, std::string addon, const Wanted& wanted, const BroughtObject& object);
  Task<Result<void>> takeAway(bus::UserRef user, const BroughtObject& object);
  Result<bus::Target> targetOf(const BroughtObject& object) const;
  void tell(const std::string& addon, const std::string& trouble);

  std::string fileOf(const std::string& addon) const { return folder_ + "/" + addon + ".json"; }
  std::vector<BroughtObject>& notedOf(const std::string& addon);
  void note(const std::string& addon, std::vector<BroughtObject> objects);

  base::Executor& executor_;
  object::KindRegistry& kinds_;
  host::PluginHost& host_;
  const std::string folder_;
  bus::Cluster* cluster_ = nullptr;

  // Of the round that is under way alone.
  std::chrono::nanoseconds delay_{0};
  std::map<std::string, std::vector<BroughtObject>> noted_;  // by addon
  std::map<std::string, std::string> told_;
  const std::shared_ptr<Rounds> rounds_ = std::make_shared<Rounds>(executor_);
};

}  // namespace cleat::app
