// Aggregation: a cluster role with an aggregationRule has the rules of all cluster roles that its selectors match, and
// gets them anew whenever one of those changes.
#pragma once

#include <cleat/sdk/client.h>
#include <cleat/sdk/controller.h>
#include <cleat/sdk/informer.h>
#include <cleat/sdk/kinds/rbac_v1.h>

#include <string>

namespace cleat::rbac {

class Aggregation {
 public:
  Aggregation(Context& context, Client& client, Informer<rbac_v1::ClusterRole>& roles);
  // Starts the informer, and works from when it is synced.
  void run();

 private:
  Task<Result<Reconciled>> reconcile(std::string name);

  Client& client_;
  Informer<rbac_v1::ClusterRole>& roles_;
  Controller controller_;
};

}  // namespace cleat::rbac
