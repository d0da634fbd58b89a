// What the API knows of this node: registers the Node, keeps its status true (when something changes, and every five
// minutes in any case) and renews its Lease every ten seconds, by which the control plane sees that it lives.
// Strand only.
#pragma once

#include <cleat/sdk/client.h>
#include <cleat/sdk/kinds/coordination_v1.h>
#include <cleat/sdk/kinds/core_v1.h>

#include <string>
#include <vector>

#include "node/machine.h"
#include "node/node_amounts.h"
#include "node/own_node.h"
#include "runtime_client.h"

namespace cleat::agent {

struct NodeIdentity {
  std::string name;
  std::string address;        // as others reach it
  std::string secondAddress;  // of the other family, where pods have addresses of both families
  uint16_t agentPort = 0;
  int64_t mostPods = 110;
  NodeAmounts reserved;         // kept from pods
  std::string localPathFolder;  // where volumes of the class local-path are; empty: there are none

  // All of them, the one that is given where one is asked for first.
  std::vector<std::string> addresses() const {
    return secondAddress.empty() ? std::vector{address} : std::vector{address, secondAddress};
  }
};

// What the runtime and the network say of themselves.
struct NodeHealth {
  bool ready = false;
  std::string message;         // why not
  std::string runtimeVersion;  // "cleat-oci://0.1.0"
  bool operator==(const NodeHealth&) const = default;
};

class NodeStatus {
 public:
  NodeStatus(Context& context, RuntimeClient& runtime, NetworkClient& network, OwnNode& self)
      : context_(context), client_(context), runtime_(runtime), network_(network), self_(self) {}

  // Begins, and goes on as long as the plugin runs.
  void start(NodeIdentity identity, Machine machine);

  const NodeHealth& health() const { return health_; }

 private:
  Task<void> keepStatus();
  Task<void> keepLease();
  Task<NodeHealth> askHealth();
  bool amountsDiffer() const;
  bool isDoubted() const;
  Task<Result<void>> registerNode();
  Task<Result<void>> writeStatus();
  Task<Result<void>> renewLease();
  Task<std::vector<std::pair<std::vector<std::string>, int64_t>>> images();

  Context& context_;
  Client client_;
  RuntimeClient& runtime_;
  NetworkClient& network_;
  OwnNode& self_;
  NodeIdentity identity_;
  Machine machine_;
  NodeHealth health_;
  Object<core_v1::Node> node_;
  Object<coordination_v1::Lease> lease_;
};

// The labels that every node has, and the annotation that says where its local volumes are. Returns whether anything
// changed.
bool setNodeLabels(meta_v1::ObjectMeta::Builder meta, const NodeIdentity& identity, const Machine& machine);
// Everything of a node's status that is the agent's to say, but its images. What others have said stays: extended
// resources, conditions, volumes. Times of transitions are kept from what is there.
void setNodeStatus(core_v1::NodeStatus::Builder status, const NodeIdentity& identity, const Machine& machine,
                   const NodeHealth& health, WallTime now);

}  // namespace cleat::agent
