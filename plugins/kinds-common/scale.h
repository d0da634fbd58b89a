// The subresource `scale` of workloads: how many pods one is to have and has, and which they are. A plugin fills a
// Scales in its constructor and lets it answer `project` and `transform` where it has the target:
//
//   scales_.add<apps_v1::Deployment>(table());
//   …
//   if (scales_.has(params.getRef())) co_return scales_.project(params, call);
#pragma once

#include <cleat/sdk/kinds/autoscaling_v1.h>
#include <cleat/sdk/roles.h>
#include <cleat/sdk/selector.h>

#include <map>
#include <string>

#include "kinds-common/kind_table.h"

namespace cleat::kinds {

class Scales {
 public:
  // The workload has spec.replicas, spec.selector and status.replicas.
  template <class Workload>
  void add(KindTable& table) {
    table.addSubresource<Workload>({.name = "scale",
                                    .style = "transform",
                                    .bodyGroup = "autoscaling",
                                    .bodyVersion = "v1",
                                    .bodyKind = "Scale",
                                    .verbs = {"get", "patch", "update"}});
    workloads_.emplace(std::string(KindOf<Workload>::resource.resource), Functions{&read<Workload>, &write<Workload>});
  }

  bool has(wire::ResourceRef::Reader ref) const { return find(ref) != nullptr; }
  Result<void> project(role::TransformParams::Reader params, Call<role::TransformResults>& call) const;
  Result<void> transform(role::TransformParams::Reader params, Call<role::TransformResults>& call) const;

 private:
  // What a Scale shows, of whatever workload.
  struct Shown {
    int32_t replicas = 0, replicasNow = 0;
    std::string selector;
  };
  struct Functions {
    Shown (*read)(const AnyRef& workload);
    AnyRef (*write)(const AnyRef& workload, int32_t replicas);
  };

  static std::string selectorText(meta_v1::LabelSelector::Reader selector) {
    auto compiled = LabelSelector::compile(selector);
    return compiled ? compiled->text() : std::string();
  }
  static std::string selectorText(TextMapReader labels) { return LabelSelector::fromMap(labels).text(); }

  template <class Workload>
  static Shown read(const AnyRef& object) {
    auto workload = object.as<Workload>();
    return {valueOr(workload.getSpec().getReplicas(), 0), workload.getStatus().getReplicas(),
            selectorText(workload.getSpec().getSelector())};
  }
  template <class Workload>
  static AnyRef write(const AnyRef& object, int32_t replicas) {
    Draft<Workload> draft(object.as<Workload>());
    draft->getSpec().initReplicas().setValue(replicas);
    return std::move(draft).freezeAny();
  }

  static AnyRef scaleOf(const AnyRef& workload, const Shown& shown);
  const Functions* find(wire::ResourceRef::Reader ref) const;

  std::map<std::string, Functions, std::less<>> workloads_;
};

}  // namespace cleat::kinds
