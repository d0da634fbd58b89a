// Which nodes are heard of: a node lives as long as it renews its Lease or posts its status, and is not to be relied on
// when it has done neither for a time.
//
//   NodeHealth health_(grace);
//   health_.see(node, lease, now, wallNow);            // as often as there may be news
//   if (health_.isSilent(node, now)) …silenced(node, wallNow)…
//
// What counts is when the news came here, so that nobody's clock has to agree with anybody else's.
#pragma once

#include <cleat/sdk/kinds/coordination_v1.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/object.h>
#include <cleat/sdk/time.h>

#include <map>
#include <optional>
#include <string>

namespace cleat::lifecycle {

using coordination_v1::Lease;
using core_v1::Node;

struct Grace {
  Duration silence{};  // so long a node may say nothing
  Duration startup{};  // so long one that has never posted its status
};

class NodeHealth {
 public:
  explicit NodeHealth(Grace grace) : grace_(grace) {}

  // `lease` refers to nothing where the node has none.
  void see(const Object<Node>& node, const Object<Lease>& lease, Instant now, WallTime wallNow);
  bool isSilent(const Object<Node>& node, Instant now) const;

  // Time in which nothing could be heard, because nobody listened: it is no node's fault.
  void excuse(Duration deaf);
  // All nodes have their whole time again.
  void beginAnew(Instant now);
  void forget(std::string_view node) { nodes_.erase(str(node)); }

 private:
  struct Seen {
    std::string uid;
    Instant at{};
    std::string heartbeat, renewal;
  };
  Grace grace_;
  std::map<std::string, Seen> nodes_;
};

// "True", "False", "Unknown", or empty for a node that has never said.
std::string_view readiness(const Object<Node>& node);

// The node with the conditions that nobody vouches for any more as Unknown; nothing if they are.
std::optional<Draft<Node>> silenced(const Object<Node>& node, WallTime now);

// The node with the taint that makes pods leave it for as long as it is not ready, and not with the other one of the
// two; or with neither, when `key` is empty. Nothing if it is as it should be.
inline constexpr std::string_view kNotReadyTaint = "node.kubernetes.io/not-ready";
inline constexpr std::string_view kUnreachableTaint = "node.kubernetes.io/unreachable";
std::optional<Draft<Node>> withTaint(const Object<Node>& node, std::string_view key, WallTime now);
bool hasTaint(const Object<Node>& node, std::string_view key);

}  // namespace cleat::lifecycle
