// What a ValidatingAdmissionPolicy with three simple rules takes to look at a pod, and what finding it among a thousand
// does.
#include <benchmark/benchmark.h>
#include <cleat/sdk/kinds/core_v1.h>

#include "admission-validating-policy/validating_policy.h"
#include "policy-common/match_index.h"
#include "policy-common/object_values.h"

namespace cleat::policy {
namespace {

namespace v1 = admissionregistration_v1;

constexpr const char* kRules[] = {"object.spec.containers.all(c, c.image.startsWith('registry.example/'))",
                                  "!has(object.spec.hostNetwork) || !object.spec.hostNetwork",
                                  "has(object.metadata.labels) && 'app' in object.metadata.labels"};

Object<core_v1::Pod> pod() {
  Draft<core_v1::Pod> draft;
  draft.meta().setName("p");
  auto label = draft.meta().initLabels(1)[0];
  label.setKey("app");
  label.setValue("web");
  auto containers = draft->initSpec().initContainers(2);
  for (auto container : containers) container.setImage("registry.example/app:1");
  return std::move(draft).freeze();
}

void judgeThreeRules(benchmark::State& state) {
  Draft<v1::ValidatingAdmissionPolicy> policy;
  policy.meta().setName("p");
  auto validations = policy->initSpec().initValidations(3);
  for (unsigned i = 0; i < 3; ++i) validations[i].setExpression(kRules[i]);
  const auto compiled = ValidatingPolicy::compile(policy.reader());
  const Object<core_v1::Pod> object = pod();
  const KindKey kind{"", "v1", "Pod"};
  for (auto _ : state) {
    PolicyRun::Inputs inputs;
    inputs.object = anyObjectValue(object, kind, false);
    inputs.oldObject = inputs.params = inputs.namespaceObject = cel::Value::null();
    auto refusals = judge(*compiled, std::move(inputs));
    if (!refusals.empty()) state.SkipWithError(refusals[0].message.c_str());
  }
}
BENCHMARK(judgeThreeRules);

void findTwoAmong(benchmark::State& state) {
  MatchIndex index;
  for (int64_t i = 0; i < state.range(0); ++i) {
    Draft<v1::MatchResources> match;
    auto rule = match->initResourceRules(1)[0];
    rule.initApiGroups(1).set(0, "");
    rule.initApiVersions(1).set(0, "v1");
    rule.initOperations(1).set(0, "CREATE");
    rule.initResources(1).set(0, i < 2 ? "pods" : ("kind" + std::to_string(i) + "s").c_str());
    Indexed found{"p" + std::to_string(i), std::make_shared<const Matcher>(match.reader())};
    index.add(std::make_shared<const Indexed>(std::move(found)));
  }
  const RequestFacts facts{"", "v1", "pods", "", "default", "p", "CREATE"};
  for (auto _ : state) {
    if (index.candidates(facts).size() != 2) state.SkipWithError("there are not two");
  }
}
BENCHMARK(findTwoAmong)->Arg(2)->Arg(1000);

}  // namespace
}  // namespace cleat::policy
