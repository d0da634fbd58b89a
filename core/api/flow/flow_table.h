// FlowTable: which flow a request belongs to and which level a flow, as a plugin has said it (role flow-control).
// Immutable; a request holds the one that it was looked up in. Looking one up compares texts and allocates nothing.
#pragma once

#include <cleat/schema/role/flow_control.methods.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/api/flow/flow_level.h"
#include "core/base/ref.h"
#include "core/bus/cluster.h"
#include "core/object/field_selector.h"

namespace cleat::api {

// What a request says of itself, as far as flows are told apart by it.
struct FlowQuestion {
  const bus::User& user;
  std::string_view verb;  // as authorizers call it
  bool isResource = false;
  std::string_view group, resource, subresource, ns;
  std::string_view path;  // of what is no resource
};

// Of a list; "*" in it is everything.
struct FlowTexts {
  explicit FlowTexts(capnp::List<capnp::Text>::Reader from);
  bool has(std::string_view text) const;
  bool any = false;
  std::vector<std::string> texts;
};

class FlowRule {
 public:
  explicit FlowRule(role::FlowRule::Reader from);
  bool takes(const FlowQuestion& question) const;

 private:
  struct Resources {
    FlowTexts verbs, groups, resources, namespaces;
    bool clusterScope;
  };
  struct Paths {
    FlowTexts verbs, paths;
  };
  bool isBy(const bus::User& user) const;
  static bool takesResource(const Resources& rule, const FlowQuestion& question);
  static bool takesPath(const Paths& rule, const FlowQuestion& question);

  FlowTexts users_, groups_;
  std::vector<std::string> userPrefixes_;
  std::vector<Resources> resources_;
  std::vector<Paths> paths_;
};

struct Flow {
  std::string name;
  std::shared_ptr<FlowLevel> level;
  std::shared_ptr<FlowCounts> counts;
  role::FlowSplit split = role::FlowSplit::NONE;
  std::vector<FlowRule> rules;
  std::string headLines;  // which clients are told; empty: none
  size_t hash = 0;        // of its name
  bool isQueued = false;  // its level has queues

  // What tells the requests of a flow apart that wait in different queues.
  std::string_view distinguisher(const FlowQuestion& question) const;
};

struct FlowTable : RefCounted {
  std::vector<std::shared_ptr<FlowLevel>> levels;
  std::vector<Flow> flows;
  uint32_t objectsPerSeat = 0, watchesPerSeat = 0;
  int64_t tellingNs = 0;
  struct NarrowWatches {
    std::string group, resource, field;
  };
  std::vector<NarrowWatches> narrowWatches;
  std::vector<std::string> silentChanges;

  // Whether a watch with this field selector is told of few changes.
  bool isNarrow(std::string_view group, std::string_view resource, const object::FieldSelector& fields) const;
  // Whether nobody is told of what the request changes.
  bool isSilent(const FlowQuestion& question) const;
  // Null: none takes it.
  const Flow* find(const FlowQuestion& question) const;
};

}  // namespace cleat::api
