// Holds requests against ValidatingAdmissionPolicies, as their bindings ask for.
#include <cleat/sdk/admission.h>
#include <cleat/sdk/informer.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/meta.h>

#include <algorithm>
#include <array>

#include "admission-validating-policy/asked_authorizer.h"
#include "admission-validating-policy/params.h"
#include "admission-validating-policy/policy_store.h"
#include "policy-common/object_values.h"
#include "policy-common/request_values.h"
#include "policy-common/struct_values.h"

namespace cleat::policy {

namespace {

using core_v1::Namespace;

constexpr size_t kMostRounds = 16;  // of asking authorizers and evaluating again

std::string_view operationOf(role::Operation operation) {
  switch (operation) {
    case role::Operation::CREATE: return "CREATE";
    case role::Operation::UPDATE: return "UPDATE";
    case role::Operation::DELETE: return "DELETE";
    default: return "CONNECT";
  }
}

// The group and version of the kind that a subresource's body is of, where it is not the object's own.
KindKey kindOf(role::AdmissionParams::Reader params) {
  auto ref = params.getRef();
  const KindKey own{view(ref.getGroup()), view(ref.getVersion()), view(params.getKind())};
  if (ref.getSubresource().size() == 0 || structOf(own)) return own;
  static constexpr std::array<KindKey, 4> kBodies{{{"autoscaling", "v1", "Scale"},
                                                   {"policy", "v1", "Eviction"},
                                                   {"", "v1", "Binding"},
                                                   {"authentication.k8s.io", "v1", "TokenRequest"}}};
  for (const KindKey& body : kBodies) {
    if (body.kind == own.kind) return body;
  }
  return own;
}

// Policies are not held against what could take them away.
bool isExempt(const RequestFacts& facts) {
  static constexpr std::array<std::string_view, 6> kExempt{
      "validatingadmissionpolicies",     "validatingadmissionpolicybindings", "mutatingadmissionpolicies",
      "mutatingadmissionpolicybindings", "validatingwebhookconfigurations",   "mutatingwebhookconfigurations"};
  return facts.group == "admissionregistration.k8s.io" && std::ranges::find(kExempt, facts.resource) != kExempt.end();
}

uint16_t codeOf(std::string_view reason) {
  if (reason == "Forbidden") return 403;
  if (reason == "Unauthorized") return 401;
  return reason == "RequestEntityTooLarge" ? 413 : 422;
}

}  // namespace

class ValidatingPolicies : public AdmissionPlugin {
 public:
  using AdmissionPlugin::AdmissionPlugin;

  Task<Result<void>> start() override {
    store_.start();
    namespaces_.start();
    co_return Result<void>();
  }

  std::vector<AdmissionInterest> interests() override { return {{.group = "*", .resource = "*/*", .validates = true}}; }

  Task<Result<void>> validate(AdmissionRequest& request) override {
    co_await store_.waitSynced();
    if (store_.empty()) co_return Result<void>();
    Asked asked(request, kindOf(request.params()));
    asked.isCustom = store_.isCustom(asked.kind.group, asked.kind.kind);
    asked.facts.sameInAllVersions = asked.isCustom;
    if (isExempt(asked.facts)) co_return Result<void>();
    const std::vector<PolicyStore::Entry> policies = store_.matching(asked.facts);
    if (policies.empty()) co_return Result<void>();
    CLEAT_CO_TRY(co_await findNamespace(request, asked));
    Outcome outcome;
    for (const PolicyStore::Entry& policy : policies) {
      auto holding = hold(request, asked, policy, outcome);
      co_await std::move(holding);
    }
    if (!outcome.warnings.empty()) request.warn(outcome.warnings);
    if (!outcome.denied) co_return Result<void>();
    co_return refuse(request, *outcome.denied);
  }

