// Changes what is about to be written by MutatingAdmissionPolicies, as their bindings ask for.
#include <cleat/sdk/admission.h>

#include <optional>
#include <utility>

#include "admission-mutating-policy/mutating_policy.h"
#include "policy-common/policy_request.h"
#include "policy-common/policy_store.h"
#include "policy-common/reinvocation.h"
#include "policy-common/struct_writer.h"

namespace cleat::policy {

class MutatingPolicies : public AdmissionPlugin {
 public:
  using AdmissionPlugin::AdmissionPlugin;

  Task<Result<void>> start() override {
    store_.onChange([this] { wantWhatThereIs(); });
    store_.start();
    surroundings_.start();
    spawn(follow());
    co_return Result<void>();
  }

  std::vector<AdmissionInterest> interests() override {
    using role::Operation;
    return {{.group = "*",
             .resource = "*/*",
             .operations = {Operation::CREATE, Operation::UPDATE, Operation::CONNECT},
             .mutates = true}};
  }

  Task<Result<void>> mutate(AdmissionRequest& request) override {
    if (!store_.synced()) co_await store_.waitSynced();
    if (store_.empty()) co_return Result<void>();
    PolicyRequest asked(request);
    const bool isAboutNothing = !asked.object && !asked.isAboutOptions();
    if (asked.isExempt() || isAboutNothing) co_return Result<void>();
    if (!surroundings_.lookHere(asked)) {
      auto looking = surroundings_.look(asked);
      if (auto looked = co_await std::move(looking); !looked) co_return request.retry(looked.error());
    }
    Reinvocation again(request);
    Work work{asked, structOf(asked.kind), again};
    const std::vector<Store::EntryRef> policies = store_.matching(asked.facts);
    for (const Store::EntryRef& policy : policies) {
      auto changing = changeBy(*policy, work);
      co_await std::move(changing);
      if (work.refused) co_return refuse(request, *work.refused);
      if (again.hasStopped()) break;
    }
    const bool changed = again.hasToStop();
    // As in Kubernetes, also the one that has made the last change is asked once more.
    if (!again.hasStopped() && again.changedAny()) again.changed();
    again.keep(request);
    if (changed) asked.replaceIn(request);
    co_return Result<void>();
  }

 private:
  using Store = PolicyStore<admissionregistration_v1::MutatingAdmissionPolicy,
                            admissionregistration_v1::MutatingAdmissionPolicyBinding, MutatingPolicy>;
  struct Work {
    PolicyRequest& asked;
    std::optional<capnp::StructSchema> schema;
    Reinvocation& again;
    std::optional<std::string> refused = {};  // the whole message
  };
  // What there was before a mutation was evaluated, for when nothing comes of it.
  struct Before {
    explicit Before(const Work& work)
        : object(work.asked.object), options(work.asked.options), query(work.asked.query) {}
    void restore(Work& work) const {
      work.asked.object = object;
      work.asked.options = options;
      work.asked.query = query;
    }
    const AnyRef object;
    const cel::Value options;
    const std::string query;
  };
  // A policy with a binding and a parameter of it.
  struct Asked {
    const Store::Entry& policy;
    const Store::Bound& binding;
    const PolicyParams& params;
    const AnyRef& param;
    std::string key;
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

  // The policy sees the object by the name that its rules know it by.
  Task<void> changeBy(const Store::Entry& policy, Work& work) {
    const Equivalent* other = policy.matcher->knownAs(work.asked.facts);
    if (other == nullptr) {
      auto changing = changeShown(policy, work);
      co_await std::move(changing);
      co_return;
    }
    if (work.asked.needsConversion(other)) {
      if (isBound(policy, work.asked)) refuseBy(policy, nullptr, unconverted(*other), work);
      co_return;
    }
    PolicyRequest shown = work.asked.as(other);
    const AnyRef before = shown.object;
    Work seen{shown, structOf(shown.kind), work.again};
    auto changing = changeShown(policy, seen);
    co_await std::move(changing);
    if (seen.refused) work.refused = std::move(seen.refused);
    if (!shown.object.same(before)) work.asked.object = work.asked.asRequested(shown.object, shown);
  }

  static bool isBound(const Store::Entry& policy, const PolicyRequest& asked) {
    if (!asked.matches(*policy.matcher)) return false;
    return std::ranges::any_of(policy.bindings, [&](const auto& bound) { return asked.matches(*bound->matcher); });
  }

