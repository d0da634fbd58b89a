// PodGraph: which objects the pods of each node refer to. A node may read an object while a pod that is bound to it
// refers to it, and no longer; and objects that name the node themselves.
//
//   graph.put(pod);
//   if (graph.reaches("worker-1", PodGraph::Kind::secret, "default", "database")) …
#pragma once

#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/object.h>
#include <cleat/sdk/text_table.h>

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace cleat::authz_node {

class PodGraph {
 public:
  // `pod` is the pods themselves: each reaches the node that it is bound to. The last four name their node.
  enum class Kind : char {
    secret,
    configMap,
    volumeClaim,
    resourceClaim,
    serviceAccount,
    pod,
    podCertificate,
    resourceSlice,
    localVolume,
    volumeAttachment
  };

  // The pod as it is now, in place of what was known of it. One that is bound to no node gives nobody anything.
  void put(const Object<core_v1::Pod>& pod);
  void remove(std::string_view podKey);
  // The node that an object names itself, in place of what was known of it; empty for none.
  void setNode(Kind kind, const AnyRef& object, std::string_view node);

  bool reaches(std::string_view node, Kind kind, std::string_view ns, std::string_view name) const;

  // Which claim has a volume, in place of what was known of it; an empty name for none.
  void setClaim(std::string_view volume, std::string_view ns, std::string_view name);
  // Whether a pod on the node refers to the claim that has the volume.
  bool reachesVolume(std::string_view node, std::string_view volume) const;
  // Which secrets a volume names for its driver on nodes, by "namespace/name", in place of what was known of it.
  void setSecrets(std::string_view volume, const std::vector<std::string>& secrets);
  // Whether a volume names the secret that the node is reached by.
  bool reachesSecret(std::string_view node, std::string_view ns, std::string_view name) const;

 private:
  struct Bound {
    std::string node;
    std::vector<std::string> objects;
    bool operator==(const Bound&) const = default;
  };
  void bind(std::string key, Bound bound);
  void release(std::string_view key);

  TextTable<Bound> pods_;  // by "namespace/name", and what is no pod by its own key
  // By object, the nodes that it is referred to on, and by how many pods there.
  TextTable<TextTable<size_t>> nodes_;
  struct Claim {
    std::string ns, name;
  };
  std::map<std::string, Claim, std::less<>> claims_;                        // by volume
  std::map<std::string, std::vector<std::string>, std::less<>> secretsOf_;  // by volume
  std::map<std::string, std::set<std::string>, std::less<>> namedBy_;       // volumes, by secret
};

}  // namespace cleat::authz_node
