// Holds requests against ValidatingAdmissionPolicies, as their bindings ask for.
#include <cleat/sdk/admission.h>
#include <cleat/sdk/json_tree.h>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "admission-validating-policy/validating_policy.h"
#include "policy-common/policy_request.h"
#include "policy-common/policy_store.h"

namespace cleat::policy {

namespace {

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
    store_.onChange([this] { wantWhatThereIs(); });
    store_.start();
    surroundings_.start();
    spawn(follow());
    co_return Result<void>();
  }

  std::vector<AdmissionInterest> interests() override { return {{.group = "*", .resource = "*/*", .validates = true}}; }

  Task<Result<void>> validate(AdmissionRequest& request) override {
    if (!store_.synced()) co_await store_.waitSynced();
    if (store_.empty()) co_return Result<void>();
    PolicyRequest asked(request);
    if (asked.isExempt()) co_return Result<void>();
    if (!surroundings_.lookHere(asked)) {
      auto looking = surroundings_.look(asked);
      if (auto looked = co_await std::move(looking); !looked) co_return request.retry(looked.error());
    }
    Outcome outcome;
    for (const Store::EntryRef& policy : store_.matching(asked.facts)) {
      if (!asked.matchesBeyondRules(*policy->matcher)) continue;
      const Equivalent* other = policy->matcher->knownAs(asked.facts);
      if (asked.needsConversion(other)) {
        denyUnconverted(asked, *other, *policy, outcome);
        continue;
      }
      std::optional<PolicyRequest> renamed;
      if (other != nullptr) renamed = asked.as(other);
      PolicyRequest& shown = renamed ? *renamed : asked;
      if (policy->compiled->isSelfContained()) {
        holdAtOnce(asked, shown, *policy, outcome);
        continue;
      }
      auto holding = hold(asked, shown, *policy, outcome);
      co_await std::move(holding);
    }
    if (!outcome.warnings.empty()) request.warn(outcome.warnings);
    tellAudit(request, outcome);
    if (!outcome.denied) co_return Result<void>();
    co_return refuse(request, *outcome.denied);
  }

 private:
  using Store = PolicyStore<admissionregistration_v1::ValidatingAdmissionPolicy,
                            admissionregistration_v1::ValidatingAdmissionPolicyBinding, ValidatingPolicy>;
  struct Judgement {
    std::vector<Refusal> refusals;
    PolicyAnnotations said;
  };
  struct Denial {
    Refusal refusal;
    std::string message;
  };
  struct Outcome {
    std::optional<Denial> denied;  // the first
    std::vector<std::string> warnings;
    std::string audited;  // what the audit log says of failures, as the elements of a list in JSON
    std::map<std::string, std::vector<std::string>> annotations;  // what else it says, as POLICY/KEY
  };

  Task<void> follow() {
    co_await store_.waitSynced();
    wantWhatThereIs();
  }
  // While there are no policies, or none is bound, no request has to come here.
  void wantWhatThereIs() {
    const bool none = store_.synced() && store_.empty();
    if (std::exchange(wantsNone_, none) != none) want(none ? std::vector<AdmissionInterest>() : interests());
  }
  static void tellAudit(AdmissionRequest& request, const Outcome& outcome) {
    std::vector<std::pair<std::string, std::string>> told;
    if (!outcome.audited.empty()) {
      told.emplace_back("validation.policy.admission.k8s.io/validation_failure", concat("[", outcome.audited, "]"));
    }
    for (const auto& [key, values] : outcome.annotations) {
      told.emplace_back(key, joined(values, ", "));
    }
    if (!told.empty()) request.annotate(told);
  }

  // One that the policy cannot be shown as it knows it does not get past it.
  static void denyUnconverted(const PolicyRequest& asked, const Equivalent& other, const Store::Entry& policy,
                              Outcome& outcome) {
    if (policy.compiled->failsOpen) return;
    for (const auto& bound : policy.bindings) {
      if (asked.matches(*bound->matcher)) return deny(outcome, policy, nullptr, {"", unconverted(other)});
    }
  }

  // `shown`: the request as the policy knows it.
  void holdAtOnce(const PolicyRequest& asked, const PolicyRequest& shown, const Store::Entry& policy,
                  Outcome& outcome) const {
    static const PolicyParams kNone;
    std::optional<Judgement> judged;  // for all of its bindings the same
    for (const auto& bound : policy.bindings) {
      if (!asked.matches(*bound->matcher)) continue;
      if (!judged) {
        judged.emplace();
        judged->refusals = judge(*policy.compiled,
                                 surroundings_.inputs(shown, kNone, AnyRef(), policy.compiled->spoken), &judged->said);
      }
      take(outcome, policy, *bound, *judged);
    }
  }

