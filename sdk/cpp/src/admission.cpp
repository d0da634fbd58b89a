#include <cleat/sdk/admission.h>
#include <cleat/sdk/lists.h>

namespace cleat {

void AdmissionRequest::warn(const std::vector<std::string>& warnings) {
  auto results = call_.results();
  results.adoptWarnings(textList(orphanageOf(results), warnings));
}

void AdmissionRequest::annotate(const std::vector<std::pair<std::string, std::string>>& annotations) {
  auto list = call_.results().initAuditAnnotations(static_cast<uint32_t>(annotations.size()));
  for (uint32_t i = 0; i < list.size(); ++i) {
    list[i].setKey(annotations[i].first);
    list[i].setValue(annotations[i].second);
  }
}

Status AdmissionRequest::forbidden(std::string_view why) const {
  // A create has its name in the object, or only what one is to be made of.
  std::string named = str(name());
  if (named.empty() && !call_.objects().empty()) {
    const AnyRef& object = call_.objects()[0];
    named = object.name().empty() ? str(object.meta().getGenerateName()) : str(object.name());
  }
  const std::string_view group = view(params_.getRef().getGroup());
  Status status =
      Status::forbidden(concat(resource(), group.empty() ? "" : ".", group, " \"", named, "\" is forbidden: ", why));
  status.details.group = str(group);
  status.details.kind = resource();
  status.details.name = std::move(named);
  return status;
}

Task<Result<void>> AdmissionRole::mutate(AdmissionRequest&) { co_return Result<void>(); }
Task<Result<void>> AdmissionRole::validate(AdmissionRequest&) { co_return Result<void>(); }
Task<Result<void>> AdmissionRole::withdraw(AdmissionRequest&) { co_return Result<void>(); }

Task<Result<void>> AdmissionRole::interests(Call<role::Interests>& call) {
  const std::vector<AdmissionInterest> wanted = interests();
  auto rules = call.results().initRules(static_cast<uint32_t>(wanted.size()));
  for (uint32_t i = 0; i < rules.size(); ++i) {
    rules[i].setGroup(wanted[i].group);
    rules[i].setResource(wanted[i].resource);
    auto operations = rules[i].initOperations(static_cast<uint32_t>(wanted[i].operations.size()));
    for (uint32_t j = 0; j < operations.size(); ++j) operations.set(j, wanted[i].operations[j]);
    rules[i].setMutates(wanted[i].mutates);
    rules[i].setValidates(wanted[i].validates);
    rules[i].setWithdraws(wanted[i].withdraws);
    rules[i].adoptUserGroups(textList(orphanageOf(rules[i]), wanted[i].userGroups));
  }
  co_return Result<void>();
}

Task<Result<void>> AdmissionRole::mutate(Params params, Call<role::AdmissionResults>& call) {
  AdmissionRequest request(params, call);
  co_return co_await mutate(request);
}

Task<Result<void>> AdmissionRole::validate(Params params, Call<role::AdmissionResults>& call) {
  AdmissionRequest request(params, call);
  co_return co_await validate(request);
}

Task<Result<void>> AdmissionRole::withdraw(Params params, Call<role::AdmissionResults>& call) {
  AdmissionRequest request(params, call);
  co_return co_await withdraw(request);
}

}  // namespace cleat
