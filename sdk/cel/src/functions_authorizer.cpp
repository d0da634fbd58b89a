#include "cleat/cel/authorizer.h"

#include "cleat/cel/functions.h"
#include "cleat/cel/type.h"

namespace cleat::cel {

namespace types {

const TypeRef& authorizer() {
  static const TypeRef kType = opaque("kubernetes.authorization.Authorizer");
  return kType;
}
const TypeRef& resourceCheck() {
  static const TypeRef kType = opaque("kubernetes.authorization.ResourceCheck");
  return kType;
}

}  // namespace types

namespace {

using Args = std::span<Value>;
using Question = Authorizer::Question;
using Answer = Authorizer::Answer;

const TypeRef& pathCheck() {
  static const TypeRef kType = types::opaque("kubernetes.authorization.PathCheck");
  return kType;
}
const TypeRef& groupCheck() {
  static const TypeRef kType = types::opaque("kubernetes.authorization.GroupCheck");
  return kType;
}
const TypeRef& decision() {
  static const TypeRef kType = types::opaque("kubernetes.authorization.Decision");
  return kType;
}

// A question that is not asked yet, of whichever step.
class Check : public OpaqueValue {
 public:
  Check(const TypeRef& type, SharedRef<const Authorizer> authorizer, Question question)
      : question(std::move(question)), authorizer(std::move(authorizer)), type_(type) {}
  const TypeRef& type() const override { return type_; }
  bool equals(const OpaqueValue& other) const override { return question == static_cast<const Check&>(other).question; }

  const Question question;
  const SharedRef<const Authorizer> authorizer;

 private:
  TypeRef type_;
};

class DecisionValue : public OpaqueValue {
 public:
  explicit DecisionValue(Answer answer) : answer(std::move(answer)) {}
  const TypeRef& type() const override { return decision(); }
  bool equals(const OpaqueValue& other) const override {
    const auto& that = static_cast<const DecisionValue&>(other).answer;
    return answer.kind == that.kind && answer.reason == that.reason;
  }
  const Answer answer;
};

const Check& checkOf(const Value& value) { return static_cast<const Check&>(value.asOpaque()); }
const Answer& answerOf(const Value& value) { return static_cast<const DecisionValue&>(value.asOpaque()).answer; }
std::string textOf(const Value& value) { return std::string(value.asText()); }

Value checkValue(const TypeRef& type, const SharedRef<const Authorizer>& authorizer, Question question) {
  return Value::opaque(makeShared<const Check>(type, authorizer, std::move(question)));
}

// The same question with a part put in.
template <std::string Question::* Part, const TypeRef& (*To)()>
Value with(Args args) {
  Question question = checkOf(args[0]).question;
  question.*Part = textOf(args[1]);
  return checkValue(To(), checkOf(args[0]).authorizer, std::move(question));
}

Value path(Args args) {
  if (args[1].asText().empty()) return Value::error("path must not be empty");
  Question question = checkOf(args[0]).question;
  question.isResource = false;
  question.path = textOf(args[1]);
  return checkValue(pathCheck(), checkOf(args[0]).authorizer, std::move(question));
}
Value serviceAccount(Args args) {
  Question question = checkOf(args[0]).question;
  question.serviceAccountNamespace = textOf(args[1]);
  question.serviceAccount = textOf(args[2]);
  if (question.serviceAccountNamespace.empty() || question.serviceAccount.empty()) {
    return Value::error("serviceAccount requires a namespace and a name");
  }
  return checkValue(types::authorizer(), checkOf(args[0]).authorizer, std::move(question));
}
Value check(Args args) {
  Question question = checkOf(args[0]).question;
  question.verb = textOf(args[1]);
  Answer answer = checkOf(args[0]).authorizer->check(question);
  if (answer.kind == Answer::Kind::unknown) return Value::error("authorization is not known yet");
  return Value::opaque(makeShared<const DecisionValue>(std::move(answer)));
}

Value allowed(Args args) { return Value::boolean(answerOf(args[0]).kind == Answer::Kind::allowed); }
Value errored(Args args) { return Value::boolean(answerOf(args[0]).kind == Answer::Kind::failed); }
Value reason(Args args) {
  const Answer& answer = answerOf(args[0]);
  return Value::ownText(answer.kind == Answer::Kind::failed ? "" : answer.reason);
}
Value error(Args args) {
  const Answer& answer = answerOf(args[0]);
  return Value::ownText(answer.kind == Answer::Kind::failed ? answer.reason : "");
}

}  // namespace

Value authorizerValue(SharedRef<const Authorizer> authorizer) {
  return checkValue(types::authorizer(), authorizer, {});
}

Value resourceCheckValue(SharedRef<const Authorizer> authorizer, Question question) {
  return checkValue(types::resourceCheck(), authorizer, std::move(question));
}

void addAuthorizer(FunctionTable& table) {
  const TypeRef& t = types::text();
  const auto add = [&](const char* name, const char* id, std::vector<TypeRef> params, TypeRef result, Function run,
                       CostRule cost = CostRule::one) {
    table.add(name, {.id = id,
                     .isMember = true,
                     .params = std::move(params),
                     .result = std::move(result),
                     .run = run,
                     .cost = cost});
  };
  const TypeRef &authorizer = types::authorizer(), &resource = types::resourceCheck();
  add("path", "authorizer_path", {authorizer, t}, pathCheck(), path);
  add("group", "authorizer_group", {authorizer, t}, groupCheck(), with<&Question::group, groupCheck>);
  add("serviceAccount", "authorizer_serviceaccount", {authorizer, t, t}, authorizer, serviceAccount);
  add("resource", "groupcheck_resource", {groupCheck(), t}, resource, with<&Question::resource, types::resourceCheck>);
  add("subresource", "resourcecheck_subresource", {resource, t}, resource,
      with<&Question::subresource, types::resourceCheck>);
  add("namespace", "resourcecheck_namespace", {resource, t}, resource, with<&Question::ns, types::resourceCheck>);
  add("name", "resourcecheck_name", {resource, t}, resource, with<&Question::name, types::resourceCheck>);
  add("fieldSelector", "authorizer_fieldselector", {resource, t}, resource,
      with<&Question::fieldSelector, types::resourceCheck>);
  add("labelSelector", "authorizer_labelselector", {resource, t}, resource,
      with<&Question::labelSelector, types::resourceCheck>);
  add("check", "pathcheck_check", {pathCheck(), t}, decision(), check, CostRule::authorization);
  add("check", "resourcecheck_check", {resource, t}, decision(), check, CostRule::authorization);
  add("allowed", "decision_allowed", {decision()}, types::boolean(), allowed);
  add("reason", "decision_reason", {decision()}, t, reason);
  add("errored", "decision_errored", {decision()}, types::boolean(), errored);
  add("error", "decision_error", {decision()}, t, error);
}

}  // namespace cleat::cel
