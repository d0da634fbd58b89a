// kinds-authorization: authorization.k8s.io/v1, questions about who may do what. Nothing of it is stored.
#include <cleat/schema/role/authz.methods.h>
#include <cleat/sdk/kinds/authorization_v1.h>
#include <cleat/sdk/lists.h>
#include <cleat/sdk/plugin.h>
#include <cleat/sdk/struct_json.h>

#include "kinds-common/kinds_plugin.h"
#include "selectors.h"

namespace cleat::kinds {

namespace {

namespace authz = authorization_v1;

constexpr const char* kSchemaFile = "kinds/authorization_v1.capnp";

// The attributes of the request that a review asks about: SubjectAccessReviewSpec and SelfSubjectAccessReviewSpec
// alike.
template <class Spec>
void fillAttributes(role::Attributes::Builder out, Spec spec) {
  if (spec.hasNonResourceAttributes()) {
    out.setVerb(spec.getNonResourceAttributes().getVerb());
    out.setPath(spec.getNonResourceAttributes().getPath());
    return;
  }
  auto asked = spec.getResourceAttributes();
  out.setVerb(asked.getVerb());
  out.setGroup(asked.getGroup());
  out.setVersion(asked.getVersion());
  out.setResource(asked.getResource());
  out.setSubresource(asked.getSubresource());
  out.setNamespace(asked.getNamespace());
  out.setName(asked.getName());
  fillSelectors(out, asked);
}

void fillUser(role::User::Builder user, authz::SubjectAccessReviewSpec::Reader spec) {
  user.setName(spec.getUser());
  user.setUid(spec.getUid());
  user.setGroups(spec.getGroups());
  auto extra = user.initExtra(spec.getExtra().size());
  for (uint32_t i = 0; i < extra.size(); ++i) {
    extra[i].setKey(spec.getExtra()[i].getKey());
    extra[i].setValues(spec.getExtra()[i].getValue());
  }
}

// {"path":"/healthz","verb":"get"}
template <class Spec>
Shown shownPaths(Spec spec) {
  if (!spec.hasNonResourceAttributes()) return Shown::null();
  std::string members;
  auto add = [&](std::string_view name, std::string_view value) {
    if (!value.empty()) members += concat(members.empty() ? "" : ",", jsonText(name), ":", jsonText(value));
  };
  add("path", view(spec.getNonResourceAttributes().getPath()));
  add("verb", view(spec.getNonResourceAttributes().getVerb()));
  return Shown::plain(concat("{", members, "}"));
}

template <class Spec>
void checkAttributes(Spec spec, Findings& findings) {
  const Path path("spec");
  if (spec.hasResourceAttributes() == spec.hasNonResourceAttributes()) {
    findings.invalid(path, shownPaths(spec),
                     "exactly one of nonResourceAttributes or resourceAttributes must be specified");
  }
  checkSelectors(spec.getResourceAttributes(), path / "resourceAttributes", findings);
}

void checkSubject(authz::SubjectAccessReviewSpec::Reader spec, Findings& findings) {
  checkAttributes(spec, findings);
  if (spec.getUser().size() == 0 && spec.getGroups().size() == 0) {
    findings.invalid(Path("spec") / "user", "", "at least one of user or group must be specified");
  }
}

// What is asked has no name and no labels; one that is asked in a namespace says that at most.
template <class Review>
void checkMetadata(const Object<Review>& request, Findings& findings) {
  constexpr bool kNamespaced = KindOf<Review>::resource.namespaced;
  Draft<Review> rest(request);
  if (kNamespaced) rest.meta().disownNamespace();
  const std::string shown = jsonText(structJson(rest.meta().asReader(), StructLook::declared).view());
  if (shown == "{}") return;
  findings.invalid(Path("metadata"), Shown::plain(shown),
                   kNamespaced ? "must be empty except for namespace" : "must be empty");
}

// Kubernetes names no kind here.
Result<void> verdict(const Findings& findings) {
  if (findings.empty()) return {};
  return fail(Status::invalid(".authorization.k8s.io", "", findings.causes()));
}

void fillStatus(authz::SubjectAccessReviewStatus::Builder status,
                const Result<Answer<role::AuthorizeResults>>& answer) {
  if (!answer) {
    if (answer.error().reason != kNotMineReason) status.setEvaluationError(answer.error().message);
    return;
  }
  status.setAllowed((**answer).getDecision() == role::Decision::ALLOW);
  status.setDenied((**answer).getDecision() == role::Decision::DENY);
  status.setReason((**answer).getReason());
}

void fillRules(authz::SubjectRulesReviewStatus::Builder status, role::RulesResults::Reader rules) {
  auto resources = status.initResourceRules(rules.getResourceRules().size());
  for (uint32_t i = 0; i < resources.size(); ++i) {
    auto rule = rules.getResourceRules()[i];
    resources[i].setVerbs(rule.getVerbs());
    resources[i].setApiGroups(rule.getGroups());
    resources[i].setResources(rule.getResources());
    resources[i].setResourceNames(rule.getResourceNames());
  }
  auto paths = status.initNonResourceRules(rules.getNonResourceRules().size());
  for (uint32_t i = 0; i < paths.size(); ++i) {
    paths[i].setVerbs(rules.getNonResourceRules()[i].getVerbs());
    paths[i].setNonResourceURLs(rules.getNonResourceRules()[i].getPaths());
  }
  status.setIncomplete(rules.getIncomplete());
}

}  // namespace

class AuthorizationKinds : public KindsPlugin {
 public:
  explicit AuthorizationKinds(Context& context) : KindsPlugin(context) {
    table().add<authz::SubjectAccessReview>({.structFile = kSchemaFile, .isVirtual = true});
    table().add<authz::LocalSubjectAccessReview>({.structFile = kSchemaFile, .isVirtual = true});
    table().add<authz::SelfSubjectAccessReview>({.structFile = kSchemaFile, .isVirtual = true});
    table().add<authz::SelfSubjectRulesReview>({.structFile = kSchemaFile, .isVirtual = true});
  }

