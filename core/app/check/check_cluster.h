// CheckCluster: the cluster of one plugin that is being checked: a store of its own behind a gate without admission,
// with the world's population in it. It knows what the plugin asks of it, and gives it what its
// manifest's grants say and nothing else, as the cluster's authorizer would.
#pragma once

#include <cleat/sdk/mutex.h>
#include <cleat/sdk/status.h>

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/app/attach/rights.h"
#include "core/app/check/check_world.h"

namespace cleat::app {

class CheckCluster final : public bus::Cluster {
 public:
  // `mayAll`: whoever decides about requests is not held to grants.
  struct Rights {
    std::vector<Right> granted;
    bool mayAll = false;
  };
  static Result<std::unique_ptr<CheckCluster>> make(CheckWorld& world, const std::string& folder, Rights rights);
  // Waits for what is still being answered.
  ~CheckCluster() override;

  // Makes the world's population, as an administrator. The error says which of it is refused.
  Result<void> populate();
  // Changes what the population says is changed, one after the other, so that whoever watches is told; so many times.
  void stir(size_t times);
  // The objects that the population says are used so, as they are now.
  std::vector<object::ObjectRef> usedAs(std::string_view use);
  // One of the objects of a resource, in that version; null: there are none.
  object::ObjectRef anyOf(const object::KindRef& kind);

  // What the plugin has asked so far: how often it wrote, the last writes, and what it was refused for want of a grant.
  struct Asked {
    uint64_t writes = 0;
    std::vector<std::string> lastWrites, refused;
    std::string oftenest;  // what it has written most often, and how often that was
    uint64_t times = 0;
  };
  Asked asked() const;

  // bus::Cluster, for the plugin.
  Task<Result<object::ObjectRef>> get(bus::UserRef user, bus::Target target) override;
  Task<Result<bus::ListResult>> list(bus::UserRef user, bus::Target target, bus::ListOptions options) override;
  Task<Result<std::unique_ptr<bus::Subscription>>> subscribe(bus::UserRef user, bus::Target target,
                                                             std::string labelSelector,
                                                             std::string fieldSelector) override;
  Task<Result<bus::Written>> create(bus::UserRef user, bus::Target target, Ref<object::Message> body,
                                    bus::WriteOptions options) override;
  Task<Result<bus::Written>> update(bus::UserRef user, bus::Target target, Ref<object::Message> body,
                                    bus::WriteOptions options) override;
  Task<Result<bus::Written>> patch(bus::UserRef user, bus::Target target, bus::PatchType type, std::string body,
                                   bus::WriteOptions options, bool force) override;
  Task<Result<bus::Written>> remove(bus::UserRef user, bus::Target target, bus::DeleteOptions options) override;
  Task<Result<bus::ListResult>> removeCollection(bus::UserRef user, bus::Target target, bus::ListOptions selection,
                                                 bus::DeleteOptions options) override;

 private:
  CheckCluster(CheckWorld& world, Rights rights) : world_(world), rights_(std::move(rights)) {}
  enum class Sort { read, write };
  // Notes the request, and whether it is allowed.
  Result<void> note(Sort sort, const char* verb, const bus::Target& target);
  bool isGranted(std::string_view verb, const bus::Target& target) const;
  static bus::Target targetOf(const object::KindRef& kind, const PopulationObject& object);
  Result<void> create(const PopulationObject& object);
  void touch(const object::ObjectRef& object, size_t serial);

  CheckWorld& world_;
  const Rights rights_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<bus::Hub> hub_;
  std::unique_ptr<gate::Gate> gate_;
  const std::shared_ptr<std::atomic<int>> busy_ = std::make_shared<std::atomic<int>>(0);
  mutable Mutex mutex_;
  Asked asked_ CLEAT_GUARDED_BY(mutex_);
  std::map<std::string, uint64_t> written_ CLEAT_GUARDED_BY(mutex_);
};

}  // namespace cleat::app
