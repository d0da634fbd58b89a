// MirrorCluster: the cluster as seen from a node, through a server's HTTPS API. What is asked goes to the server as an
// ordinary request under the node's own identity (the `user` of a call is not sent); what is subscribed to is copied
// here once, however many on this node subscribe to the same.
//
// Subscriptions go on through any loss of the server: they resume by themselves and deliver what has changed meanwhile.
#pragma once

#include <cleat/sdk/mutex.h>

#include <map>
#include <memory>
#include <string>

#include "core/base/executor.h"
#include "core/bus/cluster.h"
#include "core/http/http_client.h"
#include "core/object/catalogue.h"

namespace cleat::bus {

class SharedWatch;

class MirrorCluster final : public Cluster {
 public:
  // The kinds are those of the server, as far as anybody here asks for them. The executor and the kinds outlive the
  // cluster and its subscriptions.
  MirrorCluster(base::Executor& executor, object::KindRegistry& kinds, std::shared_ptr<http::HttpClient> client);
  ~MirrorCluster() override;

  Task<Result<ObjectRef>> get(UserRef user, Target target) override;
  Task<Result<ListResult>> list(UserRef user, Target target, ListOptions options) override;
  Task<Result<std::unique_ptr<Subscription>>> subscribe(UserRef user, Target target, std::string labelSelector,
                                                        std::string fieldSelector) override;
  Task<Result<Written>> create(UserRef user, Target target, Ref<Message> body, WriteOptions options) override;
  Task<Result<Written>> update(UserRef user, Target target, Ref<Message> body, WriteOptions options) override;
  Task<Result<Written>> patch(UserRef user, Target target, PatchType type, std::string body, WriteOptions options,
                              bool force) override;
  Task<Result<Written>> remove(UserRef user, Target target, DeleteOptions options) override;
  Task<Result<ListResult>> removeCollection(UserRef user, Target target, ListOptions selection,
                                            DeleteOptions options) override;

 private:
  // Stops the watch when the last subscription lets go of it.
  struct Lease {
    explicit Lease(std::shared_ptr<SharedWatch> from);
    ~Lease();
    const std::shared_ptr<SharedWatch> watch;
  };

  Task<Result<http::ClientResponse>> exchange(http::ClientRequest request);
  Task<Result<Written>> write(const Kind* expected, http::ClientRequest request);
  std::shared_ptr<Lease> lease(Target target, std::string labelSelector, std::string fieldSelector);

  base::Executor& executor_;
  object::KindRegistry& kinds_;
  const std::shared_ptr<http::HttpClient> client_;
  Mutex mutex_;
  std::map<std::string, std::weak_ptr<Lease>> leases_ CLEAT_GUARDED_BY(mutex_);  // by path and selectors
};

}  // namespace cleat::bus