  Task<void> changeShown(const Store::Entry& policy, Work& work) {
    auto policySpec = policy.object->getSpec();
    for (const auto& bound : policy.bindings) {
      if (!work.asked.matches(*policy.matcher) || !work.asked.matches(*bound->matcher)) continue;
      auto spec = bound->object->getSpec();
      auto collecting =
          collectParams(context(), {policySpec.hasParamKind(), spec.hasParamRef(), policySpec.getParamKind(),
                                    spec.getParamRef(), str(work.asked.facts.ns)});
      auto params = co_await std::move(collecting);
      if (!params) {
        const bool ofPolicy = params.error().ofPolicy;
        refuseBy(policy, ofPolicy ? nullptr : bound.get(),
                 concat("failed to configure ", ofPolicy ? "policy: " : "binding: ", params.error().message), work);
        continue;
      }
      const PolicyParams found = *std::move(params);
      for (const AnyRef& param : found.objects) {
        const Asked one{policy, *bound, found, param,
                        concat(policy.compiled->name, "/", bound->object.name(), param ? "/" : "",
                               param ? param.key() : std::string())};
        if (!work.again.asks(one.key)) continue;
        auto changing = changeWith(one, work);
        co_await std::move(changing);
        if (work.refused || work.again.hasStopped()) co_return;
      }
    }
  }

  // All of the policy's mutations, each of what the one before has left. One that fails changes nothing; whether it
  // refuses the request the policy says.
  Task<void> changeWith(const Asked& one, Work& work) {
    const MutatingPolicy& policy = *one.policy.compiled;
    size_t at = work.again.stepsOf(one.key);
    if (at == 0) {
      if (work.again.hasToStop()) co_return work.again.stop();
      auto looking = evaluated(work, [&] { return conditionsHold(policy, inputs(one, work)); });
      const Result<bool> holds = co_await std::move(looking);
      if (!holds) refuseBy(one.policy, &one.binding, holds.error().message, work);
      if (!holds.value_or(false)) co_return work.again.begins(one.key);
    }
    for (; at < policy.mutations.size(); ++at) {
      if (work.again.hasToStop()) co_return work.again.stopWithin(one.key, at);
      auto changing = evaluated(work, [&] { return changeOnce(one, policy.mutations[at], work); });
      const Result<bool> changed = co_await std::move(changing);
      if (!changed) refuseBy(one.policy, &one.binding, changed.error().message, work);
      if (changed.value_or(false)) work.again.changed();
    }
    work.again.begins(one.key);
    if (policy.reinvoked) work.again.hasSeen(one.key);
  }

  // What `evaluate` gives once authorizers have answered all that its expressions ask.
  template <class F>
  Task<Result<bool>> evaluated(Work& work, F evaluate) {
    const Before before(work);
    for (size_t round = 0; round < AskedAuthorizer::kMostRounds; ++round) {
      Result<bool> done = evaluate();
      if (!work.asked.hasOpenQuestions()) {
        if (!done) before.restore(work);
        co_return done;
      }
      before.restore(work);
      auto asking = work.asked.authorizer().ask(context(), work.asked.params.getUser());
      co_await std::move(asking);
    }
    co_return fail(Status::internal(std::string(AskedAuthorizer::kTooManyRounds)));
  }

  PolicyRun::Inputs inputs(const Asked& one, const Work& work) const {
    return surroundings_.inputs(work.asked, one.params, one.param, one.policy.compiled->spoken);
  }

  // Whether the mutation has changed the object.
  Result<bool> changeOnce(const Asked& one, const MutatingPolicy::Mutation& mutation, Work& work) const {
    PolicyRun::Inputs inputs = this->inputs(one, work);
    CLEAT_TRY(Document document, documentOf(inputs.object));
    const Document before = document;
    const MergePlace place = surroundings_.mergePlace(work.asked.kind);
    CLEAT_TRY(const bool counts, policy::mutate(*one.policy.compiled, mutation, std::move(inputs), place, document));
    if (!counts || document == before) return false;
    if (work.asked.isAboutOptions()) {
      CLEAT_TRY(work.asked.replaceOptions(document));
    } else {
      CLEAT_TRY(auto written, writtenObject(document, work.schema));
      work.asked.object = std::move(written).freezeAny();
    }
    return true;
  }

  static void refuseBy(const Store::Entry& policy, const Store::Bound* bound, const std::string& why, Work& work) {
    if (policy.compiled->failsOpen || work.refused) return;
    work.refused = bound ? concat("policy '", policy.compiled->name, "' with binding '", bound->object.name(),
                                  "' denied request: ", why)
                         : concat("policy \"", policy.compiled->name, "\" denied request: ", why);
  }

  static std::unexpected<Status> refuse(AdmissionRequest& request, const std::string& message) {
    Status status = Status::forbidden(message);
    auto ref = request.params().getRef();
    status.details.name = str(request.name());
    status.details.group = str(view(ref.getGroup()));
    status.details.kind = str(request.resource());
    status.details.causes.push_back({"", message, ""});
    return request.refuse(std::move(status));
  }

  bool wantsNone_ = false;
  Store store_{context()};
  PolicySurroundings surroundings_{context()};
};

}  // namespace cleat::policy

CLEAT_PLUGIN(cleat::policy::MutatingPolicies, .name = "admission-mutating-policy", .version = "0.1.0",
             .maturity = "alpha", .roles = "admission", .grants = "* * get,list,watch\n");
