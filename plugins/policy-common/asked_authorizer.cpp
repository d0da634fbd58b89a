#include "policy-common/asked_authorizer.h"

#include <cleat/schema/role/authz.methods.h>
#include <cleat/sdk/selector.h>

namespace cleat::policy {

namespace {

using Question = cel::Authorizer::Question;

void setUser(role::Attributes::Builder attributes, role::User::Reader user, const Question& question) {
  if (question.serviceAccount.empty()) return attributes.setUser(user);
  auto account = attributes.initUser();
  account.setName(concat("system:serviceaccount:", question.serviceAccountNamespace, ":", question.serviceAccount));
  auto groups = account.initGroups(3);
  groups.set(0, "system:serviceaccounts");
  groups.set(1, concat("system:serviceaccounts:", question.serviceAccountNamespace));
  groups.set(2, "system:authenticated");
}

// A selector makes a request smaller: one that cannot be read is left out, which asks for more.
template <class Init>
void setSelector(const std::string& text, Init init) {
  if (text.empty()) return;
  auto selector = LabelSelector::parse(text);
  if (!selector) return;
  const auto requirements = selector->requirements();
  auto list = init(static_cast<uint32_t>(requirements.size()));
  for (uint32_t i = 0; i < list.size(); ++i) {
    list[i].setKey(requirements[i].key);
    list[i].setOperator(requirements[i].op);
    auto values = list[i].initValues(static_cast<uint32_t>(requirements[i].values.size()));
    for (uint32_t j = 0; j < values.size(); ++j) values.set(j, requirements[i].values[j]);
  }
}

void setQuestion(role::Attributes::Builder attributes, const Question& question) {
  attributes.setVerb(question.verb);
  if (!question.isResource) return attributes.setPath(question.path);
  attributes.setGroup(question.group);
  attributes.setVersion("*");
  attributes.setResource(question.resource);
  attributes.setSubresource(question.subresource);
  attributes.setNamespace(question.ns);
  attributes.setName(question.name);
  setSelector(question.fieldSelector, [&](uint32_t size) { return attributes.initFieldSelector(size); });
  setSelector(question.labelSelector, [&](uint32_t size) { return attributes.initLabelSelector(size); });
}

}  // namespace

cel::Authorizer::Answer AskedAuthorizer::check(const Question& question) const {
  auto known = known_.find(question);
  if (known != known_.end()) return known->second;
  open_.insert(question);
  return {Answer::Kind::unknown, {}};
}

Task<void> AskedAuthorizer::ask(Context& context, role::User::Reader user) {
  const std::set<Question> open = std::exchange(open_, {});
  for (const Question& question : open) {
    auto asking = askOne(context, user, question);
    Answer answer = co_await std::move(asking);
    known_[question] = std::move(answer);
  }
}

Task<cel::Authorizer::Answer> AskedAuthorizer::askOne(Context& context, role::User::Reader user,
                                                      const Question& question) {
  auto build = [&](role::Attributes::Builder attributes) {
    setUser(attributes, user, question);
    setQuestion(attributes, question);
  };
  auto pending = context.call(role::authorizer::authorize, build);
  auto answer = co_await std::move(pending);
  if (!answer) co_return Answer{Answer::Kind::failed, answer.error().message};
  const bool allowed = (**answer).getDecision() == role::Decision::ALLOW;
  co_return Answer{allowed ? Answer::Kind::allowed : Answer::Kind::denied, str(view((**answer).getReason()))};
}

}  // namespace cleat::policy