 private:
  // A request as all policies see it.
  struct Asked {
    Asked(AdmissionRequest& request, KindKey kind) : kind(kind) {
      auto ref = request.params().getRef();
      facts = {
          view(ref.getGroup()),     view(ref.getVersion()), view(ref.getResource()),         view(ref.getSubresource()),
          view(ref.getNamespace()), request.name(),         operationOf(request.operation())};
      const bool isDelete = request.operation() == role::Operation::DELETE;
      object = isDelete ? AnyRef() : request.anyObject();
      old = isDelete ? request.anyObject() : request.anyOld();
    }
    KindKey kind;
    RequestFacts facts;
    bool isCustom = false;
    AnyRef object, old;
    Object<Namespace> ns;  // that it is in; nothing where it is in none
    cel::SharedRef<AskedAuthorizer> authorizer = cel::makeShared<AskedAuthorizer>();
  };
  struct Denial {
    Refusal refusal;
    std::string message;
  };
  struct Outcome {
    std::optional<Denial> denied;  // the first
    std::vector<std::string> warnings;
  };

  Task<Result<void>> findNamespace(AdmissionRequest& request, Asked& asked) {
    const bool isNamespace = asked.facts.group.empty() && asked.facts.resource == "namespaces";
    if (asked.facts.ns.empty() || isNamespace) {
      // A new one is not there yet; it is looked at as it is to be.
      if (isNamespace) asked.ns = Object<Namespace>(asked.object ? asked.object : asked.old);
      co_return Result<void>();
    }
    if (!namespaces_.synced()) co_await namespaces_.waitSynced();
    asked.ns = namespaces_.get(asked.facts.ns);
    if (asked.ns) co_return Result<void>();
    auto getting = client_.get<Namespace>(asked.facts.ns);
    auto live = co_await std::move(getting);
    if (live) asked.ns = *live;
    if (!live && !live.error().is(404)) co_return request.retry(live.error());
    co_return Result<void>();
  }

  static bool matches(const Matcher& matcher, const Asked& asked) {
    if (!matcher.matchesRules(asked.facts) || !matcher.matchesObjects(asked.object, asked.old)) return false;
    return !matcher.looksAtNamespaces() || !asked.ns || matcher.matchesNamespace(asked.ns.meta().getLabels());
  }

  Task<void> hold(AdmissionRequest& request, Asked& asked, const PolicyStore::Entry& policy, Outcome& outcome) {
    if (!matches(*policy.matcher, asked)) co_return;
    for (const PolicyStore::Bound& bound : store_.bindingsOf(policy.compiled->name)) {
      if (!matches(*bound.matcher, asked)) continue;
      auto spec = bound.object->getSpec();
      auto collecting = collectParams(context(), policy.object->getSpec(), spec.getParamRef(), spec.hasParamRef(),
                                      str(asked.facts.ns));
      auto params = co_await std::move(collecting);
      if (!params) {
        if (policy.compiled->failsOpen) continue;
        const bool ofPolicy = params.error().ofPolicy;
        deny(outcome, policy, ofPolicy ? nullptr : &bound,
             {"", concat("failed to configure ", ofPolicy ? "policy: " : "binding: ", params.error().message)});
        if (ofPolicy) co_return;
        continue;
      }
      const PolicyParams found = *std::move(params);
      for (const AnyRef& param : found.objects) {
        auto judging = judged(request, asked, *policy.compiled, found, param);
        const std::vector<Refusal> refusals = co_await std::move(judging);
        for (const Refusal& refusal : refusals) act(outcome, policy, bound, refusal);
      }
    }
  }

  Task<std::vector<Refusal>> judged(AdmissionRequest& request, Asked& asked, const ValidatingPolicy& policy,
                                    const PolicyParams& params, const AnyRef& param) {
    std::vector<Refusal> refusals;
    for (size_t round = 0; round < kMostRounds; ++round) {
      refusals = judge(policy, inputs(request, asked, params, param));
      if (!asked.authorizer->hasOpen()) break;
      auto asking = asked.authorizer->ask(context(), request.user());
      co_await std::move(asking);
    }
    co_return refusals;
  }

