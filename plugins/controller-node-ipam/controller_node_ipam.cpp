// Gives every node its part of the pods' networks: spec.podCIDR and spec.podCIDRs.
#include <cleat/sdk/client.h>
#include <cleat/sdk/controller_plugin.h>
#include <cleat/sdk/events.h>
#include <cleat/sdk/informer.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/lists.h>
#include <cleat/sdk/service_ranges.h>

#include <map>
#include <set>

#include "cidr_set.h"

namespace cleat::ipam {
namespace {

using core_v1::Node;

constexpr std::chrono::minutes kAskAgain{5};
constexpr size_t kMostRemembered = 1000;
constexpr int kMostTries = 5;

class NodeIpam : public ControllerPlugin {
 public:
  explicit NodeIpam(Context& context) : ControllerPlugin(context, "node-ipam") {}

 private:
  Result<void> watch() override {
    CLEAT_TRY(readSettings());
    // What a node has does not change by itself: whether it is there, and whether it has any, is all there is to know.
    nodes_.onChange([this](const Object<Node>& before, const Object<Node>& now) {
      const bool had = before && before->getSpec().getPodCIDRs().size() > 0;
      const bool has = now && now->getSpec().getPodCIDRs().size() > 0;
      if (!before || !now || had != has) controller().enqueue(str(now ? now.name() : before.name()));
    });
    controller().needs(nodes_);
    return {};
  }

  Result<void> readSettings() {
    std::vector<std::string> networks = config().list("cluster_cidrs");
    if (networks.empty()) {
      for (std::string_view pods : podRanges(config().server().clusterCidr)) networks.push_back(str(pods));
    }
    if (networks.empty() || networks.size() > 2) {
      return fail(Status::badRequest("cluster_cidrs: one network, or one of each family"));
    }
    for (const std::string& text : networks) {
      const bool v6 = text.find(':') != std::string::npos;
      const int64_t bits = config().integer(v6 ? "node_cidr_mask_size_ipv6" : "node_cidr_mask_size");
      Result<CidrSet> set = CidrSet::of(text, static_cast<int>(std::clamp<int64_t>(bits, 0, 128)));
      if (!set) return fail(Status::badRequest(concat("cluster_cidrs: ", set.error().message)));
      // Addresses of services are nobody's.
      for (std::string_view range : serviceRanges(config().server().serviceCidr)) {
        if (const auto services = Network::parse(str(range))) set->occupy(*services);
      }
      const std::optional<Network> network = Network::parse(text);
      if (!sets_.empty() && sets_.front().isOfFamily(*network)) {
        return fail(Status::badRequest("cluster_cidrs: two networks must be one of each family"));
      }
      sets_.push_back(std::move(*set));
    }
    return {};
  }

  Task<Result<Reconciled>> reconcile(std::string name) override {
    learn();
    const Object<Node> node = nodes_.get(name);
    if (!node) {
      release(name);
      co_return Reconciled();
    }
    if (node->getSpec().getPodCIDRs().size() > 0) {
      note(node);
      co_return Reconciled();
    }
    // It went and came again before anybody looked.
    release(name);
    if (node.meta().hasDeletionTimestamp() || !assigning_.insert(name).second) co_return Reconciled();
    auto assigned = assign(node);
    Result<Reconciled> done = co_await std::move(assigned);
    assigning_.erase(name);
    co_return done;
  }

  // Before anything is given out: what the nodes have.
  void learn() {
    if (std::exchange(learnt_, true)) return;
    nodes_.forEach([this](const Object<Node>& node) { note(node); });
  }

  void note(const Object<Node>& node) {
    std::vector<Network> has;
    for (auto text : node->getSpec().getPodCIDRs()) {
      if (const std::optional<Network> network = Network::parse(view(text))) has.push_back(*network);
    }
    const auto known = given_.find(str(node.name()));
    if (known != given_.end() && known->second == has) return;
    if (known != given_.end()) release(str(node.name()));
    for (const Network& network : has) {
      for (CidrSet& set : sets_) set.occupy(network);
    }
    if (!has.empty()) given_[str(node.name())] = std::move(has);
  }