 protected:
  Task<Result<void>> review(role::ReviewParams::Reader params, Call<role::ReviewResults>& call) override {
    std::string_view resource = view(params.getRef().getResource());
    call.results();
    if (resource == "subjectaccessreviews") co_return co_await reviewSubject<authz::SubjectAccessReview>(params, call);
    if (resource == "localsubjectaccessreviews") {
      co_return co_await reviewSubject<authz::LocalSubjectAccessReview>(params, call);
    }
    if (resource == "selfsubjectaccessreviews") co_return co_await reviewSelf(params, call);
    if (resource == "selfsubjectrulesreviews") co_return co_await reviewRules(params, call);
    co_return noSuchSubresource(params.getRef());
  }

 private:
  template <class Review>
  Task<Result<void>> reviewSubject(role::ReviewParams::Reader params, Call<role::ReviewResults>& call) {
    auto request = call.object<Review>();
    auto spec = request->getSpec();
    Findings findings;
    checkSubject(spec, findings);
    checkMetadata(request, findings);
    if (KindOf<Review>::resource.namespaced) {
      if (spec.hasResourceAttributes() &&
          view(spec.getResourceAttributes().getNamespace()) != view(params.getRef().getNamespace())) {
        findings.invalid(Path("spec") / "resourceAttributes" / "namespace", spec.getResourceAttributes().getNamespace(),
                         "must match metadata.namespace");
      }
      if (spec.hasNonResourceAttributes()) {
        findings.invalid(Path("spec") / "nonResourceAttributes", shownPaths(spec),
                         "disallowed on this kind of request");
      }
    }
    CLEAT_CO_TRY(verdict(findings));
    auto build = [&](role::Attributes::Builder attributes) {
      fillAttributes(attributes, spec);
      fillUser(attributes.initUser(), spec);
    };
    auto pending = context().call(role::authorizer::authorize, build);
    auto decision = co_await std::move(pending);
    Draft<Review> answer(request);
    fillStatus(answer->initStatus(), decision);
    call.addObject(std::move(answer));
    co_return Result<void>();
  }

  Task<Result<void>> reviewSelf(role::ReviewParams::Reader params, Call<role::ReviewResults>& call) {
    auto request = call.object<authz::SelfSubjectAccessReview>();
    auto spec = request->getSpec();
    Findings findings;
    checkAttributes(spec, findings);
    checkMetadata(request, findings);
    CLEAT_CO_TRY(verdict(findings));
    auto build = [&](role::Attributes::Builder attributes) {
      fillAttributes(attributes, spec);
      attributes.setUser(params.getUser());
    };
    auto pending = context().call(role::authorizer::authorize, build);
    auto decision = co_await std::move(pending);
    Draft<authz::SelfSubjectAccessReview> answer(request);
    fillStatus(answer->initStatus(), decision);
    call.addObject(std::move(answer));
    co_return Result<void>();
  }

  Task<Result<void>> reviewRules(role::ReviewParams::Reader params, Call<role::ReviewResults>& call) {
    auto request = call.object<authz::SelfSubjectRulesReview>();
    if (request->getSpec().getNamespace().size() == 0) co_return fail(Status::badRequest("no namespace on request"));
    auto build = [&](role::RulesParams::Builder asked) {
      asked.setUser(params.getUser());
      asked.setNamespace(request->getSpec().getNamespace());
    };
    auto pending = context().call(role::authorizer::rules, build);
    auto rules = co_await std::move(pending);
    Draft<authz::SelfSubjectRulesReview> answer;  // the verdict alone
    auto status = answer->initStatus();
    if (rules) {
      fillRules(status, **rules);
    } else {
      status.setIncomplete(true);
      status.setEvaluationError(rules.error().message);
    }
    call.addObject(std::move(answer));
    co_return Result<void>();
  }
};

}  // namespace cleat::kinds

CLEAT_PLUGIN(cleat::kinds::AuthorizationKinds, .name = "kinds-authorization", .version = "0.1.0", .maturity = "alpha",
             .roles = "kinds", .flags = CLEAT_FLAG_CONCURRENT_CALLS);