  PolicyRun::Inputs inputs(AdmissionRequest& request, const Asked& asked, const PolicyParams& params, const AnyRef& param) {
    PolicyRun::Inputs inputs;
    inputs.object = anyObjectValue(asked.object, asked.kind, asked.isCustom);
    inputs.oldObject = anyObjectValue(asked.old, asked.kind, asked.isCustom);
    inputs.request = requestValue(request.params(), asked.kind);
    const KindKey paramKind{params.group, params.version, params.kind};
    inputs.params = anyObjectValue(param, paramKind, store_.isCustom(params.group, params.kind));
    const bool inNamespace = !asked.facts.ns.empty() && asked.facts.resource != "namespaces";
    inputs.namespaceObject =
        inNamespace && asked.ns ? structValue(readAs(asked.ns, capnp::Schema::from<Namespace>())) : cel::Value::null();
    cel::Authorizer::Question question;
    question.group = str(asked.facts.group);
    question.resource = str(asked.facts.resource);
    question.subresource = str(asked.facts.subresource);
    question.ns = str(asked.facts.ns);
    question.name = str(asked.facts.name);
    cel::SharedRef<const cel::Authorizer> authorizer(asked.authorizer.get());
    inputs.resourceCheck = cel::resourceCheckValue(authorizer, std::move(question));
    inputs.authorizer = cel::authorizerValue(std::move(authorizer));
    return inputs;
  }

  static void act(Outcome& outcome, const PolicyStore::Entry& policy, const PolicyStore::Bound& bound,
                  const Refusal& refusal) {
    if (refusal.always) return deny(outcome, policy, &bound, refusal);
    for (auto action : bound.object->getSpec().getValidationActions()) {
      // For Audit there is no log that it could stand in.
      if (view(action) == "Deny") deny(outcome, policy, &bound, refusal);
      if (view(action) != "Warn") continue;
      outcome.warnings.push_back(concat("Validation failed for ValidatingAdmissionPolicy '", policy.compiled->name,
                                        "' with binding '", bound.object.name(), "': ", refusal.message));
    }
  }

  static void deny(Outcome& outcome, const PolicyStore::Entry& policy, const PolicyStore::Bound* bound,
                   const Refusal& refusal) {
    if (outcome.denied) return;
    const std::string binding = bound ? concat(" with binding '", bound->object.name(), "'") : "";
    outcome.denied = Denial{refusal, concat("ValidatingAdmissionPolicy '", policy.compiled->name, "'", binding,
                                            " denied request: ", refusal.message)};
  }

  static std::unexpected<Status> refuse(AdmissionRequest& request, const Denial& denial) {
    std::string named = str(request.name());
    if (const AnyRef object = request.anyObject(); named.empty() && object) {
      named = object.name().empty() ? str(view(object.meta().getGenerateName())) : str(object.name());
    }
    auto ref = request.params().getRef();
    const std::string_view group = view(ref.getGroup());
    Status status = Status::forbidden(
        concat(request.resource(), group.empty() ? "" : ".", group, " \"", named, "\" is forbidden: ", denial.message));
    status.reason = denial.refusal.reason.empty() ? "Invalid" : denial.refusal.reason;
    status.code = codeOf(status.reason);
    status.details.name = named;
    status.details.group = str(group);
    status.details.kind = str(request.resource());
    status.details.causes.push_back({"", denial.message, ""});
    return request.refuse(std::move(status));
  }

  PolicyStore store_{context()};
  Informer<Namespace> namespaces_{context()};
  Client client_{context()};
};

}  // namespace cleat::policy

CLEAT_PLUGIN(cleat::policy::ValidatingPolicies, .name = "admission-validating-policy", .version = "0.1.0",
             .maturity = "alpha", .roles = "admission", .grants = "* * get,list,watch\n");
