// A request as policies see it: what it is about, its objects and its namespace, and what expressions may speak of.
#pragma once

#include <cleat/sdk/admission.h>
#include <cleat/sdk/informer.h>
#include <cleat/sdk/kinds/apiextensions_v1.h>
#include <cleat/sdk/kinds/core_v1.h>

#include "policy-common/asked_authorizer.h"
#include "policy-common/document.h"
#include "policy-common/equivalents.h"
#include "policy-common/match_index.h"
#include "policy-common/merge_place.h"
#include "policy-common/object_values.h"
#include "policy-common/params.h"
#include "policy-common/policy_program.h"

namespace cleat::policy {

struct PolicyRequest {
  explicit PolicyRequest(AdmissionRequest& request);

  // Policies are not held against what could take them away.
  bool isExempt() const;
  bool matches(const Matcher& matcher) const { return matcher.matchesRules(facts) && matchesBeyondRules(matcher); }
  // The same of one whose rules are known to match.
  bool matchesBeyondRules(const Matcher& matcher) const;
  // The same request as a webhook or a policy sees it that knows what it is about by another name: one of
  // facts.equivalents, or null for the request's own. Of one that `needsConversion` the objects are still to be
  // converted.
  PolicyRequest as(const Equivalent* other) const;
  // Whether the objects of the request are other ones by that name, which only the definition's webhook can make.
  bool needsConversion(const Equivalent* other) const;
  // What such a one has made of the object, shown as `shown`, goes on as the request has it.
  AnyRef asRequested(const AnyRef& changed, const PolicyRequest& shown) const {
    return convertedBack(changed, object, shown.kind, kind);
  }

  // Who answers expressions about authorization: the same one until it has no open questions.
  AskedAuthorizer& authorizer() const {
    if (!authorizer_) authorizer_ = cel::makeShared<AskedAuthorizer>();
    return *authorizer_;
  }
  // Of a connection the options are what is shown, and not an object.
  bool isAboutOptions() const { return !options.isAbsent(); }
  // Other options of a connection; an error where they are none of their kind.
  Result<void> replaceOptions(const Document& changed);
  // What has been made of it goes on in place of what came.
  void replaceIn(AdmissionRequest& request) const;

  bool hasOpenQuestions() const { return authorizer_ && authorizer_->hasOpen(); }

  KindKey kind, requestKind;  // of the object as it is shown, and as it came
  std::string_view shownGroup, shownVersion, shownResource;
  RequestFacts facts;     // as it came
  bool isCustom = false;  // users brought the kind
  AnyRef object, old;
  cel::Value options;             // of a connect: what it is about in place of an object; otherwise absent
  std::string query;              // the same as the address says it
  Object<core_v1::Namespace> ns;  // that it is in, or that it is about; nothing where there is none
  role::AdmissionParams::Reader params;
  std::shared_ptr<const std::vector<Equivalent>> equivalents;  // what facts.equivalents refers to
  // Of the kind, where a webhook converts its objects; otherwise nothing.
  Object<apiextensions_v1::CustomResourceDefinition> converting;

 private:
  mutable cel::SharedRef<AskedAuthorizer> authorizer_;  // made for the first expression that asks
};

// What policies have to know of the cluster. Everything happens on the strand.
class PolicySurroundings {
 public:
  explicit PolicySurroundings(Context& context);

  void start();
  // Finds out what the request's kind is and which namespace it is in, where that is known here: mostly. False where it
  // is not, and `look` has to find out.
  bool lookHere(PolicyRequest& request) const;
  Task<Result<void>> look(PolicyRequest& request);

  // By what apply configurations are merged into an object of the kind: as long as the surroundings are not told of
  // another definition of it, so not beyond a wait.
  MergePlace mergePlace(const KindKey& kind) const;

  // What the expressions speak of, with these parameters: one of params.objects. Lives as long as both.
  PolicyRun::Inputs inputs(const PolicyRequest& request, const PolicyParams& params, const AnyRef& param,
                           const Spoken& spoken) const;

 private:
  // Its objects are trees.
  bool isCustom(std::string_view group, std::string_view kind) const;
  std::vector<Equivalent> equivalentsOf(PolicyRequest& request) const;

  Context& context_;
  Informer<core_v1::Namespace> namespaces_;
  Informer<apiextensions_v1::CustomResourceDefinition> definitions_;
};

}  // namespace cleat::policy