  Task<void> hold(const PolicyRequest& asked, const PolicyRequest& shown, const Store::Entry& policy,
                  Outcome& outcome) {
    auto policySpec = policy.object->getSpec();
    for (const auto& bound : policy.bindings) {
      if (!asked.matches(*bound->matcher)) continue;
      auto spec = bound->object->getSpec();
      auto collecting = collectParams(context(), {policySpec.hasParamKind(), spec.hasParamRef(),
                                                  policySpec.getParamKind(), spec.getParamRef(), str(asked.facts.ns)});
      auto params = co_await std::move(collecting);
      if (!params) {
        if (policy.compiled->failsOpen) continue;
        const bool ofPolicy = params.error().ofPolicy;
        deny(outcome, policy, ofPolicy ? nullptr : bound.get(),
             {"", concat("failed to configure ", ofPolicy ? "policy: " : "binding: ", params.error().message)});
        if (ofPolicy) co_return;
        continue;
      }
      const PolicyParams found = *std::move(params);
      for (const AnyRef& param : found.objects) {
        auto judging = judged(shown, *policy.compiled, found, param);
        const Judgement judgement = co_await std::move(judging);
        take(outcome, policy, *bound, judgement);
      }
    }
  }

  Task<Judgement> judged(const PolicyRequest& asked, const ValidatingPolicy& policy, const PolicyParams& params,
                         const AnyRef& param) {
    Judgement made;
    for (size_t round = 0; round < AskedAuthorizer::kMostRounds; ++round) {
      made.said.clear();
      made.refusals = judge(policy, surroundings_.inputs(asked, params, param, policy.spoken), &made.said);
      if (!asked.hasOpenQuestions()) break;
      auto asking = asked.authorizer().ask(context(), asked.params.getUser());
      co_await std::move(asking);
    }
    co_return made;
  }

  static void take(Outcome& outcome, const Store::Entry& policy, const Store::Bound& bound, const Judgement& judged) {
    for (const Refusal& refusal : judged.refusals) act(outcome, policy, bound, refusal);
    for (const auto& [key, value] : judged.said) {
      std::vector<std::string>& values = outcome.annotations[concat(policy.compiled->name, "/", key)];
      if (std::ranges::find(values, value) == values.end()) values.push_back(value);
    }
  }

  static void act(Outcome& outcome, const Store::Entry& policy, const Store::Bound& bound, const Refusal& refusal) {
    if (refusal.always) return deny(outcome, policy, &bound, refusal);
    for (auto action : bound.object->getSpec().getValidationActions()) {
      if (view(action) == "Deny") deny(outcome, policy, &bound, refusal);
      if (view(action) == "Audit") audit(outcome, policy, bound, refusal);
      if (view(action) != "Warn") continue;
      outcome.warnings.push_back(concat("Validation failed for ValidatingAdmissionPolicy '", policy.compiled->name,
                                        "' with binding '", bound.object.name(), "': ", refusal.message));
    }
  }

  static void audit(Outcome& outcome, const Store::Entry& policy, const Store::Bound& bound, const Refusal& refusal) {
    std::string& out = outcome.audited;
    out += out.empty() ? "{\"message\":" : ",{\"message\":";
    appendJsonText(out, refusal.message);
    out += ",\"policy\":";
    appendJsonText(out, policy.compiled->name);
    out += ",\"binding\":";
    appendJsonText(out, bound.object.name());
    out += concat(",\"expressionIndex\":", refusal.expression, ",\"validationActions\":[");
    auto actions = bound.object->getSpec().getValidationActions();
    for (uint32_t i = 0; i < actions.size(); ++i) {
      if (i > 0) out += ',';
      appendJsonText(out, view(actions[i]));
    }
    out += "]}";
  }

  static void deny(Outcome& outcome, const Store::Entry& policy, const Store::Bound* bound, const Refusal& refusal) {
    if (outcome.denied) return;
    const std::string binding = bound ? concat(" with binding '", bound->object.name(), "'") : "";
    outcome.denied = Denial{refusal, concat("ValidatingAdmissionPolicy '", policy.compiled->name, "'", binding,
                                            " denied request: ", refusal.message)};
  }

  static std::unexpected<Status> refuse(AdmissionRequest& request, const Denial& denial) {
    Status status = request.forbidden(denial.message);
    status.reason = denial.refusal.reason.empty() ? "Invalid" : denial.refusal.reason;
    status.code = codeOf(status.reason);
    status.details.causes.push_back({"", denial.message, ""});
    return request.refuse(std::move(status));
  }

  bool wantsNone_ = false;
  Store store_{context()};
  PolicySurroundings surroundings_{context()};
};

}  // namespace cleat::policy

CLEAT_PLUGIN(cleat::policy::ValidatingPolicies, .name = "admission-validating-policy", .version = "0.1.0",
             .maturity = "alpha", .roles = "admission", .grants = "* * get,list,watch\n");
