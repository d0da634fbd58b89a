// Fills in what users leave out, by rules of the operator's: labels, annotations, and any field of an object, each only
// where nothing is said, unless the rule replaces it. Objects are changed as JSON, so that a rule names fields as YAML
// does.
#include <cleat/sdk/admission.h>
#include <cleat/sdk/kinds/apps_v1.h>
#include <cleat/sdk/kinds/batch_v1.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/kinds/networking_v1.h>
#include <cleat/sdk/selector.h>
#include <cleat/sdk/struct_json.h>
#include <cleat/sdk/text.h>

#include <algorithm>
#include <functional>

#include "rules.h"

namespace {

using namespace cleat;

template <class K>
Result<bool> changeAs(AdmissionRequest& request, const std::vector<const Rule*>& rules) {
  const Object<K> object = request.object<K>();
  auto changed = filledIn(structJson(capnp::toDynamic(*object)).view(), rules);
  if (!changed) return std::unexpected(changed.error());
  if (!*changed) return false;
  Draft<K> draft;
  if (auto read = readStruct((*changed)->view(), capnp::toDynamic(*draft)); !read) return std::unexpected(read.error());
  request.replace(std::move(draft));
  return true;
}

struct Known {
  const char *group, *resource;
  Result<bool> (*change)(AdmissionRequest&, const std::vector<const Rule*>&);
};
constexpr Known kKnown[] = {
    {"", "pods", changeAs<core_v1::Pod>},
    {"", "services", changeAs<core_v1::Service>},
    {"", "configmaps", changeAs<core_v1::ConfigMap>},
    {"", "secrets", changeAs<core_v1::Secret>},
    {"", "serviceaccounts", changeAs<core_v1::ServiceAccount>},
    {"", "namespaces", changeAs<core_v1::Namespace>},
    {"", "persistentvolumeclaims", changeAs<core_v1::PersistentVolumeClaim>},
    {"apps", "deployments", changeAs<apps_v1::Deployment>},
    {"apps", "statefulsets", changeAs<apps_v1::StatefulSet>},
    {"apps", "daemonsets", changeAs<apps_v1::DaemonSet>},
    {"batch", "jobs", changeAs<batch_v1::Job>},
    {"batch", "cronjobs", changeAs<batch_v1::CronJob>},
    {"networking.k8s.io", "ingresses", changeAs<networking_v1::Ingress>},
};

const Known* known(std::string_view resource) {
  auto found = std::ranges::find_if(kKnown, [&](const Known& one) { return resource == one.resource; });
  return found == std::end(kKnown) ? nullptr : found;
}

class Defaulter : public AdmissionPlugin {
 public:
  using AdmissionPlugin::AdmissionPlugin;

  // A rule that cannot be read is why the plugin does not start.
  Task<Result<void>> start() override {
    int number = 0;
    for (const std::string& text : config().list("rules")) {
      auto rule = readRule(text);
      ++number;
      if (rule && !known(rule->resource)) {
        rule = fail(Status::badRequest(concat("resource: ", inQuotes(rule->resource), " is none that it knows")));
      }
      if (!rule) co_return fail(Status::badRequest(concat("rule ", number, ": ", rule.error().message)));
      rules_.push_back(std::move(*rule));
    }
    co_return Result<void>();
  }

  std::vector<AdmissionInterest> interests() override {
    std::vector<AdmissionInterest> all;
    for (const Known& one : kKnown) {
      const bool meant = std::ranges::any_of(rules_, [&](const Rule& rule) { return rule.resource == one.resource; });
      if (!meant) continue;
      all.push_back(
          {.group = one.group, .resource = one.resource, .operations = {role::Operation::CREATE}, .mutates = true});
    }
    return all;
  }

  Task<Result<void>> mutate(AdmissionRequest& request) override {
    const AnyRef object = request.anyObject();
    // A namespace is not in one: rules that name namespaces mean it by its name.
    const std::string_view ns = request.resource() == "namespaces" ? view(object.meta().getName()) : request.ns();
    std::vector<const Rule*> rules;
    for (const Rule& rule : rules_) {
      if (rule.resource == request.resource() && rule.isFor(ns, object)) rules.push_back(&rule);
    }
    if (rules.empty()) co_return {};
    auto changed = known(request.resource())->change(request, rules);
    if (!changed) co_return fail(changed.error());
    co_return {};
  }

 private:
  std::vector<Rule> rules_;
};

}  // namespace

CLEAT_PLUGIN(Defaulter, .name = "admission-defaulter", .version = "1.0.0", .maturity = "beta", .roles = "admission",
             .configSchema =
                 "rules tables # resource, namespaces, selector; labels, annotations, set: what to fill in; replace\n");