  void release(const std::string& name) {
    const auto found = given_.find(name);
    if (found == given_.end()) return;
    for (const Network& network : found->second) {
      for (CidrSet& set : sets_) set.release(network);
    }
    // Should one of that name come again, it is most likely the same machine, with pods on it.
    if (former_.size() < kMostRemembered) former_[name] = std::move(found->second);
    given_.erase(found);
    for (const std::string& waiting : std::exchange(waiting_, {})) controller().enqueue(waiting);
  }

  Task<Result<Reconciled>> assign(Object<Node> node) {
    const std::string name = str(node.name());
    std::vector<std::string> parts;
    for (CidrSet& set : sets_) {
      if (std::optional<std::string> part = partOf(set, name)) parts.push_back(std::move(*part));
    }
    if (parts.size() < sets_.size()) {
      giveBack(parts);
      waiting_.insert(name);
      events_.normal(node, "CIDRNotAvailable", concat("Node ", name, " status is now: CIDRNotAvailable"));
      co_return Reconciled{.requeueAfter = kAskAgain};
    }
    waiting_.erase(name);
    former_.erase(name);
    auto writing = write(node, parts);
    Result<Object<Node>> updated = co_await std::move(writing);
    if (updated) {
      note(*updated);
      log().info("the node ", name, " has the pods' addresses ", parts.front(),
                 parts.size() > 1 ? concat(" and ", parts.back()) : std::string());
      co_return Reconciled();
    }
    giveBack(parts);
    if (updated.error().is(404)) co_return Reconciled();
    if (!updated.error().is(409)) {
      events_.normal(node, "CIDRAssignmentFailed", concat("Node ", name, " status is now: CIDRAssignmentFailed"));
    }
    co_return fail(updated.error());
  }

  // A node that has just come is written to by many.
  Task<Result<Object<Node>>> write(Object<Node> node, std::vector<std::string> parts) {
    for (int attempt = 1;; ++attempt) {
      Draft<Node> draft(node);
      draft->getSpec().setPodCIDR(parts.front());
      draft->getSpec().adoptPodCIDRs(textList(orphanageOf(draft->getSpec()), parts));
      Result<Object<Node>> updated = co_await client_.update<Node>(std::move(draft));
      if (updated || !updated.error().is(409) || attempt == kMostTries) co_return updated;
      const std::string name = str(node.name());
      Result<Object<Node>> now = co_await client_.get<Node>(name);
      if (!now || (*now)->getSpec().getPodCIDRs().size() > 0) co_return now ? updated : now;
      node = std::move(*now);
    }
  }

  // What it had before, if it is free still.
  std::optional<std::string> partOf(CidrSet& set, const std::string& name) {
    const auto before = former_.find(name);
    if (before == former_.end()) return set.take();
    for (const Network& network : before->second) {
      if (set.takeThis(network)) return network.text();
    }
    return set.take();
  }

  void giveBack(const std::vector<std::string>& parts) {
    for (const std::string& part : parts) {
      for (CidrSet& set : sets_) set.putBack(*Network::parse(part));
    }
  }

  Client client_{context()};
  EventRecorder events_{context(), "cidrAllocator"};
  std::vector<CidrSet> sets_;                                   // one of each family
  std::map<std::string, std::vector<Network>> given_, former_;  // by node; those of nodes that went
  std::set<std::string> waiting_, assigning_;                   // nodes
  bool learnt_ = false;
  Informer<Node> nodes_{context()};
};

}  // namespace
}  // namespace cleat::ipam

CLEAT_PLUGIN(cleat::ipam::NodeIpam, .name = "controller-node-ipam", .version = "0.1.0", .maturity = "alpha",
             .roles = "controller", .grants = "- nodes get,list,watch,update\n- events create,patch,update\n",
             .configSchema =
                 "cluster_cidrs list # the pods' networks, at most one of each family; none: server.cluster_cidr\n"
                 "node_cidr_mask_size int 24 # how large a node's part of an IPv4 network is\n"
                 "node_cidr_mask_size_ipv6 int 64 # and of an IPv6 network\n");
